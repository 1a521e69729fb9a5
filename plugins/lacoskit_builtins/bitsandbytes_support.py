"""What the quantizers of bitsandbytes share: where weights go, how they stay, plain weights back, and silence."""

from __future__ import annotations

import logging
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


class _Filter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        return not any(expected in message for expected in _EXPECTED)
