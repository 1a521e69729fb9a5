"""Models side by side: each task's data read once, each text encoded once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from lacoskit.components import Embed, TaskResult
from lacoskit.errors import LacoskitError
from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.evaluating.intervals import Difference, Interval, difference, interval
from lacoskit.evaluating.means import Mean, means
from lacoskit.evaluating.vectors import KeptVectors, kept_in
from lacoskit.evaluation import rows_of
from lacoskit.joint import ALONE, encode_jointly
from lacoskit.models import BASE, TextModel, encoded, open_model
from lacoskit.storage import without_nan
from lacoskit.together import nothing, together
from lacoskit.trained_languages import trained_languages
from lacoskit.versions import version_of

log = logging.getLogger("lacoskit.evaluate")


@dataclass(frozen=True)
class Measured:
    """What a task has found out about a model, and how sure it is."""

    model: str
    task: str
    result: TaskResult
    interval: Interval | None
    against_first: Difference | None
    """The first model's figure taken from this one's; None for the first model."""
    seconds: float

    @property
    def value(self) -> float:
        """The main figure."""
        return self.result.figures[self.result.main]


@dataclass(frozen=True)
class ModelAbout:
    """A model that was measured."""

    reference: str
    fingerprint: str
    dimensions: int
    encoded: int
    """Texts whose vectors were computed; the others' were kept from before."""
    reused: int
    means: Mapping[str, Mean] = field(default_factory=dict)
    """Of all tasks, and of those in the languages that it was trained on and in others, where these are known."""


@dataclass(frozen=True)
class Failure:
    """What could not be measured."""

    model: str
    task: str | None
    """None where the model could not be opened."""
    why: str


@dataclass(frozen=True)
class Evaluation:
    """All that was measured, model by model and task by task."""

    models: Sequence[ModelAbout]
    measured: Sequence[Measured]
    failures: Sequence[Failure] = ()

    def of(self, model: str) -> list[Measured]:
        """What was measured of a model."""
        return [one for one in self.measured if one.model == model]


def evaluate(
    config: EvaluateConfig, processes: Any = ALONE, keep: Callable[[Evaluation], None] | None = None
) -> Evaluation:
    """Measure every model by every task; a model or task that fails is told in `failures`, and the others go on.

    Several processes (`processes`: accelerate's state of them) encode together; only the main one has the result.
    `keep` is given what there is so far after each model, so that hours of work do not depend on the last.
    """
    comparison, output = _Comparison(config), Path(config.output or ".")
    together(processes, output, comparison.load if processes.is_main_process else nothing)
    for reference in config.models:
        _measure(reference, comparison, processes, output)  # in which the model is, so that one is gone before the next
        if keep is not None:
            together(processes, output, *((keep, comparison.so_far()) if processes.is_main_process else (nothing,)))
    return comparison.so_far()


def _measure(reference: str, comparison: _Comparison, processes: Any, output: Path) -> None:
    opened: list[TextModel] = []
    try:
        together(processes, output, lambda: opened.append(open_model(reference)))
    except LacoskitError as error:  # in all processes
        comparison.fail(reference, None, error)
        return
    encode_jointly(processes, partial(encoded, opened[0]), partial(comparison.measure, opened[0]))


class _Comparison:
    """What has been measured so far, and what there is to measure by."""

    def __init__(self, config: EvaluateConfig) -> None:
        self.config = config
        self.models: list[ModelAbout] = []
        self.measured: list[Measured] = []
        self.failures: list[Failure] = []
        self._data: dict[str, Any] = {}
        self._first: dict[str, TaskResult] = {}

    def so_far(self) -> Evaluation:
        """What there is."""
        return Evaluation(tuple(self.models), tuple(self.measured), tuple(self.failures))

    def fail(self, model: str, task: str | None, error: LacoskitError) -> None:
        """Note what could not be done, and tell it at once."""
        why = str(error).removeprefix(f"{model}: ")
        self.failures.append(Failure(model, task, why))
        log.error("%s: %s", model if task is None else f"{model} by {task}", why)

    def load(self) -> None:
        """Read the data of all tasks."""
        self._tasks = rows_of(self.config.tasks)
        self._data = {name: task.component.load(task.options) for name, task in self._tasks.items()}
        self._folder = kept_in(self.config.keep_vectors)

    def measure(self, model: TextModel, encode: Embed) -> None:
        """Measure a model by every task, and compare it with the first."""
        vectors = KeptVectors(model, self._folder, encode)
        for name, task in self._tasks.items():
            began = time.perf_counter()
            try:
                result = task.component.measure(self._data[name], vectors)
            except LacoskitError as error:
                self.fail(model.name, name, error)
                continue
            self.measured.append(self._judged(model.name, name, result, began))
            log.info("%s by %s: %s %.1f", model.name, name, result.main, 100 * self.measured[-1].value)
        trained = trained_languages(model.name.removeprefix(BASE))
        own = [one for one in self.measured if one.model == model.name]
        about = (model.name, model.fingerprint, model.dimensions, vectors.computed, vectors.reused)
        by_group = means([one.result for one in own], [one.interval for one in own], trained)
        self.models.append(ModelAbout(*about, by_group))

    def _judged(self, model: str, task: str, result: TaskResult, began: float) -> Measured:
        settings = self.config.resamples, self.config.seed
        against = difference(result, self._first[task], *settings) if task in self._first else None
        if model == self.config.models[0]:
            self._first[task] = result
        return Measured(model, task, result, interval(result, *settings), against, time.perf_counter() - began)


def as_mapping(evaluation: Evaluation, config: EvaluateConfig) -> dict[str, Any]:
    """All of it as plain values, as results.json holds it: figures as shares of 1, in the fields that mteb has."""
    plain = {
        "lacoskit_version": version_of("lacoskit"),
        "config": config.as_mapping(),
        "models": [_about(about) for about in evaluation.models],
        "results": [_entry(one) for one in evaluation.measured],
        "failures": [asdict(failure) for failure in evaluation.failures],
    }
    mapping: dict[str, Any] = without_nan(plain)
    return mapping


def _about(model: ModelAbout) -> dict[str, Any]:
    plain = {name: getattr(model, name) for name in ("reference", "fingerprint", "dimensions", "encoded", "reused")}
    return {**plain, "means": {group: mean.as_mapping() for group, mean in model.means.items()}}


def _entry(one: Measured) -> dict[str, Any]:
    records = one.result.records
    scores = {
        **one.result.figures,
        "main_score": one.value,
        "hf_subset": "default",
        "languages": list(one.result.languages),
    }
    return {
        "model": one.model,
        "task_name": one.task,
        "main_metric": one.result.main,
        "units": one.result.units,
        "scores": records[0]["scores"] if len(records) == 1 else {"test": [scores]},
        "interval": None if one.interval is None else one.interval.as_mapping(),
        "against_first": None if one.against_first is None else one.against_first.as_mapping(),
        "evaluation_time": round(one.seconds, 3),
    }
