"""Pairs of sentences with a score, and how well cosines agree with the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import Embed, TaskResult
from lacoskit_builtins.mteb_sets import mteb_set
from lacoskit_builtins.task_rows import Roles


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs, the score of each, and the codes of their languages."""

    first: Sequence[str]
    second: Sequence[str]
    scores: NDArray[np.float64]
    languages: tuple[str, ...]
    roles: Roles = ("query", "document")


def correlate(pairs: ScoredPairs, embed: Embed) -> TaskResult:
    """Correlate cosines with scores, by ranks (Spearman 1904) and as they are (Pearson).

    A pair does as well as the rank of its cosine is near to the rank of its score: minus their distance as a share of
    the largest there can be, equal values having the mean of their ranks.
    """
    from scipy.stats import pearsonr, rankdata, spearmanr

    cosines = np.einsum("ij,ij->i", embed(pairs.first, pairs.roles[0]), embed(pairs.second, pairs.roles[1])).astype(
        np.float64
    )

    def spearman(chosen: NDArray[np.int64]) -> float:
        return float(spearmanr(cosines[chosen], pairs.scores[chosen]).statistic)

    below = [(rankdata(values) - 1) / (len(values) - 1) for values in (cosines, pairs.scores)]

    def shown(unit: int) -> dict[str, str]:
        told = {"cosine": f"{cosines[unit]:.2f}", "score": f"{pairs.scores[unit]:g}"}
        places = {
            name: f"{value}, higher than {ranks[unit]:.0%} of the pairs"
            for (name, value), ranks in zip(told.items(), below, strict=True)
        }
        return {"sentence 1": pairs.first[unit], "sentence 2": pairs.second[unit], **places}

    return TaskResult(
        figures={
            "spearman": spearman(np.arange(len(cosines))),
            "pearson": float(pearsonr(cosines, pairs.scores).statistic),
        },
        main="spearman",
        units=len(cosines),
        resampled=spearman,
        languages=pairs.languages,
        by_unit=-np.abs(below[0] - below[1]),
        shown=shown,
    )


def as_mteb(pairs: ScoredPairs, name: str) -> Any:
    """Make mteb's STS of the pairs, with the same prompts; its `cosine_spearman` is `spearman` here."""
    columns = {"sentence1": pairs.first, "sentence2": pairs.second, "score": pairs.scores}
    return mteb_set(name, "STS", "cosine_spearman", {"test": columns}, pairs.languages, pairs.roles)
