"""Which candidates may be negatives: rules that spare what may be right, and the choice among what is left.

The rules are the positive-aware ones of NV-Retriever (Moreira et al. 2024, arXiv 2407.15831, section 3.2): a candidate
that scores nearly as high as a positive may be a positive that nobody has marked. There each pair of a query and a
positive has its own limit. Here a negative stands beside all positives of its query, so it has to keep the limit of
every pair: what counts is the lowest score of the positives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RULES = ("rank", "absolute", "margin", "relative")
"""In the order in which they are applied."""


@dataclass(frozen=True)
class Rules:
    """The limits; None for no limit."""

    ranks: tuple[int, int]
    relative: float | None = None
    margin: float | None = None
    absolute: float | None = None

    def refused(self, scores: NDArray[np.float64], positives: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
        """Which candidates each rule refuses, whatever the others say: bool [queries, ranks].

        scores [queries, ranks]: candidates from rank 1 on; positives [queries]: the lowest score of the positives.

        `relative` limits to `p - (1 - relative) |p|`, which is `relative * p` for a positive score p; for a negative
        one, as a cross-encoder gives them, that product would lie above p and let through what scores higher.
        """
        first, last = self.ranks
        ranks = np.broadcast_to(np.arange(1, scores.shape[1] + 1), scores.shape)
        nothing = np.zeros(scores.shape, bool)
        limit = positives[:, None]
        return {
            "rank": (ranks < first) | (ranks > last),
            "absolute": nothing if self.absolute is None else scores >= self.absolute,
            "margin": nothing if self.margin is None else scores >= limit - self.margin,
            "relative": nothing if self.relative is None else scores >= limit - (1 - self.relative) * np.abs(limit),
        }


def first_refusal(refused: dict[str, NDArray[np.bool_]]) -> NDArray[np.int64]:
    """The index in RULES of the first rule that refuses each candidate; len(RULES) where none does."""
    stacked = np.stack([refused[rule] for rule in RULES] + [np.ones_like(refused[RULES[0]])])
    return np.asarray(stacked.argmax(axis=0), np.int64)


def choose(
    allowed: NDArray[np.int64], scores: NDArray[np.float64], count: int, how: Literal["top", "random"], seed: Any
) -> NDArray[np.int64]:
    """Up to `count` of the allowed places of one query, the highest score first, ties by place.

    `seed` is for this query alone, so that what a query gets does not hang on the others.
    """
    if how == "random" and len(allowed) > count:
        allowed = np.sort(np.random.default_rng(seed).choice(allowed, count, replace=False))
    return allowed[np.argsort(-scores[allowed], kind="stable")][:count]
