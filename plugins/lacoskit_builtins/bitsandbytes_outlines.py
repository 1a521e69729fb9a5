"""Layers with the shapes of bitsandbytes' and its computation, but nothing in them, for counting memory.

Each tensor is a parameter: 8 bits hold a byte a weight and a float32 scale a row; 4 bits half a byte a weight and
for each 64 of them a scale, which double quantization holds in a byte, and a float32 for each 256 of those. What a
kernel allocates inside, where nobody sees it, is allocated here beside the call.
"""

from __future__ import annotations

from typing import Any

import bitsandbytes as bnb
import torch
from bitsandbytes.autograd._functions import MatMul8bitFp, MatMul8bitLt, MatmulLtState
from bitsandbytes.functional import QuantState
from torch import Tensor, nn

BLOCK = 64
"""Neighbouring weights of 4 bits that share a scale."""

BLOCK_OF_SCALES = 256


class Outline8bit(bnb.nn.Linear8bitLt):  # type: ignore[misc]  # no types
    """A Linear8bitLt: `weight` int8 [outputs, inputs], `SCB` float32 [outputs]."""

    def __init__(self, replaced: nn.Linear, threshold: float, on_a_gpu: bool) -> None:
        inputs, outputs = replaced.in_features, replaced.out_features
        super().__init__(inputs, outputs, False, has_fp16_weights=False, threshold=threshold, device="meta")
        self.weight = _empty((outputs, inputs), torch.int8)
        self.SCB = _empty((outputs,), torch.float32)
        self.bias = replaced.bias
        self.on_a_gpu = on_a_gpu

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., inputs] to [..., outputs]."""
        state = MatmulLtState()
        state.CB, state.SCB = self.weight, self.SCB
        state.has_fp16_weights, state.is_training = False, self.training
        if not self.on_a_gpu and self.training:
            on_cpu: Tensor = MatMul8bitFp.apply(x, self.weight, None, self.bias, state)
            return on_cpu
        rows = x.shape[:-1].numel()
        inside = [x.new_empty(rows, self.out_features, dtype=torch.int32)]  # the product before it is scaled
        if x.dtype != torch.float16:
            inside.append(x.new_empty(rows, self.out_features, dtype=torch.float16))
        output: Tensor = MatMul8bitLt.apply(x, self.weight, None, self.bias, state)
        del inside
        return output


class Outline4bit(bnb.nn.Linear4bit):  # type: ignore[misc]
    """A Linear4bit: `weight` uint8 [weights / 2, 1] and its scales."""

    def __init__(self, replaced: nn.Linear, kind: str, nested: bool, dtype: str) -> None:
        inputs, outputs = replaced.in_features, replaced.out_features
        compute = getattr(torch, dtype)
        super().__init__(inputs, outputs, False, compute, compress_statistics=nested, quant_type=kind, device="meta")
        blocks = -(-inputs * outputs // BLOCK)
        self.weight = _empty((-(-inputs * outputs // 2), 1), torch.uint8)
        self.weight.compress_statistics, self.weight.quant_type = nested, kind  # type: ignore[attr-defined]  # for PEFT
        self.absmax = _empty((blocks,), torch.uint8 if nested else torch.float32)
        self.code = _empty((16,), torch.float32)
        if nested:
            self.nested_absmax = _empty((-(-blocks // BLOCK_OF_SCALES),), torch.float32)
            self.nested_code = _empty((256,), torch.float32)
            self.offset = _empty((), torch.float32)
        self.bias = replaced.bias
        self.kind, self.nested, self.held = kind, nested, compute

    def forward(self, x: Tensor) -> Tensor:
        """Map [..., inputs] to [..., outputs]."""
        given = x.dtype
        x = x.to(self.held)
        bias = None if self.bias is None else self.bias.to(self.held)
        inside = [x.new_empty(self.out_features, self.in_features)]  # the weight, 16 or 32 bits again
        if self.nested:
            inside.append(x.new_empty(self.absmax.shape, dtype=torch.float32))
        output: Tensor = bnb.matmul_4bit(x, self.weight, bias=bias, quant_state=self._state())
        del inside
        return output.to(given)

    def _state(self) -> Any:
        shape = torch.Size((self.out_features, self.in_features))
        common: dict[str, Any] = {"shape": shape, "code": self.code, "blocksize": BLOCK, "quant_type": self.kind}
        if not self.nested:
            return QuantState(self.absmax, dtype=self.held, **common)
        inner = QuantState(self.nested_absmax, code=self.nested_code, blocksize=BLOCK_OF_SCALES, dtype=torch.float32)
        return QuantState(self.absmax, dtype=self.held, offset=self.offset, state2=inner, **common)


class _Held(nn.Parameter):
    """What keeps its dtype, whatever weights are held in."""


def _empty(shape: tuple[int, ...], dtype: torch.dtype) -> nn.Parameter:
    return _Held(torch.empty(shape, dtype=dtype, device="meta"), requires_grad=False)
