"""Linear and Embedding layers whose weight is int8, with a scale for each row or block, and nothing hidden beside it.

The weight and its scales are ordinary frozen parameters, rows along the first dimension: whatever moves, shards or
saves parameters (DDP, DeepSpeed ZeRO, FSDP2) treats them as any other. A pass reads them from the module at the moment
at which it needs them, forward and again backward, so that no whole copy outlives the layer's own turn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lacoskit import LacoskitError

LARGEST = 127
"""The largest magnitude of an int8 weight; -128 is left out, so that rounding is the same on both sides of 0."""

FEWEST_ROWS = 17
"""Of an int8 matrix product on a GPU."""

EVEN = 8
"""What a GPU's int8 matrix product needs both sides of a weight to be a multiple of."""


def quantize(weight: Tensor, block_size: int | None) -> tuple[Tensor, Tensor]:
    """Round a weight [rows, columns] to int8 [rows, columns] and the bits of float32 scales, int32 [rows, blocks].

    A block is `block_size` neighbours in a row (the last one may be shorter), None a whole row. Uniform: the largest
    magnitude of a block becomes 127, and every weight is within half a step of what it was.

    The scales are held as bits, since whatever turns a model into 16 bits would round floating-point ones.
    """
    blocks = _in_blocks(weight.float(), block_size)
    largest = blocks.abs().amax(dim=2, keepdim=True)
    if not torch.isfinite(largest).all():
        raise LacoskitError("a weight of the model is not finite, so it cannot be quantized; is the file damaged?")
    scale = largest / LARGEST
    rounded = torch.where(scale > 0, blocks / scale, 0).round_().clamp_(-LARGEST, LARGEST)
    return rounded.flatten(1)[:, : weight.shape[1]].to(torch.int8), scale.squeeze(2).contiguous().view(torch.int32)


def dequantize(weight: Tensor, scale: Tensor, block_size: int | None, dtype: torch.dtype) -> Tensor:
    """The values that `quantize` stands for, in one pass; products are rounded once, to `dtype`."""
    rows, columns = weight.shape
    factors = scale.view(torch.float32)
    values = torch.empty(rows, columns, dtype=dtype, device=weight.device)
    size = block_size or columns
    whole = columns // size
    if whole:
        given, wanted = (tensor[:, : whole * size].view(rows, whole, size) for tensor in (weight, values))
        torch.mul(given, factors[:, :whole, None], out=wanted)
    if whole * size < columns:
        torch.mul(weight[:, whole * size :], factors[:, whole:], out=values[:, whole * size :])
    return values


def _in_blocks(weight: Tensor, block_size: int | None) -> Tensor:
    """[rows, blocks, block size], with zeros after the end of a row."""
    size = min(block_size or weight.shape[1], weight.shape[1])
    return F.pad(weight, (0, -weight.shape[1] % size)).view(len(weight), -1, size)


