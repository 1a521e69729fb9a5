"""How well the cosines of an encoder order pairs that people, or a grammar, have scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lacoskit.components import Example
from lacoskit.encoder import Encoder


@dataclass(frozen=True)
class Correlation:
    """Of cosines with scores, times 100, and over how many pairs."""

    spearman: float
    pearson: float
    pairs: int


def evaluate(encoder: Encoder, sets: Mapping[str, Sequence[Example]]) -> dict[str, Correlation]:
    """Correlate the cosines of each set's pairs with their scores (Spearman 1904; times 100, as the field reports it).

    First sentences get the prompt `query` and second ones `document`, as in training.
    """
    from scipy.stats import pearsonr, spearmanr

    known = encoder.config.prompts
    results = {}
    for name, pairs in sets.items():
        first = encoder.encode([pair.anchor for pair in pairs], "query" if "query" in known else None)
        second = encoder.encode([pair.positive for pair in pairs], "document" if "document" in known else None)
        cosines = np.einsum("ij,ij->i", first, second)
        scores = [pair.score for pair in pairs]
        results[name] = Correlation(
            spearman=100 * float(spearmanr(cosines, scores).statistic),
            pearson=100 * float(pearsonr(cosines, scores).statistic),
            pairs=len(pairs),
        )
    return results


def figure(results: Mapping[str, Correlation], metric: str) -> float:
    """The single figure that a metric names: of one set (`spearman/en`) or the mean of all (`spearman`)."""
    kind, _, name = metric.partition("/")
    chosen = [results[name]] if name else list(results.values())
    return float(np.mean([getattr(result, kind) for result in chosen]))
