"""The contrastive loss block by block: a batch of any size, and never a matrix of all its scores."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

BLOCK = 2**20
"""Scores computed at once: 4 MiB in float32."""

ROWS = 256
"""Queries computed at once at least, so that a device is busy with them however many candidates there are."""


def cross_entropy_of_own(queries: Tensor, candidates: Tensor, scale: float) -> Tensor:
    """Mean of -log softmax(scale * q_i . c)[i] over the queries, whose own candidates come first and in their order.

    queries: float [queries, width]; candidates: float [at least as many, width]. The same as `F.cross_entropy` of all
    scores, but both gradients are computed with the loss, from one block of scores at a time, which is then dropped.
    """
    loss: Tensor = _CrossEntropyOfOwn.apply(queries, candidates, scale)  # type: ignore[no-untyped-call]
    return loss


class _CrossEntropyOfOwn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, queries: Tensor, candidates: Tensor, scale: float) -> Tensor:
        losses = queries.new_empty(len(queries))
        of_queries, of_candidates = torch.empty_like(queries), torch.zeros_like(candidates)
        here = torch.arange(len(queries), device=queries.device)
        for rows in torch.split(here, max(ROWS, BLOCK // len(candidates))):
            block, own = queries[rows], (rows - rows[0], rows)
            scores = (block @ candidates.T).mul_(scale)
            totals = scores.logsumexp(dim=1)
            losses[rows] = totals - scores[own]
            # the gradient of the scores: their softmax, less 1 for the own candidate
            scores.sub_(totals.unsqueeze(1)).exp_()
            scores[own] -= 1
            of_queries[rows] = scores @ candidates
            of_candidates.addmm_(scores.T, block)
        ctx.save_for_backward(of_queries, of_candidates)
        ctx.factor = scale / len(queries)
        return losses.mean()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, None]:
        of_queries, of_candidates = ctx.saved_tensors
        return of_queries * (ctx.factor * gradient), of_candidates * (ctx.factor * gradient), None
