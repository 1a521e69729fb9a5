"""The nearest vectors of a corpus that memory does not hold: exact, a block at a time, never all scores at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

BLOCK = 4_096
"""Vectors of the corpus that are compared at once: their scores with a block of queries stay near a CPU's caches."""

GROUP = 32
"""Scores of which only the highest is compared with what a query has already."""

SLACK = 16
"""Candidates found beyond those asked for, among which the last places are given out by scores of full precision."""

DIGITS = 7
"""Decimals of a score. What differs by less is a tie, and ties go to the text that comes first in the corpus: so
neither the order of additions nor the number of threads shows."""

NONE = -1
"""The number in a place that no candidate has."""

Found = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Numbers and scores [queries, depth], the highest first; NONE and -inf where there are no more."""


def nearest(queries: NDArray[Any], corpus: NDArray[Any], depth: int, device: str = "cpu") -> Found:
    """The `depth` vectors of a corpus [texts, dimensions] with the highest dot products, for each query.

    Exact to DIGITS, ties to the lower number. Takes memory for the scores of one block of the corpus.
    """
    return rank(queries, corpus, stream(queries, corpus, depth + SLACK, device), depth)


def stream(queries: NDArray[Any], corpus: NDArray[Any], depth: int, device: str) -> NDArray[np.int64]:
    """The numbers [queries, up to depth] of the nearest in float32, block by block with a running best."""
    found = _Best(len(queries), min(depth, len(corpus)), device)
    rows = torch.from_numpy(np.array(queries, np.float32)).to(device)
    buffer = torch.empty(len(queries), BLOCK, device=device)
    for start in range(0, len(corpus), BLOCK):
        block = torch.from_numpy(np.array(corpus[start : start + BLOCK], np.float32)).to(device)
        if len(block) < BLOCK:
            buffer = torch.full_like(buffer, -torch.inf)
            buffer[:, : len(block)] = rows @ block.T
        else:
            torch.mm(rows, block.T, out=buffer)
        found.merge(buffer, start, len(block))
    return found.numbers.cpu().numpy()


def rank(queries: NDArray[Any], corpus: NDArray[Any], numbers: NDArray[np.int64], depth: int) -> Found:
    """Score candidates (NONE: no candidate) in full precision, and keep the best `depth` of each query."""
    scores = dots(queries, corpus, np.maximum(numbers, 0))
    scores[numbers == NONE] = -np.inf
    order = np.lexsort((numbers, -scores), axis=1)[:, :depth]
    return np.take_along_axis(numbers, order, 1), np.take_along_axis(scores, order, 1)


def dots(queries: NDArray[Any], corpus: NDArray[Any], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
    """The dot products float64 [queries, n] of each query with its texts numbers [queries, n], to DIGITS."""
    scores = np.zeros(numbers.shape)
    if not len(corpus):
        return scores
    at_once = max(1, 2**21 // max(1, numbers.shape[1] * corpus.shape[1]))
    for start in range(0, len(queries), at_once):
        part = slice(start, start + at_once)
        texts = corpus[numbers[part]].astype(np.float64)
        scores[part] = np.einsum("qd,qnd->qn", np.asarray(queries[part], np.float64), texts)
    return np.round(scores, DIGITS) + 0.0  # no negative zero


class _Best:
    """The highest scores of each query so far, and whose they are; among equals, those that came first."""

    def __init__(self, queries: int, depth: int, device: str) -> None:
        self.scores = torch.full((queries, depth), -torch.inf, device=device)
        self.numbers = torch.full((queries, depth), NONE, dtype=torch.int64, device=device)

    def merge(self, block: Tensor, start: int, width: int) -> None:
        """Take in scores [queries, BLOCK], of which the first `width` are those of texts from number `start` on."""
        queries, depth = self.scores.shape
        if not depth:
            return
        floor = self.scores[:, -1]
        if start == 0 and width > depth:  # or all of the first block would be sorted
            enough = torch.topk(block[:, :width], depth).values[:, -1]
            floor = torch.nextafter(enough, torch.full_like(enough, -torch.inf))
        groups = block.view(queries, BLOCK // GROUP, GROUP)
        row, group = (groups.amax(2) > floor[:, None]).nonzero(as_tuple=True)
        scores = groups[row, group]
        hit, place = (scores > floor[row, None]).nonzero(as_tuple=True)
        row = row[hit]
        if len(row):
            self._insert(row, scores[hit, place], group[hit] * GROUP + place + start)

    def _insert(self, row: Tensor, scores: Tensor, numbers: Tensor) -> None:
        """Sort hits, which come in the order of rows and then of numbers, in among those that are there."""
        queries, depth = self.scores.shape
        counts = torch.bincount(row, minlength=queries)
        place = depth + torch.arange(len(row), device=row.device) - (counts.cumsum(0) - counts)[row]
        shape = (queries, depth + int(counts.max()))
        all_scores, all_numbers = self.scores.new_full(shape, -torch.inf), self.numbers.new_full(shape, NONE)
        all_scores[:, :depth], all_numbers[:, :depth] = self.scores, self.numbers
        all_scores[row, place], all_numbers[row, place] = scores, numbers
        all_scores, order = all_scores.sort(dim=1, descending=True, stable=True)
        self.scores = all_scores[:, :depth].contiguous()
        self.numbers = all_numbers.gather(1, order[:, :depth])
