"""Order scored pairs by the angle of their vectors as complex numbers."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from pydantic import PositiveFloat
from torch import Tensor, nn

from lacoskit import Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins.ordering import misordering


class AngleOptions(Options):
    """Angles in complex space ordered as the scores of scored pairs (AnglE)."""

    scale: PositiveFloat = 20.0
    """The similarities are multiplied by this: 1 / temperature."""


class Angle(nn.Module):
    """Of a similarity that does not flatten where the cosine does (Li and Li, 2309.12871, as its authors compute it).

    The halves of a vector, of unit length, are the real and imaginary parts of a complex one; the similarity of two is
    |real part + imaginary part| of their inner product, the first of which is the cosine.
    """

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, batch: VectorBatch) -> Tensor:
        """Compare every two pairs of the batch; pairs of equal score are not compared."""
        assert batch.scores is not None  # the loss declares needs_scores
        real, imaginary = _halves(batch.anchors)
        other_real, other_imaginary = _halves(batch.positives)
        cosines = (real * other_real + imaginary * other_imaginary).sum(dim=1)
        sines = (imaginary * other_real - real * other_imaginary).sum(dim=1)
        return misordering((cosines + sines).abs() * self.scale, batch.scores)


def _halves(vectors: Tensor) -> Sequence[Tensor]:
    """The halves of vectors of unit length; an odd one gets a 0 more."""
    return F.pad(F.normalize(vectors, dim=1), (0, vectors.shape[1] % 2)).chunk(2, dim=1)


@hookimpl
def lacoskit_losses() -> Sequence[Loss[AngleOptions]]:
    """Offer `angle`."""
    return [Loss(name="angle", options=AngleOptions, build=lambda options: Angle(options.scale), needs_scores=True)]
