"""Semantic textual similarity: cosines of pairs beside the scores that people gave them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lacoskit import DataError, Row, Task, hookimpl
from lacoskit_builtins.scored_pairs import ScoredPairs, as_mteb, correlate
from lacoskit_builtins.task_rows import PairRowsOptions, check_task_rows, task_rows


class StsOptions(PairRowsOptions):
    """Rank correlation of cosines with graded similarity (STS)."""

    score: str = "score"
    """The column of scores, on any scale."""


def load(options: StsOptions) -> ScoredPairs:
    """Read the pairs; a DataError if there are not at least two scores to tell apart."""

    def parse(row: Row) -> tuple[str, str, float]:
        return row.text(options.sentence1), row.text(options.sentence2), row.number(options.score)

    found = task_rows(parse, options, _columns(options))
    scores = np.array([score for *_, score in found])
    if len(set(scores)) < 2:
        raise DataError(f"{', '.join(options.files)}: needs at least two pairs of different scores to correlate with")
    return ScoredPairs(
        [first for first, *_ in found], [second for _, second, _ in found], scores, options.languages, options.roles
    )


def check(options: StsOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_task_rows(options, _columns(options), "scored pairs")


def _columns(options: StsOptions) -> tuple[str, str, str]:
    return options.sentence1, options.sentence2, options.score


@hookimpl
def lacoskit_tasks() -> Sequence[Task[StsOptions]]:
    """Offer `sts`."""
    return [Task(name="sts", options=StsOptions, load=load, measure=correlate, check=check, as_mteb=as_mteb)]
