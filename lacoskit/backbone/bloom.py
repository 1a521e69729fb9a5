"""Run BLOOM on real tokens only: one row of tokens through every layer, padded nowhere but inside attention.

Hugging Face's BLOOM pads every layer, materialises its attention scores in float32 and computes GELU in several
kernels each way. Here its own modules are called on the packed row (so LoRA and quantized layers work as they are,
and under ZeRO-3 each weight is there when its module runs), with torch's fused attention and GELU in between. The
outputs and gradients are the same, which `tests/backbone/test_bloom.py` checks against Hugging Face's in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import BloomModel

ROUNDING = 1.3
"""Texts up to this many times longer than the shortest share a padded block of attention."""


class PackedBloom(nn.Module):
    """A BLOOM, bare or wrapped by an adapter, that takes and returns packed rows."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], text after text, and lengths int64 [texts] to states [tokens, width]."""
        bloom = find_bloom(self.model)
        assert bloom is not None
        layout = _Layout.of(lengths)
        states = bloom.word_embeddings_layernorm(bloom.word_embeddings(ids[layout.sorted_tokens]))
        bias = _bias(bloom.num_heads, layout.longest, states)
        for block in bloom.h:
            states = _block(block, states, layout, bias)
        states = bloom.ln_f(states)
        restored: Tensor = states[layout.original_tokens]
        return restored

    def slots(self, lengths: Tensor) -> int:
        """How many token positions a pass over these texts computes: the tokens."""
        return int(lengths.sum())


def find_bloom(model: nn.Module) -> Any:
    """The BLOOM inside a model, or None."""
    return next((module for module in model.modules() if isinstance(module, BloomModel)), None)


@dataclass(frozen=True)
class _Block:
    """Texts of similar length, which attend side by side: rows `start` to `stop` of the sorted tokens."""

    start: int
    stop: int
    texts: int
    longest: int
    places: Tensor | None
    """Where the tokens stand in the padded block, int64 [tokens]; None where no text is shorter than another."""


@dataclass(frozen=True)
class _Layout:
    """How the tokens of a batch are sorted by the length of their text, and cut into blocks."""

    sorted_tokens: Tensor
    original_tokens: Tensor
    """The permutation back."""
    blocks: tuple[_Block, ...]
    longest: int

    @staticmethod
    def of(lengths: Tensor) -> _Layout:
        order = torch.argsort(lengths, stable=True)
        ends = lengths.cumsum(0)
        sorted_lengths = lengths[order]
        sorted_ends = sorted_lengths.cumsum(0)
        first = (ends - lengths)[order] - (sorted_ends - sorted_lengths)
        tokens = int(ends[-1])
        sorted_tokens = first.repeat_interleave(sorted_lengths, output_size=tokens)
        sorted_tokens = sorted_tokens + torch.arange(tokens, device=lengths.device)
        original = torch.empty_like(sorted_tokens)
        original[sorted_tokens] = torch.arange(tokens, device=lengths.device)
        blocks = tuple(_blocks(sorted_lengths))
        return _Layout(sorted_tokens, original, blocks, blocks[-1].longest)


def _blocks(lengths: Tensor) -> Iterator[_Block]:
    """Cut ascending lengths wherever one is much longer than the first of its block."""
    plain = lengths.tolist()
    first = start = 0
    for text in range(1, len(plain) + 1):
        if text < len(plain) and plain[text] <= max(plain[first] * ROUNDING, plain[first] + 2):
            continue
        inside = lengths[first:text]
        longest, tokens = plain[text - 1], sum(plain[first:text])
        places = None
        if plain[first] != longest:
            real = torch.arange(longest, device=lengths.device) < inside.unsqueeze(1)
            places = real.flatten().nonzero().squeeze(1)
        yield _Block(start, start + tokens, text - first, longest, places)
        first, start = text, start + tokens


def _block(block: Any, states: Tensor, layout: _Layout, bias: Tensor) -> Tensor:
    """One layer, as BloomBlock computes it."""
    normed = block.input_layernorm(states)
    residual = normed if block.apply_residual_connection_post_layernorm else states
    attention = block.self_attention
    fused = attention.query_key_value(normed)
    context = torch.cat([_attend(fused[b.start : b.stop], b, bias, attention) for b in layout.blocks])
    states = residual + F.dropout(attention.dense(context), attention.hidden_dropout, block.training)
    normed = block.post_attention_layernorm(states)
    residual = normed if block.apply_residual_connection_post_layernorm else states
    hidden = F.gelu(block.mlp.dense_h_to_4h(normed), approximate="tanh")
    return residual + F.dropout(block.mlp.dense_4h_to_h(hidden), block.mlp.hidden_dropout, block.training)


def _attend(fused: Tensor, block: _Block, bias: Tensor, attention: Any) -> Tensor:
    """Causal attention with ALiBi over one block: fused queries, keys, values [tokens, 3 width] to [tokens, width]."""
    slots = block.texts * block.longest
    if block.places is not None:
        fused = fused.new_zeros(slots, fused.shape[1]).index_copy(0, block.places, fused)
    shaped = fused.view(block.texts, block.longest, attention.num_heads, 3, attention.head_dim)
    query, key, value = (part.transpose(1, 2) for part in shaped.unbind(3))
    dropout = attention.attention_dropout.p if attention.training else 0.0
    mask = bias[:, :, : block.longest, : block.longest]
    if fused.is_cpu:  # whose bfloat16 attention is over ten times slower backward, and no more accurate
        with torch.autocast("cpu", enabled=False):
            context = F.scaled_dot_product_attention(query.float(), key.float(), value.float(), mask, dropout)
    else:
        context = F.scaled_dot_product_attention(query, key, value, mask.to(query.dtype), dropout)
    context = context.to(fused.dtype).transpose(1, 2).reshape(slots, -1)
    return context if block.places is None else context[block.places]


def _bias(heads: int, longest: int, like: Tensor) -> Tensor:
    """ALiBi (Press et al., 2108.12409) under the causal mask, [1, heads, longest, longest].

    Counted from the query, slope * (key - query), and not from the start of the text as Hugging Face does: the softmax
    is the same, and the numbers stay small enough for bfloat16.
    """
    positions = torch.arange(longest, device=like.device)
    distance = positions.unsqueeze(0) - positions.unsqueeze(1)
    bias = alibi_slopes(heads).to(like.device)[:, None, None] * distance
    return bias.masked_fill(distance > 0, float("-inf")).unsqueeze(0)


def alibi_slopes(heads: int) -> Tensor:
    """The slope of each head, float32: a geometric series, with every other one of a finer series for the rest."""
    power = 1 << (heads.bit_length() - 1)  # the largest power of two that is not more than `heads`
    start = 2.0 ** (-8 / power)
    slopes = [start**i for i in range(1, power + 1)]
    finer = 2.0 ** (-4 / power)
    slopes += [finer**i for i in range(1, 2 * (heads - power), 2)]
    return torch.tensor(slopes)
