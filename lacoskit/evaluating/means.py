"""Means over tasks: of all, of those in languages that the model was trained on, and of the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

from lacoskit.components import TaskResult
from lacoskit.evaluating.intervals import Interval, of_mean
from lacoskit.languages import short_code

ALL, TRAINED, OTHER = "all tasks", "languages trained on", "other languages"


@dataclass(frozen=True)
class Mean:
    """The mean of the main figures of so many tasks."""

    value: float
    tasks: int
    interval: Interval | None = None
    """None where that of a task is not known."""

    def as_mapping(self) -> dict[str, object]:
        """Plain values."""
        interval = None if self.interval is None else self.interval.as_mapping()
        return {"value": self.value, "tasks": self.tasks, "interval": interval}


def means(
    results: Sequence[TaskResult], intervals: Sequence[Interval | None], trained: Collection[str] | None
) -> dict[str, Mean]:
    """The mean of all tasks; and, where the model's languages are known (`trained`), of the two groups apart.

    intervals: of each task's main figure.

    A task counts as one in other languages if any of its languages is: a base model that has not seen a language is
    often far worse in it, which a mean of all hides. A task that tells no language is in neither group.
    """
    groups: dict[str, list[tuple[float, Interval | None]]] = {ALL: [], TRAINED: [], OTHER: []}
    for result, interval in zip(results, intervals, strict=True):
        measured = result.figures[result.main], interval
        groups[ALL].append(measured)
        if trained is not None and result.languages:
            groups[TRAINED if covered(result.languages, trained) else OTHER].append(measured)
    return {name: _mean(group) for name, group in groups.items() if group}


def _mean(group: Sequence[tuple[float, Interval | None]]) -> Mean:
    return Mean(fmean(value for value, _ in group), len(group), of_mean([interval for _, interval in group]))


def covered(languages: Collection[str], trained: Collection[str]) -> bool:
    """Whether a model was trained on all of the languages; both written forms of Norwegian are Norwegian."""
    known = {*trained, *(("nb", "nn") if "no" in trained else ())}
    return all(short_code(code) in known for code in languages)
