"""Order the cosines of scored pairs as their scores are ordered."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from pydantic import PositiveFloat
from torch import Tensor, nn

from lacoskit import Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins.ordering import misordering


class CosentOptions(Options):
    """Cosines ordered as the scores of scored pairs (CoSENT)."""

    scale: PositiveFloat = 20.0
    """The cosines are multiplied by this: 1 / temperature."""


class Cosent(nn.Module):
    """log(1 + sum over score_i > score_j of exp(scale * (cos_j - cos_i))), Su's CoSENT."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, batch: VectorBatch) -> Tensor:
        """Compare every two pairs of the batch; pairs of equal score are not compared."""
        assert batch.scores is not None  # the loss declares needs_scores
        return misordering(F.cosine_similarity(batch.anchors, batch.positives) * self.scale, batch.scores)


@hookimpl
def lacoskit_losses() -> Sequence[Loss[CosentOptions]]:
    """Offer `cosent`."""
    return [Loss(name="cosent", options=CosentOptions, build=lambda options: Cosent(options.scale), needs_scores=True)]
