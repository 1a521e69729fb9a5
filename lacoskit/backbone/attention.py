"""Causal attention with ALiBi (Press et al., 2108.12409) over packed texts, in two ways that give the same.

`BlockAttention` runs anywhere: texts of similar length side by side in torch's fused attention, with the bias as a
mask. `VarlenAttention` runs FlashAttention on the packed row itself, without padding or a bias in memory, on GPUs that
have it. Each is made for one batch and used by all layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn.attention.varlen import varlen_attn

ROUNDING = 1.3
"""Texts up to this many times longer than the shortest share a padded block of attention."""

COLUMNS = 8
"""How many dimensions ALiBi takes in queries and keys; FlashAttention wants head widths that are multiples of 8."""

WIDEST = 192
"""The widest heads, ALiBi's dimensions included, that FlashAttention takes backward on every GPU it runs on."""

STEP = 128
"""Positions are held as a multiple of this and a rest, since bfloat16 counts no further than 256."""


class Attention(Protocol):
    """Attention over one batch, which also decides in which order the layers see its tokens."""

    def order(self, tokens: Tensor) -> Tensor:
        """Bring tokens [tokens, ...], text after text, into the order of `attend`."""

    def restore(self, tokens: Tensor) -> Tensor:
        """Undo `order`."""

    def attend(self, fused: Tensor, attention: Any) -> Tensor:
        """Map what a BloomAttention's query_key_value gives, [tokens, 3 width], to [tokens, width], same dtype."""


def choose_attention(
    attention: Any, device: torch.device, dtype: torch.dtype
) -> type[BlockAttention | VarlenAttention]:
    """The faster attention that works for layers like this BloomAttention, on a device and in a compute dtype."""
    drops = attention.training and attention.attention_dropout.p > 0  # of which the packed kernel has none
    packed = not drops and runs_varlen(device, dtype, attention.head_dim)
    return VarlenAttention if packed else BlockAttention


_ELSEWHERE: ContextVar[bool] = ContextVar("elsewhere", default=False)


@contextmanager
def as_on_a_gpu() -> Iterator[None]:
    """Choose attention in the block as on an NVIDIA GPU from Ampere on, to count what it takes where there is none."""
    token = _ELSEWHERE.set(True)
    try:
        yield
    finally:
        _ELSEWHERE.reset(token)


def runs_varlen(device: torch.device, dtype: torch.dtype, head_dim: int) -> bool:
    """Whether torch has FlashAttention for packed texts here: NVIDIA from Ampere on, half precision."""
    fits = dtype in (torch.bfloat16, torch.float16) and head_dim % 8 == 0 and head_dim + COLUMNS <= WIDEST
    return fits and (_ELSEWHERE.get() or _has_kernel(device))


def _has_kernel(device: torch.device) -> bool:
    return (
        device.type == "cuda"
        and torch.version.hip is None
        and torch.backends.cuda.is_flash_attention_available()
        and torch.cuda.get_device_capability(device) >= (8, 0)
    )


def alibi_slopes(heads: int) -> Tensor:
    """The slope of each head, float64: a geometric series, with every other one of a finer series for the rest."""
    power = 1 << (heads.bit_length() - 1)  # the largest power of two that is not more than `heads`
    start = 2.0 ** (-8 / power)
    slopes = [start**i for i in range(1, power + 1)]
    finer = 2.0 ** (-4 / power)
    slopes += [finer**i for i in range(1, 2 * (heads - power), 2)]
    return torch.tensor(slopes, dtype=torch.float64)


class BlockAttention:
    """Texts sorted by length, those of similar length padded into a block, one call for each block.

    The bias is counted from the query, slope * (key - query), and not from the start of the text as Hugging Face does:
    the softmax is the same, and the numbers stay small enough for bfloat16.
    """

    name = "blocks"

    def __init__(self, lengths: Tensor, heads: int, head_dim: int, dtype: torch.dtype) -> None:
        by_length = torch.argsort(lengths, stable=True)
        ends = lengths.cumsum(0)
        ascending = lengths[by_length]
        first = (ends - lengths)[by_length] - (ascending.cumsum(0) - ascending)
        tokens = int(ends[-1])
        here = torch.arange(tokens, device=lengths.device)
        self._sorted = first.repeat_interleave(ascending, output_size=tokens) + here
        self._original = torch.empty_like(here).index_copy_(0, self._sorted, here)
        self._blocks = tuple(_blocks(ascending))
        self._sizes = [block.tokens for block in self._blocks]
        # a CPU's attention in bfloat16 is over ten times slower backward, and no more accurate
        self._dtype = torch.float32 if lengths.is_cpu and dtype.itemsize < 4 else dtype
        self._bias = _bias(heads, self._blocks[-1].longest, lengths.device).to(self._dtype)

    def order(self, tokens: Tensor) -> Tensor:
        """Sort tokens [tokens, ...] by the length of their text."""
        return tokens[self._sorted]

    def restore(self, tokens: Tensor) -> Tensor:
        """Undo `order`."""
        return tokens[self._original]

    def attend(self, fused: Tensor, attention: Any) -> Tensor:
        """Map fused queries, keys and values [tokens, 3 width] to [tokens, width], of the same dtype."""
        parts = torch.split(fused, self._sizes)
        contexts = [self._attend(part, block, attention) for part, block in zip(parts, self._blocks, strict=True)]
        return contexts[0] if len(contexts) == 1 else torch.cat(contexts)

    def _attend(self, fused: Tensor, block: _Block, attention: Any) -> Tensor:
        slots = block.texts * block.longest
        if block.places is not None:
            padded = fused.new_zeros(slots, fused.shape[1])
            padded[block.places] = fused  # index_copy would keep a copy for backward
            fused = padded
        shaped = fused.view(block.texts, block.longest, attention.num_heads, 3, attention.head_dim)
        query, key, value = (part.transpose(1, 2).to(self._dtype) for part in shaped.unbind(3))
        dropout = attention.attention_dropout.p if attention.training else 0.0
        mask = self._bias[:, :, : block.longest, : block.longest]
        with torch.autocast(fused.device.type, enabled=False):  # which would undo the choice of the dtype
            context = F.scaled_dot_product_attention(query, key, value, mask, dropout)
        context = context.to(fused.dtype).transpose(1, 2).reshape(slots, -1)
        return context if block.places is None else context[block.places]


