"""Where a run happens: the device, its dtype, how many processes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, cast

import torch

from lacoskit.budget import free_on_gpu
from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.location import width_of

Dtype = Literal["float32", "bfloat16", "float16"]

LOADING = 1.25
"""What opening a model takes at most, over its weights."""


def placement_here(config: RunConfig) -> Placement:
    """The placement of a single process on this machine, without starting anything."""
    return placement(config, "cuda" if torch.cuda.is_available() else "cpu", 1, 0)


def placement(config: RunConfig, device: str, processes: int, zero_stage: int, fsdp: bool = False) -> Placement:
    """Describe to components where a run happens."""
    return Placement(
        device=cast(Literal["cpu", "cuda"], device),
        dtype=dtype_of(config),
        processes=processes,
        zero_stage=zero_stage,
        quantizer=config.quantizer.name if config.quantizer else None,
        fsdp=fsdp,
        trains_base=config.adapter.component.trains_base,
        trains_matrices=config.adapter.component.trains_matrices,
        width=width_of(config.model),
    )


def with_room(placement: Placement, weights: int) -> Placement:
    """Where a single process opens a further model of so many bytes beside a run's own: the GPU, if it has room.

    On the CPU otherwise, and where the run is sharded: its model may be too large for any one GPU.
    """
    alone = replace(placement, processes=1, zero_stage=0, fsdp=False)
    if placement.device == "cuda" and (
        placement.sharded or LOADING * weights > free_on_gpu(torch.device(placement.device))
    ):
        return replace(alone, device="cpu")
    return alone


def dtype_of(config: RunConfig) -> Dtype:
    """The compute dtype: what the config says, or what this device is made for."""
    if config.train.dtype != "auto":
        return config.train.dtype
    if torch.cuda.is_available():
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    return "bfloat16" if torch.cpu._is_amx_tile_supported() else "float32"  # without AMX, bfloat16 is the slower one


def why_no_float16(placement: Placement) -> str | None:
    """Why a run in float16 would not train there, and what to use instead; None if it would, or is in another dtype."""
    if placement.dtype != "float16":
        return None
    if placement.device == "cpu":
        return "float16 does not train on a CPU; use auto"
    if placement.fsdp:  # accelerate takes the scale off FSDP2's gradients twice, and torch refuses the second time
        return "float16 does not train under FSDP2; use bfloat16 or float32, or DeepSpeed (launch/zero3.yaml)"
    return None


def why_slow(placement: Placement) -> str | None:
    """What makes a run far slower than it need be on this device; None if nothing does."""
    if (placement.device, placement.dtype) != ("cpu", "bfloat16") or torch.cpu._is_amx_tile_supported():
        return None
    return "this CPU has no units for bfloat16 (AMX), so float32 is many times faster: train.dtype=auto"
