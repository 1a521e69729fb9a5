"""Learn the vectors of a stronger model, or how it tells texts apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import PositiveFloat
from torch import Tensor, nn

from lacoskit import LacoskitError, Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins import in_batch
from lacoskit_builtins.blockwise import Term, divergence
from lacoskit_builtins.teachers import refuse_without_teacher


class DistillOptions(Options):
    """What a teacher says of the same texts: its vectors, its scores over the batch, its margins."""

    teacher: str | None = None
    """The model to learn from, which must be named: the output folder of a run, `base:` and a Hugging Face model, or
    what sentence-transformers opens."""
    match: Literal["scores", "margins", "cosine", "mse"] = "scores"
    """What becomes like the teacher's: an anchor's distribution over the texts of the batch (scores: KL divergence),
    how much nearer its positive is than its own hard negatives (margins: squared difference), or each vector, by its
    angle (cosine) or its values (mse), for which the teacher's must be as long, or longer: then its first values
    count."""
    candidates: Literal["batch", "own"] = "batch"
    """For scores: all positives and negatives of the batch, or the anchor's own alone."""
    scale: PositiveFloat = 20.0
    """For scores: the cosines are multiplied by this, 1 / temperature."""
    teacher_scale: PositiveFloat | None = None
    """For scores: the teacher's cosines are multiplied by this; null: by `scale`."""


class Distill(nn.Module):
    """Distillation of a bi-encoder's scores (Lin et al., 2010.11386), margins (Hofstätter et al., 2010.02666), vectors
    (Kim et al., 2301.12005).

    The divergence is not multiplied by the square of the temperature, as Hinton et al. do (1503.02531).
    """

    def __init__(self, options: DistillOptions) -> None:
        super().__init__()
        self.options = options

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the mean over the anchors (scores), the negatives (margins) or the texts."""
        assert batch.teacher is not None  # the loss names one
        if self.options.match == "scores":
            return self._scores(batch, batch.teacher)
        if self.options.match == "margins":
            return F.mse_loss(_margins(batch), _margins(batch.teacher), reduction="sum") / max(1, len(batch.negatives))
        ours, theirs = (torch.cat([b.anchors, b.positives, b.negatives]) for b in (batch, batch.teacher))
        width = ours.shape[1]
        if width > theirs.shape[1]:
            raise LacoskitError(
                f"loss distill: the teacher's vectors have {theirs.shape[1]} values, those in training {width}; use "
                "match: scores, for which they may differ"
            )
        if self.options.match == "mse":
            return F.mse_loss(ours, theirs[:, :width])
        return (1 - F.cosine_similarity(ours, theirs[:, :width])).mean()

    def _scores(self, batch: VectorBatch, teacher: VectorBatch) -> Tensor:
        student, guide = _term(batch, self.options.candidates), _term(teacher, self.options.candidates)
        scale = self.options.teacher_scale or self.options.scale
        return divergence(student, self.options.scale, lambda rows: guide.scores(rows, scale).log_softmax(dim=1))


def _term(batch: VectorBatch, which: str) -> Term:
    """Each anchor's scores with positives and negatives; a text that stands there twice does so for both models."""
    anchors, positives, negatives = in_batch.anchors(batch), in_batch.positives(batch), in_batch.negatives(batch)
    docs = in_batch.joined(positives, negatives)
    return Term(anchors.vectors, docs.vectors, [in_batch.only_own(docs, 0)] if which == "own" else [])


def _margins(batch: VectorBatch) -> Tensor:
    """How much nearer each negative's anchor is to its positive: float [negatives]."""
    anchors, positives, negatives = (F.normalize(v, dim=1) for v in (batch.anchors, batch.positives, batch.negatives))
    of_positives = (anchors * positives).sum(dim=1)
    return of_positives[batch.negative_of] - (anchors[batch.negative_of] * negatives).sum(dim=1)


@hookimpl
def lacoskit_losses() -> Sequence[Loss[DistillOptions]]:
    """Offer `distill`."""
    return [
        Loss(
            name="distill",
            options=DistillOptions,
            build=Distill,
            teacher=lambda options: options.teacher,
            refuse=refuse_without_teacher,
        )
    ]
