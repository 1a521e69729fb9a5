"""Tell each anchor's positive from everyone else's positives and from all hard negatives."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from pydantic import PositiveFloat
from torch import Tensor, nn

from lacoskit import Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins.blockwise import cross_entropy_of_own


class MultipleNegativesOptions(Options):
    """Each pair against all other texts of the batch (MNR, InfoNCE)."""

    scale: PositiveFloat = 20.0
    """The cosines are multiplied by this: 1 / temperature."""
    symmetric: bool = False
    """Also tell each positive's anchor from all other anchors, and average the two losses."""


class MultipleNegatives(nn.Module):
    """Cross-entropy of the scaled cosines (Henderson et al., 1705.00652; van den Oord et al., 1807.03748)."""

    def __init__(self, scale: float, symmetric: bool) -> None:
        super().__init__()
        self.scale = scale
        self.symmetric = symmetric

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the mean over the anchors; every negative of the batch is one for every anchor."""
        anchors = F.normalize(batch.anchors, dim=1)
        positives = F.normalize(batch.positives, dim=1)
        negatives = F.normalize(batch.negatives, dim=1)
        forward = cross_entropy_of_own(anchors, torch.cat([positives, negatives]), self.scale)
        if not self.symmetric:
            return forward
        return (forward + cross_entropy_of_own(positives, anchors, self.scale)) / 2


@hookimpl
def lacoskit_losses() -> Sequence[Loss[MultipleNegativesOptions]]:
    """Offer `multiple-negatives`."""
    return [
        Loss(
            name="multiple-negatives",
            options=MultipleNegativesOptions,
            build=lambda options: MultipleNegatives(options.scale, options.symmetric),
        )
    ]
