"""Pairs of texts with a score, for evaluation: read from files, or held out by the dataset."""

from __future__ import annotations

from collections.abc import Sequence

from lacoskit.components import Example
from lacoskit.config import RunConfig
from lacoskit.errors import DataError
from lacoskit.rows import Row, check_files, find_files, parse_rows, read_rows

COLUMNS = ("sentence1", "sentence2", "score")
MAX_SKIPPED = 0.01


def load_sets(config: RunConfig) -> dict[str, Sequence[Example]]:
    """Read the evaluation sets that the config names; without any, those that the dataset holds out."""
    if not config.evaluation.sets:
        return dict(config.dataset.component.held_out(config.dataset.options))
    return {name: read_scored_pairs(path) for name, path in config.evaluation.sets.items()}


def read_scored_pairs(pattern: str) -> list[Example]:
    """Read a file, or several by a pattern, of sentence1, sentence2, score; a DataError if it cannot be used."""
    rows = (row for path in find_files([pattern]) for row in read_rows(path, COLUMNS))
    pairs = parse_rows(rows, _parse, MAX_SKIPPED)
    if len({pair.score for pair in pairs}) < 2:
        raise DataError(f"{pattern}: needs at least two pairs of different scores to correlate with")
    return pairs


def check_sets(config: RunConfig) -> list[str]:
    """What is wrong with the evaluation sets as far as their first rows show, and with the metric's set."""
    problems = [problem for path in config.evaluation.sets.values() for problem in check_files([path], COLUMNS)]
    wanted = config.evaluation.metric.partition("/")[2]
    if wanted and config.evaluation.sets and wanted not in config.evaluation.sets:
        problems.append(f"metric {config.evaluation.metric}: no set named {wanted!r} in evaluation.sets")
    return problems


def _parse(row: Row) -> Example:
    return Example(row.text("sentence1"), row.text("sentence2"), score=row.number("score"))
