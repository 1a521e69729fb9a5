"""Tasks and benchmarks of mteb, by name, and local sets measured by it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from pydantic import Field

from lacoskit import (
    DataError,
    Embed,
    LacoskitError,
    MtebEncoder,
    Section,
    Task,
    TaskResult,
    hookimpl,
    short_code,
)
from lacoskit_builtins.mteb_names import (
    MtebNames,
    benchmarks_by_name,
    chosen_tasks,
    fresh,
    in_one_line,
    undisturbed,
    why_not_called,
)

BATCH = 1_024
"""Texts that mteb hands over at once; how many are computed at once is the model's affair."""


class MtebOptions(MtebNames):
    """Tasks of mteb by name, a whole benchmark of it, or local sets measured by mteb.

    Each task is a row of its own. Queries and documents of retrieval and reranking are encoded with these prompts, all
    other texts without one, as mteb asks for them. Data comes from the Hugging Face hub, once.
    """

    sets: dict[str, Section[Task[Any]]] = Field(default_factory=dict)
    """Local sets, by names of your own, written as tasks are: mteb measures them in the place of lacoskit."""


def check(options: MtebOptions) -> Sequence[str]:
    """Look for the names in mteb, and for the files of local sets, downloading nothing."""
    if not (options.tasks or options.benchmark or options.sets):
        return ["name tasks of mteb, as tasks: [STS22.v2], or a benchmark: benchmark: MTEB(Multilingual, v2)"]
    _, problems = chosen_tasks(options)
    for name, chosen in options.sets.items():
        found = chosen.component.check(chosen.options)
        if chosen.component.as_mteb is None:
            found = [f"mteb has nothing like the task {chosen.name}"]
        found = [*found, *filter(None, [why_not_called(name)])]
        problems += [f"sets.{name}: {what}" for what in found]
    return problems


def expand(options: MtebOptions) -> Mapping[str, MtebOptions]:
    """Give each task, and each local set, a row of its own."""
    found, _ = chosen_tasks(options)
    rows = {task.metadata.name: options.model_copy(update={"sets": {}}) for task in found}
    rows = {name: one.model_copy(update={"tasks": (name,)}) for name, one in rows.items()}
    return rows | {name: MtebOptions(sets={name: chosen}) for name, chosen in options.sets.items()}


def named(word: str) -> Mapping[str, Any]:
    """Tell a benchmark from a task by its name; what is neither is taken for a task, of which `check` tells more."""
    try:
        with undisturbed():
            benchmarks = benchmarks_by_name()
    except ImportError:
        return {"tasks": [word]}
    return {"benchmark": word} if word in benchmarks else {"tasks": [word]}


def load(options: MtebOptions) -> list[Any]:
    """Download the data of mteb's tasks into the cache of the hub's library; read local sets.

    A DataError tells what cannot be had: before the first model is opened, and not after hours. Tasks are left as they
    were before their data was read, since a benchmark's would not fit into memory at once.
    """
    found, problems = chosen_tasks(options)
    if problems:
        raise DataError("; ".join(problems))
    for task in found:
        for part in task.metadata.tasks if task.is_aggregate else [task]:
            _fetch(part)
    for name, chosen in options.sets.items():
        as_mteb = chosen.component.as_mteb
        assert as_mteb is not None  # or `check` has refused it
        data = chosen.component.load(chosen.options)
        with undisturbed():
            found.append(as_mteb(data, name))
    return found


def measure(tasks: list[Any], embed: Embed) -> TaskResult:
    """Let mteb measure, with nothing from its cache of results: that might be another model's.

    The figures are mteb's, means over the splits and subsets that were measured; each of them is in the result file.
    Of several tasks at once: their main figures, and the mean of these. mteb has no figure for some of the units of a
    task, so there is no interval.
    """
    encoder = MtebEncoder(embed, "lacoskit/measured")
    results = [_measured(task, encoder) for task in tasks]
    if len(results) == 1:
        main = str(tasks[0].metadata.main_score)
        figures = {main: _score(results[0]), **_means(results[0])}
    else:
        scores = {result.task_name: _score(result) for result in results}
        main = "mean"
        figures = {main: fmean(scores.values()), **scores}
    languages = sorted({short_code(code) for result in results for code in result.languages})
    records = [_record(result) for result in results]
    return TaskResult(figures=figures, main=main, languages=tuple(languages), records=records)


def _measured(task: Any, encoder: MtebEncoder) -> Any:
    """mteb's `TaskResult`, told without its many bars."""
    import datasets
    import mteb

    shown = datasets.is_progress_bar_enabled()
    datasets.disable_progress_bars()
    try:
        with undisturbed():
            found = mteb.evaluate(
                encoder,
                fresh(task),
                cache=None,
                co2_tracker=False,
                encode_kwargs={"batch_size": BATCH, "show_progress_bar": False},
                show_progress_bar=False,
            )
    except LacoskitError:
        raise
    except Exception as error:  # whatever a library raises in one of a thousand tasks
        raise LacoskitError(f"mteb's task {task.metadata.name} has failed: {in_one_line(error)}") from error
    finally:
        if shown:
            datasets.enable_progress_bars()
    return found.task_results[0]


def _score(result: Any) -> float:
    """The mean of the main scores; not a number where a part has none."""
    scores = [part["main_score"] for parts in result.scores.values() for part in parts]
    return float("nan") if not scores or None in scores else fmean(scores)


def _means(result: Any) -> dict[str, float]:
    """The mean of each figure over the splits and subsets, of those that all have."""
    parts = [part for parts in result.scores.values() for part in parts]
    names = [name for name in parts[0] if name != "main_score" and all(_is_number(part.get(name)) for part in parts)]
    return {name: fmean(part[name] for part in parts) for name in names}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _record(result: Any) -> dict[str, Any]:
    """What mteb writes into its result file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        result.to_disk(path)
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def _fetch(task: Any) -> None:
    """Have the data in the cache of the hub's library; of a copy, which is then thrown away."""
    try:
        with undisturbed():
            fresh(task).load_data()
    except Exception as error:  # a dozen kinds, from three libraries, for one circumstance
        raise DataError(
            f"the data of mteb's {task.metadata.name} cannot be had: {in_one_line(error)}. Check the connection, or "
            "measure local sets"
        ) from error


def _itself(tasks: list[Any], name: str) -> Any:
    """The task of mteb that is measured, under its own name."""
    return tasks[0]


@hookimpl
def lacoskit_tasks() -> Sequence[Task[MtebOptions]]:
    """Offer `mteb`."""
    return [
        Task(
            name="mteb",
            options=MtebOptions,
            requires=("mteb",),
            load=load,
            measure=measure,
            check=check,
            expand=expand,
            named=named,
            as_mteb=_itself,
        )
    ]
