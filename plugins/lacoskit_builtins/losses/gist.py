"""Multiple negatives without those that a guide model takes for right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import PositiveFloat
from torch import Tensor, nn

from lacoskit import Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins import in_batch
from lacoskit_builtins.blockwise import Change, Term, cross_entropy_of_own
from lacoskit_builtins.in_batch import Texts
from lacoskit_builtins.teachers import refuse_without_teacher


class GistOptions(Options):
    """Each pair against the texts of the batch that a teacher does not take for right (GISTEmbed)."""

    teacher: str | None = None
    """The guide, which must be named: the output folder of a run, `base:` and a Hugging Face model, or what
    sentence-transformers opens."""
    scale: PositiveFloat = 100.0
    """The cosines are multiplied by this: 1 / temperature."""
    margin: float = 0.0
    """Texts do not count whose cosine, by the teacher, is above that of an anchor and its positive, less this."""
    margin_strategy: Literal["absolute", "relative"] = "absolute"
    """Whether the margin is a difference of cosines, or a share of the cosine of the anchor and its positive."""
    contrast_anchors: bool = True
    """Also push anchors from each other."""
    contrast_positives: bool = True
    """Also push positives from each other."""


class Gist(nn.Module):
    """Cross-entropy of the scaled cosines, without likely false negatives (Solatorio, 2402.16829)."""

    def __init__(self, options: GistOptions) -> None:
        super().__init__()
        self.options = options

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the mean over the anchors; every negative of the batch is one for every anchor."""
        assert batch.teacher is not None  # the loss names one
        options = self.options
        anchors, positives, docs = _roles(batch)
        guide_anchors, guide_positives, guide_docs = _roles(batch.teacher)
        of_pairs = (guide_anchors.vectors * guide_positives.vectors).sum(dim=1)
        share = of_pairs.abs() if options.margin_strategy == "relative" else 1.0
        highest = of_pairs - options.margin * share

        def guided(rows: Texts, candidates: Texts) -> list[Change]:
            guide = Term(rows.vectors, candidates.vectors)
            return [in_batch.only_below(highest, lambda places: guide.scores(places, 1.0))]

        terms = [in_batch.paired(anchors, docs, guided(guide_anchors, guide_docs))]
        if options.contrast_anchors:
            terms.append(in_batch.unpaired(anchors, anchors, guided(guide_anchors, guide_anchors)))
        if options.contrast_positives:
            terms.append(in_batch.unpaired(positives, positives, guided(guide_positives, guide_positives)))
        return cross_entropy_of_own(terms, options.scale)


def _roles(batch: VectorBatch) -> tuple[Texts, Texts, Texts]:
    positives = in_batch.positives(batch)
    return in_batch.anchors(batch), positives, in_batch.joined(positives, in_batch.negatives(batch))


@hookimpl
def lacoskit_losses() -> Sequence[Loss[GistOptions]]:
    """Offer `gist`."""
    return [
        Loss(
            name="gist",
            options=GistOptions,
            build=Gist,
            teacher=lambda options: options.teacher,
            refuse=refuse_without_teacher,
        )
    ]
