"""Another loss, and that vectors use all of the space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import Tensor, nn

from lacoskit import Loss, Options, Section, VectorBatch, default_section, hookimpl


class SpreadOutOptions(Options):
    """Another loss, plus a weight times the mean squared cosine of different anchors, and of different positives."""

    loss: Section[Loss[Any]] = default_section(Loss, "multiple-negatives")
    """The loss that this one adds to."""
    weight: NonNegativeFloat = 1.0
    """The mean of the squared cosines, about 1 / dimensions where vectors are spread evenly, is multiplied by this."""


class SpreadOut(nn.Module):
    """Global orthogonal regularization (Zhang et al., 1708.06320): its second moment, as EmbeddingGemma: 2509.20354."""

    def __init__(self, options: SpreadOutOptions) -> None:
        super().__init__()
        self.loss = options.loss.component.build(options.loss.options)
        self.weight = options.weight

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the sum of both."""
        loss: Tensor = self.loss(batch)
        return loss + self.weight * (mean_squared_cosine(batch.anchors) + mean_squared_cosine(batch.positives))


def mean_squared_cosine(vectors: Tensor) -> Tensor:
    """Mean of cos(i, j)^2 over the pairs of different rows of float [texts, width]; 0 for a single one.

    No matrix of all cosines: the squares of V V^T and those of V^T V have the same sum.
    """
    unit, count = F.normalize(vectors, dim=1), len(vectors)
    products = unit.T @ unit if count > unit.shape[1] else unit @ unit.T
    with_themselves = unit.square().sum(dim=1).square().sum()
    return (products.square().sum() - with_themselves) / max(1, count * (count - 1))


@hookimpl
def lacoskit_losses() -> Sequence[Loss[SpreadOutOptions]]:
    """Offer `spread-out`."""
    return [Loss(name="spread-out", options=SpreadOutOptions, build=SpreadOut)]