@dataclass(frozen=True)
class _Block:
    """Texts of similar length, which attend side by side."""

    tokens: int
    texts: int
    longest: int
    places: Tensor | None
    """Where the tokens stand in the padded block, int64 [tokens]; None where no text is shorter than another."""


def _blocks(lengths: Tensor) -> Iterator[_Block]:
    """Cut ascending lengths wherever one is much longer than the first of its block."""
    plain = lengths.tolist()
    first = 0
    for text in range(1, len(plain) + 1):
        if text < len(plain) and plain[text] <= max(plain[first] * ROUNDING, plain[first] + 2):
            continue
        longest = plain[text - 1]
        places = None
        if plain[first] != longest:
            real = torch.arange(longest, device=lengths.device) < lengths[first:text].unsqueeze(1)
            places = real.flatten().nonzero().squeeze(1)
        yield _Block(sum(plain[first:text]), text - first, longest, places)
        first = text


def _bias(heads: int, longest: int, device: torch.device) -> Tensor:
    """ALiBi under the causal mask, float32 [1, heads, longest, longest]."""
    positions = torch.arange(longest, device=device)
    distance = positions.unsqueeze(0) - positions.unsqueeze(1)
    bias = alibi_slopes(heads).float().to(device)[:, None, None] * distance
    return bias.masked_fill(distance > 0, float("-inf")).unsqueeze(0)


class VarlenAttention:
    """FlashAttention over the packed row, with ALiBi as 8 more dimensions of queries and keys.

    The kernel knows no bias, but slope * position is a product of something of the query's head and something of the
    key, so it can be part of query * key: `slope_columns` times `position_columns`. Each is split into parts that the
    compute dtype holds exactly, and the kernel sums their products in float32, where they are exact as well.
    """

    name = "varlen"

    def __init__(self, lengths: Tensor, heads: int, head_dim: int, dtype: torch.dtype) -> None:
        ends = lengths.cumsum(0)
        tokens = int(ends[-1])
        self._bounds = F.pad(ends, (1, 0)).int()
        self._longest = int(lengths.max())
        self._dtype = dtype
        # From the middle of each text, where the softmax is the same as from its start, but the numbers half as large
        middles = (ends - lengths + lengths // 2).repeat_interleave(lengths, output_size=tokens)
        positions = torch.arange(tokens, device=lengths.device) - middles
        of_keys = position_columns(positions, dtype).unsqueeze(1).expand(-1, heads, -1)
        of_queries = slope_columns(heads, head_dim, dtype).to(lengths.device).expand(tokens, -1, -1)
        self._columns = of_queries, of_keys, of_keys.new_zeros(()).expand_as(of_keys)

    def order(self, tokens: Tensor) -> Tensor:
        """Leave the tokens as they are."""
        return tokens

    def restore(self, tokens: Tensor) -> Tensor:
        """Leave the tokens as they are."""
        return tokens

    def attend(self, fused: Tensor, attention: Any) -> Tensor:
        """Map fused queries, keys and values [tokens, 3 width] to [tokens, width], of the same dtype."""
        shaped = fused.to(self._dtype).view(-1, attention.num_heads, 3, attention.head_dim)
        # First apart and then longer: so the gradients need one copy, back into the fused row
        query, key, value = (
            torch.cat([part, columns], dim=2) for part, columns in zip(shaped.unbind(2), self._columns, strict=True)
        )
        context: Any = varlen_attn(
            query,
            key,
            value,
            self._bounds,
            self._bounds,
            self._longest,
            self._longest,
            scale=attention.head_dim**-0.5,
            window_size=(-1, 0),  # causal
        )
        states: Tensor = context[:, :, : attention.head_dim].flatten(1).to(fused.dtype)
        return states


def slope_columns(heads: int, head_dim: int, dtype: torch.dtype) -> Tensor:
    """What every query of a head is extended by, [heads, 8]: STEP * slope / scale in three parts, each twice.

    The scores are scaled after the product, hence the division by scale = 1 / sqrt(head_dim). Three parts hold the 24
    bits of float32 in bfloat16 (8 bits each) and in float16 (11), whose smallest numbers STEP keeps away from.
    """
    rest = alibi_slopes(heads) * (STEP * head_dim**0.5)
    parts = []
    for _ in range(3):
        parts.append(rest.to(dtype))
        rest = rest - parts[-1].double()
    return F.pad(torch.stack(parts, dim=1).repeat_interleave(2, dim=1), (0, COLUMNS - 6))


def position_columns(positions: Tensor, dtype: torch.dtype) -> Tensor:
    """What keys at these positions, int64 [tokens], are extended by, [tokens, 8]: position / STEP in two parts, thrice.

    Whole steps and the rest; exact up to position 32,768 in bfloat16 and beyond in float16.
    """
    steps = positions.add(STEP // 2).div(STEP, rounding_mode="floor")
    rests = (positions - steps * STEP) / STEP
    parts = torch.stack([steps.to(dtype), rests.to(dtype)], dim=1)
    return F.pad(parts.repeat(1, 3), (0, COLUMNS - 6))
