"""Figures by task, of the untrained models and of the runs: measured now, with intervals, or as the runs recorded them.

Both come to the same shape, so that everything on the page is made from it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Literal

from lacoskit.components import TaskResult
from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.evaluating.intervals import SURE, Difference, Interval, difference, difference_of_means, of_mean
from lacoskit.evaluating.measuring import Evaluation, Measured
from lacoskit.models import BASE
from lacoskit.page.gathering import RunFolder, recorded


@dataclass(frozen=True)
class Score:
    """The main figure of a model by a task, as a share of 1."""

    value: float
    interval: Interval | None = None
    result: TaskResult | None = None


@dataclass(frozen=True)
class Gain:
    """By how much a run is better than its untrained model."""

    value: float
    test: Difference | None = None
    """None where nothing tells how sure it is."""

    @property
    def interval(self) -> Interval | None:
        """Of the value."""
        return None if self.test is None else self.test.interval

    @property
    def verdict(self) -> str:
        """`better` or `worse` where that is sure, else nothing."""
        if self.test is None or self.test.p_value >= SURE:
            return ""
        return "better" if self.value > 0 else "worse"


@dataclass(frozen=True)
class TaskScores:
    """What a task says of all models."""

    task: str
    figure: str
    languages: Sequence[str]
    units: int | None
    before: Mapping[str, Score]
    """Of the untrained model of each run, by the run's name."""
    after: Mapping[str, Score]
    """Of each run that was measured by the task, by its name."""
    gains: Mapping[str, Gain]


@dataclass(frozen=True)
class Scores:
    """What all tasks say."""

    tasks: Sequence[TaskScores]
    config: EvaluateConfig | None = None
    """By which they were measured now, with intervals and tests; None: by the runs themselves, without."""

    @cached_property
    def means(self) -> TaskScores:
        """The means over all tasks, of the models that have been measured by all of them."""
        return mean_of(self.tasks, "mean of the tasks")

    def mean(self, run: str, when: Literal["before", "after"] = "after") -> float | None:
        """The mean over all tasks; None where one is missing, since another mean would be another thing."""
        score = (self.means.before if when == "before" else self.means.after).get(run)
        return score.value if score is not None else None

    def verdicts(self, run: str) -> tuple[int, int]:
        """By how many tasks a run is surely better, and by how many surely worse."""
        told = [task.gains[run].verdict for task in self.tasks if run in task.gains]
        return told.count("better"), told.count("worse")

    def rivalry(self, one: str, other: str) -> list[Difference]:
        """The differences of a run from another by each task, on the same units."""
        found = []
        for task in self.tasks:
            results = [score.result for run in (one, other) if (score := task.after.get(run)) and score.result]
            if self.config is not None and len(results) == 2:
                told = difference(results[0], results[1], self.config.resamples, self.config.seed)
                found += [told] if told is not None else []
        return found


def measured_scores(evaluation: Evaluation, runs: Sequence[RunFolder], config: EvaluateConfig) -> Scores:
    """What `evaluate` has found of the base models and the runs; each run is tested against its own base."""
    found = {(one.model, one.task): one for one in evaluation.measured}
    tasks = []
    for name in dict.fromkeys(one.task for one in evaluation.measured):
        bases = {run.name: found[run.base, name] for run in runs if (run.base, name) in found}
        own = {run.name: found[run.reference, name] for run in runs if (run.reference, name) in found}
        result = next(one.result for one in evaluation.measured if one.task == name)
        tasks.append(
            TaskScores(
                task=name,
                figure=result.main,
                languages=result.languages,
                units=result.units,
                before={run: _score(one) for run, one in bases.items() if math.isfinite(one.value)},
                after={run: _score(one) for run, one in own.items() if math.isfinite(one.value)},
                gains={
                    run: _gain(one, bases[run], config)
                    for run, one in own.items()
                    if run in bases and math.isfinite(one.value - bases[run].value)
                },
            )
        )
    return Scores(tasks, config)


def recorded_scores(runs: Sequence[RunFolder]) -> Scores:
    """What the runs have measured themselves, before and after training."""
    known = {run.name: {one.task: one for one in recorded(run)} for run in runs}
    tasks = []
    for name in dict.fromkeys(task for of_run in known.values() for task in of_run):
        own = {run: of_run[name] for run, of_run in known.items() if name in of_run}
        first = next(iter(own.values()))
        tasks.append(
            TaskScores(
                task=name,
                figure=first.figure,
                languages=first.languages,
                units=first.units,
                before={run: Score(one.before) for run, one in own.items() if one.before is not None},
                after={run: Score(one.after) for run, one in own.items()},
                gains={run: Gain(one.after - one.before) for run, one in own.items() if one.before is not None},
            )
        )
    return Scores(tasks)


def mean_of(tasks: Sequence[TaskScores], name: str, languages: Sequence[str] = ()) -> TaskScores:
    """The means of some tasks, of the models that have been measured by all of these."""
    before, after = _mean([task.before for task in tasks]), _mean([task.after for task in tasks])
    gains = {}
    for run in (run for run in after if run in before):
        own = [task.gains[run] for task in tasks]
        gains[run] = Gain(fmean(gain.value for gain in own), difference_of_means([gain.test for gain in own]))
    return TaskScores(name, "mean", languages, None, before, after, gains)


def _mean(by_task: Sequence[Mapping[str, Score]]) -> dict[str, Score]:
    found = {}
    for run in by_task[0] if by_task else ():
        own = [scores[run] for scores in by_task if run in scores]
        if len(own) == len(by_task):
            found[run] = Score(fmean(score.value for score in own), of_mean([score.interval for score in own]))
    return found


def untrained_name(reference: str) -> str:
    """What the page calls an untrained model."""
    model = reference.removeprefix(BASE).rstrip("/")
    return f"untrained {model.rpartition('/')[2]}"


def _score(one: Measured) -> Score:
    return Score(one.value, one.interval, one.result)


def _gain(one: Measured, base: Measured, config: EvaluateConfig) -> Gain:
    """Against the base, which is nearly always the first model of the evaluation: then it has been tested."""
    told = one.against_first if config.models[0] == base.model else None
    return Gain(one.value - base.value, told or difference(one.result, base.result, config.resamples, config.seed))
