"""AdamW with its moments in 8 bits, from bitsandbytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch.optim import Optimizer as TorchOptimizer

from lacoskit import Optimizer, Options, Placement, hookimpl


class AdamW8bitOptions(Options):
    """AdamW with moments in 8 bits (Dettmers et al., 2110.02861).

    They take 2 bytes a trained weight instead of 8; tensors under 4,096 elements keep 32 bits.
    """

    weight_decay: NonNegativeFloat = 0.0
    """The share of a weight, times the learning rate, taken off at each step."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How slowly the mean of the gradients forgets."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """How slowly the mean of the squared gradients forgets."""
    epsilon: PositiveFloat = 1e-8
    """Added to the denominator."""
    paged: bool = False
    """Let the moments move to the host's memory when the GPU's runs short."""


def build(parameters: list[dict[str, Any]], options: AdamW8bitOptions) -> TorchOptimizer:
    """Build bitsandbytes' AdamW8bit; tensors under 4,096 elements keep 32-bit moments there."""
    import bitsandbytes

    kind = bitsandbytes.optim.PagedAdamW8bit if options.paged else bitsandbytes.optim.AdamW8bit
    betas = (options.beta1, options.beta2)
    optimizer: TorchOptimizer = kind(parameters, betas=betas, eps=options.epsilon, weight_decay=options.weight_decay)
    return optimizer


def refuse(options: AdamW8bitOptions, placement: Placement) -> str | None:
    """Paging is the GPU driver's: without one it is not there; and bitsandbytes does not know FSDP2's tensors."""
    if placement.fsdp:
        return "adamw-8bit cannot update weights that FSDP2 shards; use optimizer.name=adamw, or ZeRO-3"
    if options.paged and placement.device == "cpu":
        return "paging needs a GPU; set optimizer.paged to false"
    return None


@hookimpl
def lacoskit_optimizers() -> Sequence[Optimizer[AdamW8bitOptions]]:
    """Offer `adamw-8bit`."""
    return [
        Optimizer(name="adamw-8bit", options=AdamW8bitOptions, build=build, refuse=refuse, requires=("bitsandbytes",))
    ]
