"""Semantic textual similarity: cosines of pairs beside the scores that people gave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacoskit import DataError, Embed, Row, Task, TaskResult, check_files, hookimpl
from lacoskit_builtins.task_rows import TaskRowsOptions, rows_as


class StsOptions(TaskRowsOptions):
    """Rank correlation of cosines with graded similarity (STS).

    First sentences are encoded with the prompt `query`, second ones with `document`, as in training.
    """

    sentence1: str = "sentence1"
    """The column of first sentences."""
    sentence2: str = "sentence2"
    """The column of second sentences."""
    score: str = "score"
    """The column of scores, on any scale."""
    language: str | None = None
    """The code of the language, by which results are put together."""


@dataclass(frozen=True)
class _Pairs:
    first: list[str]
    second: list[str]
    scores: NDArray[np.float64]
    languages: tuple[str, ...]


def load(options: StsOptions) -> _Pairs:
    """Read the pairs; a DataError if there are not at least two scores to tell apart."""

    def parse(row: Row) -> tuple[str, str, float]:
        return row.text(options.sentence1), row.text(options.sentence2), row.number(options.score)

    found = rows_as(parse, options.files, _columns(options), options.max_skipped)
    scores = np.array([score for *_, score in found])
    if len(set(scores)) < 2:
        raise DataError(f"{', '.join(options.files)}: needs at least two pairs of different scores to correlate with")
    languages = (options.language,) if options.language else ()
    return _Pairs([first for first, *_ in found], [second for _, second, _ in found], scores, languages)


def measure(pairs: _Pairs, embed: Embed) -> TaskResult:
    """Correlate cosines with scores, by ranks (Spearman 1904) and as they are (Pearson).

    A pair does as well as the rank of its cosine is near to the rank of its score: minus their distance as a share of
    the largest there can be, equal values having the mean of their ranks.
    """
    from scipy.stats import pearsonr, rankdata, spearmanr

    cosines = np.einsum("ij,ij->i", embed(pairs.first, "query"), embed(pairs.second, "document")).astype(np.float64)

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


def check(options: StsOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    if not options.files:
        return ["name the files of scored pairs: files: [FILE, ...]"]
    return check_files(options.files, _columns(options))


def _columns(options: StsOptions) -> tuple[str, str, str]:
    return options.sentence1, options.sentence2, options.score


@hookimpl
def lacoskit_tasks() -> Sequence[Task[StsOptions]]:
    """Offer `sts`."""
    return [Task(name="sts", options=StsOptions, load=load, measure=measure, check=check)]
