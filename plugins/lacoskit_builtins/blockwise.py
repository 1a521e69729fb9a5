"""Losses over all scores of a batch, block by block: batches of any size, and never a matrix of all their scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 2**20
"""Scores computed at once: 4 MiB in float32."""

ROWS = 256
"""Queries computed at once at least, so that a device is busy with them however many candidates there are."""

Change = Callable[[Tensor, Tensor], None]
"""Takes some rows, int64 [rows], and their scaled scores [rows, candidates], and changes these in place: -inf leaves a
candidate out. Whatever it does, the gradient is that of the scores as they were, as if it only added constants."""

Wanted = Callable[[Tensor], Tensor]
"""Takes some rows, int64 [rows], and gives the logarithms of the shares they should have, [rows, candidates]."""


@dataclass(frozen=True)
class Term:
    """The scores of some texts with some candidates: rows float [rows, width], candidates float [any number, width]."""

    rows: Tensor
    candidates: Tensor
    changes: Sequence[Change] = ()

    def scores(self, rows: Tensor, scale: float) -> Tensor:
        """Some rows' scores [rows, candidates], scaled and changed."""
        scores = (self.rows[rows] @ self.candidates.T).mul_(scale)
        for change in self.changes:
            change(rows, scores)
        return scores


def cross_entropy_of_own(terms: Sequence[Term], scale: float) -> Tensor:
    """Mean over the rows of -log softmax(scale * scores)[i], of the scores of all terms side by side.

    All terms have the same number of rows, and row i's own candidate is candidate i of the first one. The same as
    `F.cross_entropy` of all scores, but all gradients are computed with the loss, from one block of scores at a time,
    which is then dropped.
    """
    return _applied(terms, scale, None)


def divergence(term: Term, scale: float, wanted: Wanted) -> Tensor:
    """Mean over the rows of KL(wanted || softmax(scale * scores)), computed as `cross_entropy_of_own` is."""
    return _applied([term], scale, wanted)


def _applied(terms: Sequence[Term], scale: float, wanted: Wanted | None) -> Tensor:
    vectors = [side for term in terms for side in (term.rows, term.candidates)]
    changes = [term.changes for term in terms]
    loss: Tensor = _Blockwise.apply(scale, wanted, changes, *vectors)  # type: ignore[no-untyped-call]
    return loss


class _Blockwise(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, scale: float, wanted: Wanted | None, changes: Sequence[Sequence[Change]], *vectors: Tensor
    ) -> Tensor:
        terms = [Term(*term) for term in zip(vectors[::2], vectors[1::2], changes, strict=True)]
        losses = vectors[0].new_empty(len(vectors[0]))
        gradients = [torch.zeros_like(side) for side in vectors]
        here = torch.arange(len(losses), device=losses.device)
        for rows in torch.split(here, max(ROWS, BLOCK // sum(len(term.candidates) for term in terms))):
            scores = [term.scores(rows, scale) for term in terms]
            totals = _log_of_sum(scores)
            target = None if wanted is None else wanted(rows)
            losses[rows] = _losses(scores[0], totals, rows, target)
            for number, (term, block) in enumerate(zip(terms, scores, strict=True)):
                # the gradient of the scores: their softmax, less what it should be
                block.sub_(totals.unsqueeze(1)).exp_()
                if number == 0:
                    _take(block, rows, target)
                gradients[2 * number][rows] = block @ term.candidates
                gradients[2 * number + 1].addmm_(block.T, term.rows[rows])
        ctx.save_for_backward(*gradients)
        ctx.factor = scale / len(losses)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        return None, None, None, *(saved * (ctx.factor * gradient) for saved in ctx.saved_tensors)


def _log_of_sum(scores: Sequence[Tensor]) -> Tensor:
    parts = [block.logsumexp(dim=1) for block in scores]
    return parts[0] if len(parts) == 1 else torch.stack(parts).logsumexp(dim=0)


def _losses(scores: Tensor, totals: Tensor, rows: Tensor, target: Tensor | None) -> Tensor:
    if target is None:
        return totals - scores[rows - rows[0], rows]
    shares = target.exp()
    # a candidate that is left out is so on both sides: -inf less -inf, and it has no part in the sum
    differences = (target - scores + totals.unsqueeze(1)).masked_fill_(shares == 0, 0)
    return (shares * differences).sum(dim=1)


def _take(block: Tensor, rows: Tensor, target: Tensor | None) -> None:
    if target is None:
        block[rows - rows[0], rows] -= 1
    else:
        block.sub_(target.exp())
