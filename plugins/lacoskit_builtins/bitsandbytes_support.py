"""What the quantizers of bitsandbytes share: where weights go, how they stay, plain weights back, and silence."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from typing import Any

from torch import nn

from lacoskit import Placement

_EXPECTED = ("inputs will be cast from", "from kernels-community")


def device_map(placement: Placement) -> dict[str, Any]:
    """Load straight onto the process's own device; DeepSpeed ZeRO-3 places weights itself."""
    if placement.zero_stage == 3:
        return {}
    if placement.device == "cpu":
        return {"device_map": {"": "cpu"}}
    import torch

    return {"device_map": {"": torch.cuda.current_device()}}


def dequantize(model: nn.Module) -> nn.Module:
    """Return the model with plain Linear layers of the same weights, in the compute dtype."""
    plain: nn.Module = model.dequantize()  # type: ignore[operator]
    return plain


def skipped(name: str, skip_modules: Sequence[str]) -> bool:
    """Whether the options leave a module as it is."""
    return any(f".{skip}." in f".{name}." for skip in skip_modules)


def silence() -> None:
    """Drop two messages: the cast that LLM.int8 does at every call, and an optional kernel that is not installed."""
    for name in ("bitsandbytes.autograd._functions", "bitsandbytes.backends.cpu.ops"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _Filter) for known in logger.filters):
            logger.addFilter(_Filter())


def keep_layout() -> None:
    """Keep bitsandbytes from repacking 4-bit weights when a CPU with AVX512-BF16 first evaluates with them.

    Repacked weights pass no gradient on and are rounded once more: no training could follow an evaluation.
    """
    from bitsandbytes.nn import modules

    modules.has_avx512bf16 = lambda: False  # asked by every Linear4bit as it is made


def forget_inputs() -> None:
    """Keep bitsandbytes from holding the input of every 8-bit layer until backward.

    Only the gradient of the weight needs it, and the weight is frozen. It is not held as a saved tensor but in the
    graph's node, so that neither activation checkpointing nor a backward pass would free it.
    """
    from bitsandbytes.autograd import _functions as functions

    for function, forget in ((functions.MatMul8bitLt, _forget_of_gpu), (functions.MatMul8bitFp, _forget_of_cpu)):
        if not hasattr(function, "forgets_inputs"):
            function.forward = staticmethod(_forgetting(function.forward, forget))
            function.forgets_inputs = True


def _forgetting(forward: Callable[..., Any], forget: Callable[[Any], None]) -> Callable[..., Any]:
    @functools.wraps(forward)
    def forward_and_forget(context: Any, *arguments: Any, **keywords: Any) -> Any:
        output = forward(context, *arguments, **keywords)
        if not context.needs_input_grad[1] and not getattr(context, "is_empty", False):
            forget(context)
        return output

    return forward_and_forget


def _forget_of_gpu(context: Any) -> None:
    context.tensors = (*context.tensors[:2], None)


def _forget_of_cpu(context: Any) -> None:
    context.A = None


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return not any(expected in message for expected in _EXPECTED)
