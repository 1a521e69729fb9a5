"""Pair classification: whether cosines tell pairs that belong together from pairs that do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import DataError, Embed, Row, Task, TaskResult, hookimpl
from lacoskit_builtins.mteb_sets import mteb_set
from lacoskit_builtins.task_rows import PairRowsOptions, Roles, check_task_rows, task_rows


class PairClassificationOptions(PairRowsOptions):
    """Whether cosines tell pairs of label 1 (paraphrases, duplicates) from those of label 0."""

    label: str = "label"
    """The column of labels: 1 where the two belong together, 0 where not."""


@dataclass(frozen=True)
class _Pairs:
    first: list[str]
    second: list[str]
    labels: NDArray[np.bool_]
    languages: tuple[str, ...]
    roles: Roles


def load(options: PairClassificationOptions) -> _Pairs:
    """Read the pairs; a DataError if all have the same label."""

    def parse(row: Row) -> tuple[str, str, bool]:
        label = row.number(options.label)
        if label not in (0, 1):
            raise ValueError(f"{options.label} is neither 0 nor 1")
        return row.text(options.sentence1), row.text(options.sentence2), label == 1

    found = task_rows(parse, options, _columns(options))
    labels = np.array([label for *_, label in found])
    if labels.all() or not labels.any():
        raise DataError(f"{', '.join(options.files)}: needs pairs of label 0 and of label 1")
    return _Pairs(
        [first for first, *_ in found], [second for _, second, _ in found], labels, options.languages, options.roles
    )


def measure(pairs: _Pairs, embed: Embed) -> TaskResult:
    """Order pairs by cosines: average precision, and F1 and accuracy at the cosine from which on each is highest.

    Average precision is mteb's `cosine_ap`. For F1 and accuracy mteb leaves out the thresholds above and below all
    pairs; here to take all or none is a choice as any other, as is right where one label is rare.

    A pair does as well as it is told apart from those of the other label: the share of them that its cosine is on the
    right side of.
    """
    from sklearn.metrics import average_precision_score

    one, other = embed(pairs.first, pairs.roles[0]), embed(pairs.second, pairs.roles[1])
    cosines = np.einsum("ij,ij->i", one.astype(np.float64), other.astype(np.float64))

    def shown(unit: int) -> dict[str, str]:
        texts = {"sentence 1": pairs.first[unit], "sentence 2": pairs.second[unit]}
        return {**texts, "label": str(int(pairs.labels[unit])), "cosine": f"{cosines[unit]:.2f}"}

    return TaskResult(
        figures={
            "ap": float(average_precision_score(pairs.labels, cosines)),
            "f1": _best_f1(pairs.labels, cosines),
            "accuracy": _best_accuracy(pairs.labels, cosines),
        },
        main="ap",
        units=len(cosines),
        resampled=_precision_of_some(pairs.labels, cosines),
        languages=pairs.languages,
        by_unit=_told_apart(pairs.labels, cosines),
        shown=shown,
    )


def as_mteb(pairs: _Pairs, name: str) -> Any:
    """Make mteb's PairClassification of the pairs, with the same prompts; its main score is `max_ap`, the highest
    average precision of several measures of nearness, of which that of cosines is `ap` here."""
    columns = {"sentence1": pairs.first, "sentence2": pairs.second, "labels": pairs.labels.astype(np.int64)}
    return mteb_set(name, "PairClassification", "max_ap", {"test": columns}, pairs.languages, pairs.roles)


def check(options: PairClassificationOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_task_rows(options, _columns(options), "labelled pairs")


def _columns(options: PairClassificationOptions) -> tuple[str, str, str]:
    return options.sentence1, options.sentence2, options.label


def _precision_of_some(labels: NDArray[np.bool_], cosines: NDArray[np.float64]) -> Callable[[NDArray[np.int64]], float]:
    """Average precision of some of the pairs, which are put in order once for all choices."""
    order = np.argsort(-cosines, kind="stable")
    place = np.argsort(order)
    ends = np.flatnonzero(np.diff(cosines[order], append=np.nan) != 0)  # the last of each run of equal cosines

    def precision(units: NDArray[np.int64]) -> float:
        times = np.bincount(place[units], minlength=len(place))
        taken, right = np.cumsum(times)[ends], np.cumsum(times * labels[order])[ends]
        if right[-1] in (0, taken[-1]):
            return float("nan")  # pairs of one label: there is nothing to tell apart
        return float(np.sum(np.diff(right, prepend=0) * right / np.maximum(taken, 1)) / right[-1])

    return precision


def _told_apart(labels: NDArray[np.bool_], cosines: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the pairs of the other label below each pair of label 1, and above each of label 0; equal: half."""
    shares = np.empty(len(cosines))
    for label in (True, False):
        others = np.sort(cosines[labels != label])
        own = cosines[labels == label]
        below = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")) / (2 * len(others))
        shares[labels == label] = below if label else 1 - below
    return shares


def _best_f1(labels: NDArray[np.bool_], cosines: NDArray[np.float64]) -> float:
    from sklearn.metrics import precision_recall_curve

    precision, recall, _ = precision_recall_curve(labels, cosines)
    return float(np.max(2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)))


def _best_accuracy(labels: NDArray[np.bool_], cosines: NDArray[np.float64]) -> float:
    from sklearn.metrics import roc_curve

    wrongly, rightly, _ = roc_curve(labels, cosines, drop_intermediate=False)
    share = labels.mean()
    return float(np.max(share * rightly + (1 - share) * (1 - wrongly)))


@hookimpl
def lacoskit_tasks() -> Sequence[Task[PairClassificationOptions]]:
    """Offer `pair-classification`."""
    return [
        Task(
            name="pair-classification",
            options=PairClassificationOptions,
            requires=("sklearn",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
