"""Pairs of sentences with a score, and how well cosines agree with the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import Embed, TaskResult
from lacoskit_builtins.mteb_sets import ROLES, mteb_set


@dataclass(frozen=True)
class ScoredPairs:
    """Pairs, the score of each, and the codes of their languages."""

    first: Sequence[str]
    second: Sequence[str]
    scores: NDArray[np.float64]
    languages: tuple[str, ...]


def correlate(pairs: ScoredPairs, embed: Embed) -> TaskResult:
    """Correlate cosines with scores, by ranks (Spearman 1904) and as they are (Pearson)."""
    from scipy.stats import pearsonr, spearmanr

    cosines = np.einsum("ij,ij->i", embed(pairs.first, "query"), embed(pairs.second, "document")).astype(np.float64)

    def spearman(chosen: NDArray[np.int64]) -> float:
        return float(spearmanr(cosines[chosen], pairs.scores[chosen]).statistic)

    return TaskResult(
        figures={
            "spearman": spearman(np.arange(len(cosines))),
            "pearson": float(pearsonr(cosines, pairs.scores).statistic),
        },
        main="spearman",
        units=len(cosines),
        resampled=spearman,
        languages=pairs.languages,
    )


def as_mteb(pairs: ScoredPairs, name: str) -> Any:
    """Make mteb's STS of the pairs, with the same prompts; its `cosine_spearman` is `spearman` here."""
    columns = {"sentence1": pairs.first, "sentence2": pairs.second, "score": pairs.scores}
    return mteb_set(name, "STS", "cosine_spearman", {"test": columns}, pairs.languages, **ROLES)
