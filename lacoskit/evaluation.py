"""How well the cosines of an encoder order pairs that people, or a grammar, have scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lacoskit.components import Example
from lacoskit.config import RunConfig
from lacoskit.encoder import Encoder
from lacoskit.errors import DataError
from lacoskit.rows import Row, check_files, parse_rows, read_rows

COLUMNS = ("sentence1", "sentence2", "score")
MAX_SKIPPED = 0.01


@dataclass(frozen=True)
class Correlation:
    """Of cosines with scores, times 100, and over how many pairs."""

    spearman: float
    pearson: float
    pairs: int


def load_sets(config: RunConfig) -> dict[str, Sequence[Example]]:
    """Read the evaluation sets that the config names; without any, those that the dataset holds out."""
    if not config.evaluation.sets:
        return dict(config.dataset.component.held_out(config.dataset.options))
    return {name: read_scored_pairs(Path(path)) for name, path in config.evaluation.sets.items()}


def read_scored_pairs(path: Path) -> list[Example]:
    """Read a file of sentence1, sentence2, score; a DataError if it cannot be used."""
    pairs = parse_rows(read_rows(path, COLUMNS), _parse, MAX_SKIPPED)
    if len({pair.score for pair in pairs}) < 2:
        raise DataError(f"{path}: needs at least two pairs of different scores to correlate with")
    return pairs


def check_sets(config: RunConfig) -> list[str]:
    """What is wrong with the evaluation sets as far as their first rows show, and with the metric's set."""
    problems = [problem for path in config.evaluation.sets.values() for problem in check_files([path], COLUMNS)]
    wanted = config.evaluation.metric.partition("/")[2]
    if wanted and config.evaluation.sets and wanted not in config.evaluation.sets:
        problems.append(f"metric {config.evaluation.metric}: no set named {wanted!r} in evaluation.sets")
    return problems


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


def _parse(row: Row) -> Example:
    return Example(row.text("sentence1"), row.text("sentence2"), score=row.number("score"))
