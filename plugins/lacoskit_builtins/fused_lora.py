"""LoRA layers in fewer passes over the activations than PEFT takes, with its results.

PEFT computes base(x) + B(A(x)) * scaling one operation after the other: the product, the scaling and the sum each
write a tensor as large as the layer's output, which takes as long as a good part of the layer itself. Here the sum is
part of the product. On a CPU in float32, where enough tokens share the cost, the product B A is added to the weight
instead (RunLoRA, 2312.03415, compares such orders), and nothing is left but one matrix product.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable


def fuse(model: nn.Module) -> None:
    """Have every LoRA layer of a PEFT model compute in fewer passes; weights, names and all else stay as they are."""
    from peft.tuners.lora import LoraLayer

    for module in model.modules():
        if isinstance(module, LoraLayer) and isinstance(module.get_base_layer(), nn.Linear):
            module.forward = MethodType(_forward, module)


def _forward(layer: Any, x: Tensor, *arguments: Any, **keywords: Any) -> Tensor:
    """Map x [..., inputs] to [..., outputs]; as PEFT does where a layer is not of the plain kind."""
    name = _plain_adapter(layer, x)
    if name is None or arguments or keywords:
        result: Tensor = type(layer).forward(layer, x, *arguments, **keywords)
        return result
    base, dropout, scaling = layer.get_base_layer(), layer.lora_dropout[name], layer.scaling[name]
    down, up = layer.lora_A[name], layer.lora_B[name]
    drops = layer.training and getattr(dropout, "p", 0) > 0
    if not drops and _merging_pays(base, x):
        result = _Merged.apply(x, base.weight, base.bias, down.weight, up.weight, scaling)  # type: ignore[no-untyped-call]
        return result
    outputs, low = base(x), down(dropout(x))
    return torch.addmm(outputs.flatten(0, -2), low.flatten(0, -2), up.weight.T, alpha=scaling).view_as(outputs)


def _plain_adapter(layer: Any, x: Tensor) -> str | None:
    """The name of the layer's only adapter, if it is plain LoRA, whole, in use and not merged, and needs no casts."""
    if len(layer.active_adapters) != 1 or layer.disable_adapters or layer.merged or x.dim() < 2:
        return None
    name: str = layer.active_adapters[0]
    if name not in layer.lora_A or name in layer.lora_variant or layer.lora_bias[name]:
        return None
    up = layer.lora_B[name].weight
    if hasattr(up, "ds_id"):  # ZeRO-3: the weight is there while its own module runs, and at no other time
        return None
    return name if x.dtype == up.dtype or torch.is_autocast_enabled(x.device.type) else None


def _merging_pays(base: nn.Module, x: Tensor) -> bool:
    """Whether adding B A to the weight, forward and again backward, costs less than B and its gradient on all tokens.

    In fewer bits than float32 a small addition to a weight would be rounded away. And several processes, whose chunks
    have different numbers of tokens, have to do the same: ZeRO-2 adds up gradients in the order in which they come.
    """
    if type(base) is not nn.Linear or not x.is_cpu or torch.is_autocast_enabled("cpu"):
        return False
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return False
    inputs, outputs = base.in_features, base.out_features
    frozen = not any(weight.requires_grad for weight in base.parameters())
    whole = x.dtype == base.weight.dtype == torch.float32 and base.weight.numel() == inputs * outputs
    return frozen and whole and x.numel() // inputs * (inputs + outputs) > 2 * inputs * outputs


class _Merged(torch.autograd.Function):
    """x (W + scaling B A)^T + bias, with gradients of x, A and B."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scaling: float
    ) -> Tensor:
        ctx.save_for_backward(x, weight, down, up)
        ctx.scaling = scaling
        return F.linear(x, torch.addmm(weight, up, down, alpha=scaling), bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, None, None, Tensor, Tensor, None]:
        x, weight, down, up = ctx.saved_tensors
        rows, of_outputs = x.flatten(0, -2), gradient.flatten(0, -2)
        of_down = (of_outputs @ up).T.mm(rows).mul_(ctx.scaling)
        of_up = of_outputs.T.mm(rows @ down.T).mul_(ctx.scaling)
        of_x = gradient @ torch.addmm(weight, up, down, alpha=ctx.scaling) if ctx.needs_input_grad[0] else None
        return of_x, None, None, of_down, of_up, None
