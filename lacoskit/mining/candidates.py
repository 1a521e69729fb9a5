"""The candidates of every query, without its positives and itself: found, scored anew if asked for, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining import blocks
from lacoskit.mining.collection import Collection
from lacoskit.mining.search import NONE
from lacoskit.mining.searcher import Searcher

QUERIES = 1_024
"""Queries that are searched at once; of each block, the corpus is read once."""


class Scores(Protocol):
    """What scores pairs of a query and a text anew."""

    def scores(self, pairs: list[tuple[str, str]]) -> NDArray[np.float64]:
        """The score of each pair."""


@dataclass(frozen=True)
class Block:
    """The candidates of some queries, from rank 1 on: positives and the query itself have no rank."""

    numbers: NDArray[np.int64]
    """[queries, ranks] of texts of the corpus; NONE where there are no more."""
    scores: NDArray[np.float64]
    """[queries, ranks]"""
    positives: NDArray[np.int64]
    """[queries, most of any] of texts of the collection; NONE where there are no more."""
    positive_scores: NDArray[np.float64]
    """[queries, most of any]"""
    spared: NDArray[np.int64]
    """[queries, 2]: how many positives, and whether the query itself, stood before the last rank."""


def blocks_of(collection: Collection) -> int:
    """How many blocks of queries there are."""
    return -(-len(collection.queries) // QUERIES)


def range_of(number: int, collection: Collection) -> tuple[int, int]:
    """The queries of a block."""
    return number * QUERIES, min((number + 1) * QUERIES, len(collection.queries))


def find(collection: Collection, searcher: Searcher, ranks: int) -> Callable[[int], blocks.Arrays]:
    """What computes a block of candidates up to a rank."""

    def block(number: int) -> blocks.Arrays:
        start, stop = range_of(number, collection)
        positives, themselves = collection.positives(start, stop), collection.themselves(start, stop)
        never = np.column_stack([np.where(positives < len(collection.corpus), positives, NONE), themselves])
        depth = ranks + int((never != NONE).sum(axis=1).max(initial=0))
        (numbers, scores), positive_scores = searcher.search(start, stop, depth, positives)
        out, spared = _never(numbers, never, ranks)
        numbers, scores = np.where(out, NONE, numbers), np.where(out, -np.inf, scores)
        order = np.argsort(numbers == NONE, axis=1, kind="stable")[:, :ranks]
        numbers, scores = np.take_along_axis(numbers, order, 1), np.take_along_axis(scores, order, 1)
        return vars(Block(numbers, scores, positives, positive_scores, spared))

    return block


def rescored(collection: Collection, found: Path, rescorer: Scores) -> Callable[[int], blocks.Arrays]:
    """What gives the candidates of a block that was found the scores of another model, in their old order."""

    def block(number: int) -> blocks.Arrays:
        start, _ = range_of(number, collection)
        old = read(found, number)
        new = {"scores": old.scores.copy(), "positive_scores": old.positive_scores.copy()}
        places: list[tuple[str, int, int]] = []
        pairs: list[tuple[str, str]] = []
        for row, query in enumerate(collection.queries[start : start + len(old.numbers)]):
            for name, numbers in (("positive_scores", old.positives[row]), ("scores", old.numbers[row])):
                for column in np.flatnonzero(numbers != NONE).tolist():
                    places.append((name, row, column))
                    pairs.append((query.text, collection.text(int(numbers[column]))))
        for (name, row, column), score in zip(places, rescorer.scores(pairs), strict=True):
            new[name][row, column] = score
        return {**vars(old), **new}

    return block


def read(folder: Path, number: int) -> Block:
    """Read a block."""
    arrays: dict[str, Any] = blocks.read(folder, number)
    return Block(**arrays)


def _never(
    numbers: NDArray[np.int64], never: NDArray[np.int64], ranks: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which of the candidates [queries, depth] must not be negatives, and how many of them stand before the last rank.

    never: [queries, n], the query's positives and, last, the query itself.
    """
    out = np.zeros(numbers.shape, bool)
    spared = np.zeros((len(numbers), 2), np.int64)
    for row, (found, own) in enumerate(zip(numbers, never, strict=True)):
        positive = np.isin(found, own[:-1]) & (found != NONE)
        itself = (found == own[-1]) & (found != NONE) & ~positive
        out[row] = positive | itself
        seen = np.cumsum(~out[row]) <= ranks
        spared[row] = (positive & seen).sum(), (itself & seen).sum()
    return out, spared
