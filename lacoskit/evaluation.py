"""What a run is measured by: its tasks, before training, on the way and at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import Embed, Role, Task
from lacoskit.config import MEAN, RunConfig
from lacoskit.errors import LacoskitError, did_you_mean
from lacoskit.finite import finite
from lacoskit.joint import encode_jointly
from lacoskit.sections import Selected

if TYPE_CHECKING:
    from lacoskit.encoder import Encoder


@dataclass(frozen=True)
class Score:
    """What a task has found out about the encoder at some step."""

    figures: Mapping[str, float]
    """Each metric's value, as a share of 1."""
    main: str
    """Which of them stands for the task."""
    units: int | None = None
    """How many queries, pairs or texts were judged; None where nobody can tell."""
    languages: Sequence[str] = ()
    texts_sha256: str = ""
    """The hash of the texts that were encoded for it."""

    @property
    def value(self) -> float:
        """The main figure."""
        return self.figures[self.main]


def tasks_of(config: RunConfig) -> dict[str, Selected[Task[Any]]]:
    """The tasks that the config names; without any, those on what the dataset holds out."""
    if config.evaluation.tasks:
        return rows_of(config.evaluation.tasks)
    held_out = config.dataset.component.held_out(config.dataset.options)
    return rows_of({name: Selected.once_used(Task, section) for name, section in held_out.items()})


def rows_of(tasks: Mapping[str, Selected[Task[Any]]]) -> dict[str, Selected[Task[Any]]]:
    """The tasks that are measured, a row of the table each: one that stands for several is replaced by these.

    They are called NAME/THEIRS, or NAME where it stands for one. A LacoskitError tells of two with the same name.
    """
    rows: dict[str, Selected[Task[Any]]] = {}
    for name, task in tasks.items():
        parts = task.component.expand(task.options)
        for part, options in parts.items():
            row = f"{name}/{part}" if len(parts) > 1 else name
            if row in rows or (row != name and row in tasks):
                raise LacoskitError(f"tasks: {row} stands for two tasks; call one of them by another name")
            rows[row] = Selected(task.component, options)
        if not parts:
            rows[name] = task
    return rows


def load(tasks: Mapping[str, Selected[Task[Any]]]) -> dict[str, Any]:
    """Read the data of each task; a DataError tells what is wrong with it."""
    return {name: task.component.load(task.options) for name, task in tasks.items()}


def evaluate(
    encoder: Encoder, tasks: Mapping[str, Selected[Task[Any]]], data: Mapping[str, Any], processes: Any
) -> dict[str, Score]:
    """Measure the encoder by each task, in all processes together (`processes`: accelerate's state of them).

    Only the main process needs the data, and decides: figures that differ by rounding would part the processes.
    """
    known = encoder.config.prompts

    def encode(texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        different = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        vectors = encoder.encode(list(different), role if role in known else None, progress=False)
        return finite(vectors, list(different), "the encoder")[[different[text] for text in texts]]

    def measure(embed: Embed) -> dict[str, Score]:
        return {name: _measured(task.component, data[name], embed) for name, task in tasks.items()}

    return encode_jointly(processes, encode, measure, encoder.placement.sharded) if tasks else {}


def _measured(task: Task[Any], data: Any, embed: Embed) -> Score:
    digest = hashlib.sha256()
    result = task.measure(data, partial(_noted, digest, embed))
    return Score(dict(result.figures), result.main, result.units, list(result.languages), digest.hexdigest())


def _noted(digest: Any, embed: Embed, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
    for text in texts:
        digest.update(f"{role}\0{text}\0".encode())
    return embed(texts, role)


def figure(scores: Mapping[str, Score], metric: str) -> float:
    """The single figure that a metric names: `mean` of all tasks, a task's main one, or another of it (`TASK/FIGURE`).

    A KeyError tells a task or figure that is not there.
    """
    if metric == MEAN:
        return fmean(score.value for score in scores.values())
    if metric in scores:
        return scores[metric].value
    name, _, kind = metric.rpartition("/")
    return scores[name].figures[kind]


def why_no_metric(metric: str, tasks: Mapping[str, Any]) -> str:
    """What is wrong with the name of a metric as far as the names of tasks tell; empty if nothing is."""
    if metric == MEAN or metric in tasks or metric.rpartition("/")[0] in tasks:
        return ""
    return f"no task named {metric.partition('/')[0]!r}; {did_you_mean(metric, [MEAN, *tasks])}"


def by_figure(scores: Mapping[str, Score]) -> dict[str, float]:
    """All figures under the names by which `evaluation.metric` asks for them."""
    found = {f"{name}/{kind}": value for name, score in scores.items() for kind, value in score.figures.items()}
    return {MEAN: figure(scores, MEAN), **found} if scores else {}
