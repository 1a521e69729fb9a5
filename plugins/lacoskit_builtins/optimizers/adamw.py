"""AdamW in 32 bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat

from lacoskit import Optimizer, Options, hookimpl


class AdamWOptions(Options):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 1711.05101)."""

    weight_decay: NonNegativeFloat = 0.0
    """The share of a weight, times the learning rate, taken off at each step."""
    beta1: float = Field(default=0.9, ge=0, lt=1)
    """How slowly the mean of the gradients forgets."""
    beta2: float = Field(default=0.999, ge=0, lt=1)
    """How slowly the mean of the squared gradients forgets."""
    epsilon: PositiveFloat = 1e-8
    """Added to the denominator."""


def build(parameters: list[dict[str, Any]], options: AdamWOptions) -> torch.optim.Optimizer:
    """Build torch's AdamW."""
    betas = (options.beta1, options.beta2)
    return torch.optim.AdamW(parameters, betas=betas, eps=options.epsilon, weight_decay=options.weight_decay)


@hookimpl
def lacoskit_optimizers() -> Sequence[Optimizer[AdamWOptions]]:
    """Offer `adamw`."""
    return [Optimizer(name="adamw", options=AdamWOptions, build=build)]
