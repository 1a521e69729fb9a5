"""Which texts of a batch are candidates for which, and which of them must not count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from lacoskit import VectorBatch
from lacoskit_builtins.blockwise import Change, Term


@dataclass(frozen=True)
class Texts:
    """Some texts of a batch, one after the other.

    vectors: float [texts, width], of unit length; examples: int64 [texts], the example each belongs to.
    """

    vectors: Tensor
    examples: Tensor
    ids: Tensor | None = None
    """int64 [texts]: equal where the texts are the same, if that is known."""
    partners: Tensor | None = None
    """int64 [texts]: the ids of the texts that they belong with; their own ids where there are none."""


def anchors(batch: VectorBatch) -> Texts:
    """The anchors of a batch; text i is that of example i."""
    return Texts(F.normalize(batch.anchors, dim=1), _examples(batch), batch.anchor_texts, batch.positive_texts)


def positives(batch: VectorBatch) -> Texts:
    """The positives of a batch; text i is that of example i."""
    return Texts(F.normalize(batch.positives, dim=1), _examples(batch), batch.positive_texts, batch.anchor_texts)


def negatives(batch: VectorBatch) -> Texts:
    """The hard negatives of a batch, which belong with no text."""
    return Texts(F.normalize(batch.negatives, dim=1), batch.negative_of, batch.negative_texts, batch.negative_texts)


def joined(first: Texts, second: Texts) -> Texts:
    """Texts, one after the other."""
    ids = partners = None
    if first.ids is not None and second.ids is not None:
        assert first.partners is not None
        assert second.partners is not None
        ids, partners = torch.cat([first.ids, second.ids]), torch.cat([first.partners, second.partners])
    return Texts(
        torch.cat([first.vectors, second.vectors]), torch.cat([first.examples, second.examples]), ids, partners
    )


def paired(rows: Texts, candidates: Texts, changes: Sequence[Change] = ()) -> Term:
    """The scores of one text an example with candidates of which the first are the other texts of the same examples.

    A candidate that is the row's text, its partner, or another text's that belongs with it, does not count, but for the
    row's own.
    """
    return Term(rows.vectors, candidates.vectors, [*_duplicates(rows, candidates), *changes])


def unpaired(rows: Texts, candidates: Texts, changes: Sequence[Change] = ()) -> Term:
    """The scores of one text an example with texts of its kind; those of the same example do not count either."""

    def leave_out_own(places: Tensor, scores: Tensor) -> None:
        scores.masked_fill_(candidates.examples == places.unsqueeze(1), -torch.inf)

    return Term(rows.vectors, candidates.vectors, [*_duplicates(rows, candidates), leave_out_own, *changes])


def only_own(candidates: Texts, first: int) -> Change:
    """Leave out the candidates from `first` on that belong to other examples than the row's."""

    def change(rows: Tensor, scores: Tensor) -> None:
        scores[:, first:].masked_fill_(candidates.examples[first:] != rows.unsqueeze(1), -torch.inf)

    return change


def only_below(highest: Tensor, scores_of: Callable[[Tensor], Tensor] | None = None) -> Change:
    """Leave out candidates whose score is above that of their row, float [rows], but a row's own.

    The score is the term's own, or what `scores_of` gives for some rows.
    """

    def change(rows: Tensor, scores: Tensor) -> None:
        too_near = (scores if scores_of is None else scores_of(rows)) > highest[rows].unsqueeze(1)
        too_near[rows - rows[0], rows] = False  # by rounding, the pair may be nearer than itself
        scores.masked_fill_(too_near, -torch.inf)

    return change


def _examples(batch: VectorBatch) -> Tensor:
    return torch.arange(len(batch.anchors), device=batch.anchors.device)


def _duplicates(rows: Texts, candidates: Texts) -> list[Change]:
    """Leave out candidates that are right for a row although they are not its own; nothing where none repeats.

    Only columns are looked at that occur more than once, which in most batches are few.
    """
    if rows.ids is None or candidates.ids is None:
        return []
    assert rows.partners is not None
    assert candidates.partners is not None
    own, partners, texts, theirs = rows.ids, rows.partners, candidates.ids, candidates.partners
    found = _occurrences(texts, own) + _occurrences(texts, partners) + _occurrences(theirs, own)
    count = len(own)
    with_itself = (texts[:count] == own).long() + (texts[:count] == partners) + (theirs[:count] == own)
    found[:count] -= with_itself
    columns = found.nonzero().squeeze(1)
    if not len(columns):
        return []
    texts, theirs = texts[columns], theirs[columns]

    def change(places: Tensor, scores: Tensor) -> None:
        here, other = own[places].unsqueeze(1), partners[places].unsqueeze(1)
        same = (texts == here) | (texts == other) | (theirs == here)
        same &= columns != places.unsqueeze(1)
        scores[:, columns] = scores[:, columns].masked_fill_(same, -torch.inf)

    return [change]


def _occurrences(texts: Tensor, among: Tensor) -> Tensor:
    """How often each text stands among others: int64 [texts]."""
    ordered = among.sort().values
    return torch.searchsorted(ordered, texts, right=True) - torch.searchsorted(ordered, texts)
