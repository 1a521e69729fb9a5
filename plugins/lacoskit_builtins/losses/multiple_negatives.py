"""Tell each anchor's positive from everyone else's positives and from all hard negatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, field_validator, model_validator
from torch import Tensor, nn

from lacoskit import Loss, Options, VectorBatch, hookimpl
from lacoskit_builtins import in_batch
from lacoskit_builtins.blockwise import Change, Term, cross_entropy_of_own
from lacoskit_builtins.in_batch import Texts

Direction = Literal["query_to_doc", "doc_to_query", "query_to_query", "doc_to_doc"]


class MultipleNegativesOptions(Options):
    """Each pair against all other texts of the batch (MNR, InfoNCE)."""

    scale: PositiveFloat = 20.0
    """The cosines are multiplied by this: 1 / temperature."""
    directions: Annotated[tuple[Direction, ...], Field(min_length=1)] = ("query_to_doc",)
    """What is told apart: an anchor's positive from all other positives and negatives (query_to_doc, always there), a
    positive's anchor from all other anchors (doc_to_query), an anchor from all other anchors (query_to_query), a
    positive from all other positives and the others' negatives (doc_to_doc)."""
    partition: Literal["joint", "per_direction"] = "joint"
    """One softmax over the scores of all directions, or one each and their mean; per_direction with query_to_doc and
    doc_to_query is the symmetric loss."""
    hard_negatives: Literal["batch", "own"] = "batch"
    """Whose hard negatives an anchor is told from: those of the whole batch, or its own alone."""
    hardness: NonNegativeFloat = 0.0
    """Negatives weigh exp(hardness * cosine) in the sum of an anchor, a weight without a gradient: the nearer, the
    more. EmbeddingGemma: 5; 0: all the same."""
    hardness_of: Literal["hard_negatives", "in_batch_negatives", "all_negatives"] = "hard_negatives"
    """Which negatives of query_to_doc are weighed: the anchor's own hard ones, all of other examples, or both."""
    false_negative_margin: NonNegativeFloat | None = None
    """Texts do not count that are nearer than an anchor's positive by more than this, as a difference of cosines: they
    are probably right too. Qwen3-Embedding: 0.1; null: all count."""

    @field_validator("directions")
    @classmethod
    def _has_the_pair(cls, directions: tuple[Direction, ...]) -> tuple[Direction, ...]:
        if "query_to_doc" not in directions:
            raise ValueError("query_to_doc is the direction that has the pair; add it")
        if len(set(directions)) != len(directions):
            raise ValueError("a direction stands there twice")
        return directions

    @model_validator(mode="after")
    def _each_direction_has_the_pair(self) -> MultipleNegativesOptions:
        without = [name for name in self.directions if name in ("query_to_query", "doc_to_doc")]
        if self.partition == "per_direction" and without:
            raise ValueError(f"{without[0]} alone has no pair to tell from the others; use partition: joint")
        return self


class MultipleNegatives(nn.Module):
    """Cross-entropy of the scaled cosines (Henderson et al., 1705.00652; van den Oord et al., 1807.03748).

    Directions: Li et al., 2308.03281 (GTE); hardness: Lan et al., 2503.04812, and EmbeddingGemma, 2509.20354; margin:
    Zhang et al., 2506.05176 (Qwen3-Embedding). A text that is known to be right for another never counts against it.
    """

    def __init__(self, options: MultipleNegativesOptions) -> None:
        super().__init__()
        self.options = options

    def forward(self, batch: VectorBatch) -> Tensor:
        """Return the mean over the examples."""
        options = self.options
        anchors, positives = in_batch.anchors(batch), in_batch.positives(batch)
        docs = in_batch.joined(positives, in_batch.negatives(batch))
        changes = [] if options.false_negative_margin is None else [self._margin(anchors, positives)]
        own = [in_batch.only_own(docs, len(positives.examples))] if options.hard_negatives == "own" else []
        weights = [self._hardness(docs, len(positives.examples))] if options.hardness else []
        terms: list[Term] = []
        for direction in options.directions:
            if direction == "query_to_doc":  # comes first: it has the pairs
                terms.insert(0, in_batch.paired(anchors, docs, [*own, *changes, *weights]))
            elif direction == "doc_to_query":
                terms.append(in_batch.paired(positives, anchors, changes))
            elif direction == "query_to_query":
                terms.append(in_batch.unpaired(anchors, anchors, changes))
            else:
                terms.append(in_batch.unpaired(positives, docs, [*own, *changes]))
        if options.partition == "joint":
            return cross_entropy_of_own(terms, options.scale)
        return torch.stack([cross_entropy_of_own([term], options.scale) for term in terms]).mean()

    def _margin(self, anchors: Texts, positives: Texts) -> Change:
        """Leave out what is nearer than the positive by more than the margin."""
        assert self.options.false_negative_margin is not None
        cosines = (anchors.vectors.detach() * positives.vectors.detach()).sum(dim=1)
        return in_batch.only_below((cosines + self.options.false_negative_margin) * self.options.scale)

    def _hardness(self, docs: Texts, pairs: int) -> Change:
        """Raise scores by `hardness * cosine`; what is left out stays so."""
        factor, which = self.options.hardness / self.options.scale, self.options.hardness_of

        def change(rows: Tensor, scores: Tensor) -> None:
            own = docs.examples == rows.unsqueeze(1)
            own[:, :pairs] = False
            if which == "hard_negatives":
                weighed = own
            else:
                weighed = docs.examples != rows.unsqueeze(1)
                if which == "all_negatives":
                    weighed |= own
            scores.mul_(1 + factor * weighed)

        return change


@hookimpl
def lacoskit_losses() -> Sequence[Loss[MultipleNegativesOptions]]:
    """Offer `multiple-negatives`."""
    return [Loss(name="multiple-negatives", options=MultipleNegativesOptions, build=MultipleNegatives)]
