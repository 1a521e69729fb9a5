"""Run BLOOM on real tokens only: one row of tokens through every layer, padded nowhere but inside attention.

Hugging Face's BLOOM pads every layer, materialises its attention scores in float32 and computes GELU in several
kernels each way. Here its own modules are called on the packed row (so LoRA and quantized layers work as they are,
and under ZeRO-3 each weight is there when its module runs), with fused attention and GELU in between. The outputs and
gradients are the same, which `tests/backbone/test_bloom.py` checks against Hugging Face's in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import BloomModel

from lacoskit.backbone.attention import Attention, choose_attention
from lacoskit.backbone.gelu import gelu
from lacoskit.sharding import cast, dtype_of


class PackedBloom(nn.Module):
    """A BLOOM, bare or wrapped by an adapter, that takes and returns packed rows.

    Its layer norms are made float32, and with them the residual stream, whatever the compute dtype: in bfloat16 states
    come out nearly twice as far from the truth, for 4 of some 50 bytes that a layer keeps of each number for backward.
    With `checkpoint_activations`, training keeps what goes into each layer and computes the rest again for backward.
    """

    pads = False
    """Whether a text takes as many positions as the longest beside it."""

    def __init__(self, model: nn.Module, checkpoint_activations: bool = False) -> None:
        super().__init__()
        self.model = model
        self.checkpoint_activations = checkpoint_activations
        for weight in self.exact():
            cast(weight, torch.promote_types(weight.dtype, torch.float32))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], text after text, and lengths int64 [texts] to states [tokens, width]."""
        bloom = _bloom(self.model)
        states, attention, dtype = _embed(bloom, ids, lengths)
        again = self.checkpoint_activations and self.training and torch.is_grad_enabled()
        for block in bloom.h:
            if again:
                states = checkpoint(_block, block, states, attention, dtype, use_reentrant=False)
            else:
                states = _block(block, states, attention, dtype)
        return attention.restore(_norm(bloom.ln_f, states))

    def layers(self, ids: Tensor, lengths: Tensor) -> Iterator[Tensor]:
        """Yield the states [tokens, width] of the embedding and after each layer, the last ones as `forward` has them.

        They are the `hidden_states` of transformers.
        """
        bloom = _bloom(self.model)
        states, attention, dtype = _embed(bloom, ids, lengths)
        for block in bloom.h:
            yield attention.restore(states)
            states = _block(block, states, attention, dtype)
        yield attention.restore(_norm(bloom.ln_f, states))

    @property
    def attention(self) -> str:
        """Which attention a pass would use now, under the autocast of the moment: `varlen` or `blocks`."""
        bloom = _bloom(self.model)
        device = bloom.word_embeddings.weight.device
        return choose_attention(bloom.h[0].self_attention, device, _compute_dtype(bloom)).name

    def exact(self) -> list[nn.Parameter]:
        """The weights that stay in float32 whatever the compute dtype."""
        norms = (module for module in _bloom(self.model).modules() if isinstance(module, nn.LayerNorm))
        return [weight for norm in norms for weight in norm.parameters(recurse=False)]

    def units(self) -> list[list[nn.Module]]:
        """The modules that a pass calls one after the other: the embedding, and those of each layer."""
        bloom = _bloom(self.model)
        layers = [
            [
                block.input_layernorm,
                block.self_attention.query_key_value,
                block.self_attention.dense,
                block.post_attention_layernorm,
                block.mlp.dense_h_to_4h,
                block.mlp.dense_4h_to_h,
            ]
            for block in bloom.h
        ]
        return [[bloom.word_embeddings], *layers]

    def slots(self, lengths: Tensor) -> int:
        """How many token positions a pass over these texts computes: the tokens."""
        return int(lengths.sum())


def find_bloom(model: nn.Module) -> Any:
    """The BLOOM inside a model, or None."""
    return next((module for module in model.modules() if isinstance(module, BloomModel)), None)


def _bloom(model: nn.Module) -> Any:
    bloom = find_bloom(model)
    assert bloom is not None
    return bloom


def _embed(bloom: Any, ids: Tensor, lengths: Tensor) -> tuple[Tensor, Attention, torch.dtype]:
    """The states that go into the first layer, the attention between these tokens, and the compute dtype."""
    first = bloom.h[0].self_attention
    dtype = _compute_dtype(bloom)
    make = choose_attention(first, ids.device, dtype)
    attention = make(lengths, first.num_heads, first.head_dim, dtype)
    embedded = bloom.word_embeddings(attention.order(ids))
    return _norm(bloom.word_embeddings_layernorm, embedded), attention, dtype


def _compute_dtype(bloom: Any) -> torch.dtype:
    """The dtype of matrix products: autocast's where it is on, that of the weights otherwise."""
    embedding = bloom.word_embeddings
    kind = embedding.weight.device.type
    if torch.is_autocast_enabled(kind):
        return torch.get_autocast_dtype(kind)
    dtype: torch.dtype = getattr(embedding, "compute_dtype", embedding.weight.dtype)  # a quantized one holds no floats
    return dtype


def _norm(norm: Any, states: Tensor) -> Tensor:
    """Call a layer norm in the dtype of its weights, in which its output is too, on every device alike."""
    weight = next(norm.parameters(), states)
    with torch.autocast(states.device.type, enabled=False):
        normed: Tensor = norm(states.to(dtype_of(weight)))
    return normed


def _block(block: Any, states: Tensor, attention: Attention, dtype: torch.dtype) -> Tensor:
    """One layer, as BloomBlock computes it.

    `states` have the dtype of the norms. What the Linear layers see is brought to the compute dtype once, so that no
    layer or adapter keeps a copy in float32.
    """
    layers, mlp = block.self_attention, block.mlp
    normed = _norm(block.input_layernorm, states)
    residual = normed if block.apply_residual_connection_post_layernorm else states
    context = attention.attend(layers.query_key_value(normed.to(dtype)), layers)
    states = residual + F.dropout(layers.dense(context), layers.hidden_dropout, block.training)
    normed = _norm(block.post_attention_layernorm, states)
    residual = normed if block.apply_residual_connection_post_layernorm else states
    hidden = gelu(mlp.dense_h_to_4h(normed.to(dtype)))
    return residual + F.dropout(mlp.dense_4h_to_h(hidden), mlp.hidden_dropout, block.training)
