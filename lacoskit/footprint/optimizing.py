"""What an optimizer keeps of each trained weight: found by letting it take a step on small ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from lacoskit.config import RunConfig

LARGE = 2**16
"""Elements from which the state is taken to grow in proportion."""


@dataclass(frozen=True)
class State:
    """Bytes of an optimizer."""

    kept: int
    """From step to step."""
    working: int
    """While it takes a step."""


def state_of(config: RunConfig, shapes: Iterable[torch.Size], on_a_gpu: bool) -> State:
    """What the selected optimizer takes for weights of these shapes, float32."""
    sizes = [shape.numel() for shape in shapes]
    tried = sorted({size for size in sizes if size <= LARGE} | {LARGE, 2 * LARGE})
    weights = [nn.Parameter(torch.zeros(size)) for size in tried]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer = config.optimizer.component.build([{"params": weights, "lr": 1e-3}], config.optimizer.options)
    optimizer.step()
    kept = {weight.numel(): _bytes(optimizer.state[weight]) for weight in weights}
    slope = (kept[2 * LARGE] - kept[LARGE]) / LARGE
    total = sum(kept[size] if size <= LARGE else int(kept[LARGE] + slope * (size - LARGE)) for size in sizes)
    together = on_a_gpu and "foreach" in optimizer.defaults  # torch's own: there, one more of all weights at once
    return State(total, 4 * (sum(sizes) if together else max(sizes, default=0)))


def _bytes(state: dict[str, Any]) -> int:
    """Of tensors that belong to one weight; tables that all weights share count for none."""
    tensors = {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
    return sum(tensor.nbytes for name, tensor in tensors.items() if not name.startswith("qmap"))
