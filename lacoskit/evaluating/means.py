"""Means over tasks: of all, of those in languages that the model was trained on, and of the others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import fmean

from lacoskit.components import TaskResult
from lacoskit.languages import short_code

ALL, TRAINED, OTHER = "all tasks", "languages trained on", "other languages"


@dataclass(frozen=True)
class Mean:
    """The mean of the main figures of so many tasks."""

    value: float
    tasks: int


def means(results: Sequence[TaskResult], trained: Collection[str] | None) -> dict[str, Mean]:
    """The mean of all tasks; and, where the model's languages are known (`trained`), of the two groups apart.

    A task counts as one in other languages if any of its languages is: a base model that has not seen a language is
    often far worse in it, which a mean of all hides. A task that tells no language is in neither group.
    """
    groups: dict[str, list[float]] = {ALL: [], TRAINED: [], OTHER: []}
    for result in results:
        value = result.figures[result.main]
        groups[ALL].append(value)
        if trained is not None and result.languages:
            groups[TRAINED if covered(result.languages, trained) else OTHER].append(value)
    return {name: Mean(fmean(values), len(values)) for name, values in groups.items() if values}


def covered(languages: Collection[str], trained: Collection[str]) -> bool:
    """Whether a model was trained on all of the languages."""
    return all(short_code(code) in trained for code in languages)