def _blocks(columns: int, block_size: int | None) -> int:
    return -(-columns // (block_size or columns))


class Int8Linear(nn.Linear):
    """A frozen Linear layer: `weight` int8 [outputs, inputs], `scale` int32 [outputs, blocks], a bias as it was."""

    scale: nn.Parameter

    def __init__(self, replaced: nn.Linear, block_size: int | None, int8_products: bool) -> None:
        bias = replaced.bias
        super().__init__(replaced.in_features, replaced.out_features, bias=False, device="meta")
        self.block_size = block_size
        self.int8_products = int8_products and self.in_features % EVEN == 0 and self.out_features % EVEN == 0
        blocks = _blocks(self.in_features, block_size)
        self.weight = nn.Parameter(torch.empty_like(self.weight, dtype=torch.int8), requires_grad=False)
        scale = torch.empty(self.out_features, blocks, dtype=torch.int32, device="meta")
        self.scale = nn.Parameter(scale, requires_grad=False)
        self.bias = bias

    def forward(self, input: Tensor) -> Tensor:
        """Map [..., inputs] to [..., outputs], in the dtype of the input, or of autocast where it is on."""
        kind = input.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else input.dtype
        input = input.to(dtype)
        if torch.compiler.is_compiling():  # the compiler computes the weight again for backward, by itself
            bias = self.bias if self.bias is None else self.bias.to(dtype)
            return F.linear(input, self.dequantized(dtype), bias)
        output: Tensor = _Product.apply(input, self.bias, self)  # type: ignore[no-untyped-call]
        return output

    def dequantized(self, dtype: torch.dtype) -> Tensor:
        """The weight [outputs, inputs] in a floating-point dtype."""
        return dequantize(self.weight, self.scale, self.block_size, dtype)

    def pack(self, rows: Tensor) -> Mapping[str, Tensor]:
        """Rows of the layer's parameters from rows [rows, inputs] of the weight that it stands for."""
        return dict(zip(("weight", "scale"), quantize(rows, self.block_size), strict=True))

    def plain(self, dtype: torch.dtype) -> nn.Linear:
        """A Linear layer of the same weights."""
        linear = nn.Linear(self.in_features, self.out_features, bias=False, device="meta")
        linear.weight = nn.Parameter(self.dequantized(dtype), requires_grad=False)
        linear.bias = self.bias
        return linear

    def extra_repr(self) -> str:
        """What stands in brackets where the model is printed."""
        return f"{super().extra_repr()}, int8, block_size={self.block_size or 'row'}"


class Int8Embedding(nn.Embedding):
    """A frozen Embedding: `weight` int8 [tokens, width], `scale` int32 [tokens, blocks]; gives `compute_dtype`."""

    scale: nn.Parameter

    def __init__(self, replaced: nn.Embedding, block_size: int | None, compute_dtype: torch.dtype) -> None:
        super().__init__(replaced.num_embeddings, replaced.embedding_dim, replaced.padding_idx, device="meta")
        self.block_size = block_size
        self.compute_dtype = compute_dtype
        blocks = _blocks(self.embedding_dim, block_size)
        self.weight = nn.Parameter(torch.empty_like(self.weight, dtype=torch.int8), requires_grad=False)
        scale = torch.empty(self.num_embeddings, blocks, dtype=torch.int32, device="meta")
        self.scale = nn.Parameter(scale, requires_grad=False)

    def forward(self, input: Tensor) -> Tensor:
        """Map ids [...] to rows [..., width]."""
        ids = input.flatten()
        found = self.weight[ids], self.scale[ids]
        return dequantize(*found, self.block_size, self.compute_dtype).view(*input.shape, -1)

    def pack(self, rows: Tensor) -> Mapping[str, Tensor]:
        """Rows of the layer's parameters from rows [rows, width] of the weight that it stands for."""
        return dict(zip(("weight", "scale"), quantize(rows, self.block_size), strict=True))

    def plain(self, dtype: torch.dtype) -> nn.Embedding:
        """An Embedding of the same weights."""
        embedding = nn.Embedding(self.num_embeddings, self.embedding_dim, self.padding_idx, device="meta")
        values = dequantize(self.weight, self.scale, self.block_size, dtype)
        embedding.weight = nn.Parameter(values, requires_grad=False)
        return embedding


class _Product(torch.autograd.Function):
    """x W^T + bias, with gradients of x and of the bias; W is taken from the layer each time it is needed.

    A saved tensor would keep the gathered weight of a sharded layer alive from its forward pass to its backward pass.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, bias: Tensor | None, layer: Int8Linear) -> Tensor:
        ctx.layer = layer
        if layer.int8_products and x.shape[:-1].numel() >= FEWEST_ROWS:
            return _int8_product(x, layer, bias)
        return F.linear(x, layer.dequantized(x.dtype), None if bias is None else bias.to(x.dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        of_x = of_bias = None
        if ctx.needs_input_grad[0]:
            of_x = gradient @ ctx.layer.dequantized(gradient.dtype)
        if ctx.needs_input_grad[1]:
            of_bias = gradient.flatten(0, -2).sum(0, dtype=ctx.layer.bias.dtype)
        return of_x, of_bias, None


def _int8_product(x: Tensor, layer: Int8Linear, bias: Tensor | None) -> Tensor:
    """Round each row of x to int8 too, and multiply in int8 (LLM.int8, 2208.07339, without its outliers)."""
    rows = x.flatten(0, -2).float()
    steps = rows.abs().amax(dim=1, keepdim=True).clamp_(min=1e-30) / LARGEST
    rounded = (rows / steps).round_().to(torch.int8)
    product = torch._int_mm(rounded, layer.weight.t()).float()
    product *= steps * layer.scale.view(torch.float32).T
    if bias is not None:
        product += bias
    return product.to(x.dtype).view(*x.shape[:-1], -1)
