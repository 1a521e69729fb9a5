"""Models side by side: each task's data read once, each text encoded once."""

from __future__ import annotations

import importlib.metadata
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lacoskit.components import TaskResult
from lacoskit.evaluating.config import EvaluateConfig, rows_of
from lacoskit.evaluating.intervals import Difference, Interval, difference, interval
from lacoskit.evaluating.vectors import KeptVectors, kept_in
from lacoskit.models import TextModel, open_model

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


@dataclass(frozen=True)
class Evaluation:
    """All that was measured, model by model and task by task."""

    models: Sequence[ModelAbout]
    measured: Sequence[Measured]

    def of(self, model: str) -> list[Measured]:
        """What was measured of a model."""
        return [one for one in self.measured if one.model == model]


def evaluate(config: EvaluateConfig) -> Evaluation:
    """Measure every model by every task."""
    tasks = rows_of(config.tasks)
    data = {name: task.component.load(task.options) for name, task in tasks.items()}
    folder = kept_in(config.keep_vectors)
    models: list[ModelAbout] = []
    measured: list[Measured] = []
    first: Mapping[str, TaskResult] | None = None
    for reference in config.models:
        model = open_model(reference)
        vectors = KeptVectors(model, folder)
        results = {}
        for name, task in tasks.items():
            began = time.perf_counter()
            result = results[name] = task.component.measure(data[name], vectors)
            against = None if first is None else difference(result, first[name], config.resamples, config.seed)
            spread = interval(result, config.resamples, config.seed)
            measured.append(Measured(reference, name, result, spread, against, time.perf_counter() - began))
            log.info("%s by %s: %s %.1f", reference, name, result.main, 100 * measured[-1].value)
        first = first or results
        models.append(_about(model, vectors))
    return Evaluation(models, measured)


def as_mapping(evaluation: Evaluation, config: EvaluateConfig) -> dict[str, Any]:
    """All of it as plain values, as results.json holds it: figures as shares of 1, in the fields that mteb has."""
    return {
        "lacoskit_version": importlib.metadata.version("lacoskit"),
        "config": config.as_mapping(),
        "models": [asdict(about) for about in evaluation.models],
        "results": [_entry(one) for one in evaluation.measured],
    }


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
        "interval": None if one.interval is None else asdict(one.interval),
        "against_first": None if one.against_first is None else asdict(one.against_first),
        "evaluation_time": round(one.seconds, 3),
    }


def _about(model: TextModel, vectors: KeptVectors) -> ModelAbout:
    return ModelAbout(model.name, model.fingerprint, model.dimensions, vectors.computed, vectors.reused)
