"""Tasks and benchmarks of mteb, by name, and local sets measured by it."""

from __future__ import annotations

import copy
import difflib
import functools
import json
import random
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from pydantic import Field

from lacoskit import (
    DataError,
    Embed,
    LacoskitError,
    MtebEncoder,
    Options,
    Section,
    Task,
    TaskResult,
    hookimpl,
    mteb_code,
    short_code,
)

BATCH = 1_024
"""Texts that mteb hands over at once; how many are computed at once is the model's affair."""


class MtebOptions(Options):
    """Tasks of mteb by name, a whole benchmark of it, or local sets measured by mteb.

    Each task is a row of its own. Queries and documents of retrieval and reranking are encoded with these prompts, all
    other texts without one, as mteb asks for them. Data comes from the Hugging Face hub, once.
    """

    tasks: tuple[str, ...] = ()
    """Names of tasks, such as STS22.v2; with `benchmark`, only these of it, as the benchmark has them."""
    benchmark: str | None = None
    """The name of a benchmark, such as MTEB(Multilingual, v2): all its tasks."""
    sets: dict[str, Section[Task[Any]]] = Field(default_factory=dict)
    """Local sets, by names of your own, written as tasks are: mteb measures them in the place of lacoskit."""
    languages: tuple[str, ...] = ()
    """Codes, such as en, eng or eng-Latn: only the subsets of tasks that have one of these languages; none: all."""
    subsets: tuple[str, ...] = ()
    """Names of subsets as tasks have them, such as en-de: only these; none: all."""
    splits: tuple[str, ...] = ()
    """Splits to be measured in the place of those that mteb measures, such as validation."""


def check(options: MtebOptions) -> Sequence[str]:
    """Look for the names in mteb, and for the files of local sets, downloading nothing."""
    if not (options.tasks or options.benchmark or options.sets):
        return ["name tasks of mteb, as tasks: [STS22.v2], or a benchmark: benchmark: MTEB(Multilingual, v2)"]
    _, problems = _chosen(options)
    for name, chosen in options.sets.items():
        found = chosen.component.check(chosen.options)
        if chosen.component.as_mteb is None:
            found = [f"mteb has nothing like the task {chosen.name}"]
        problems += [f"sets.{name}: {what}" for what in found]
    return problems


def expand(options: MtebOptions) -> Mapping[str, MtebOptions]:
    """Give each task, and each local set, a row of its own."""
    found, _ = _chosen(options)
    rows = {task.metadata.name: options.model_copy(update={"sets": {}}) for task in found}
    rows = {name: one.model_copy(update={"tasks": (name,)}) for name, one in rows.items()}
    return rows | {name: MtebOptions(sets={name: chosen}) for name, chosen in options.sets.items()}


def named(word: str) -> Mapping[str, Any]:
    """Tell a benchmark from a task by its name; what is neither is taken for a task, of which `check` tells more."""
    try:
        with _undisturbed():
            benchmarks = _benchmarks()
    except ImportError:
        return {"tasks": [word]}
    return {"benchmark": word} if word in benchmarks else {"tasks": [word]}


def load(options: MtebOptions) -> list[Any]:
    """Download the data of mteb's tasks into the cache of the hub's library; read local sets.

    A DataError tells what cannot be had: before the first model is opened, and not after hours. Tasks are left as they
    were before their data was read, since a benchmark's would not fit into memory at once.
    """
    found, problems = _chosen(options)
    if problems:
        raise DataError("; ".join(problems))
    for task in found:
        for part in task.metadata.tasks if task.is_aggregate else [task]:
            _fetch(part)
    for name, chosen in options.sets.items():
        as_mteb = chosen.component.as_mteb
        assert as_mteb is not None  # or `check` has refused it
        data = chosen.component.load(chosen.options)
        with _undisturbed():
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
        with _undisturbed():
            found = mteb.evaluate(
                encoder,
                _fresh(task),
                cache=None,
                co2_tracker=False,
                encode_kwargs={"batch_size": BATCH, "show_progress_bar": False},
                show_progress_bar=False,
            )
    except LacoskitError:
        raise
    except Exception as error:  # whatever a library raises in one of a thousand tasks
        raise LacoskitError(f"mteb's task {task.metadata.name} has failed: {_in_one_line(error)}") from error
    finally:
        if shown:
            datasets.enable_progress_bars()
    return found.task_results[0]


def _fresh(task: Any) -> Any:
    """A copy of a task, since one that has drawn once would draw otherwise for the next model."""
    made = copy.deepcopy(task)
    if made.is_aggregate:  # its parts are in the metadata of the class, which is not copied
        parts = [copy.deepcopy(part) for part in task.metadata.tasks]
        made.metadata = task.metadata.model_copy(update={"tasks": parts})
    return made


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


def _chosen(options: MtebOptions) -> tuple[list[Any], list[str]]:
    """The tasks of mteb that are asked for, narrowed down as asked, and what is wrong with the names."""
    with _undisturbed():
        found, problems = _named(options)
        others = [task for task in found if set(task.modalities) != {"text"}]
        kept = []
        for task in found:
            problem = "" if task in others else _narrowed(task, options)
            if not problem:
                kept.append(task)
            elif options.tasks:  # of a whole benchmark, what has nothing of these languages is left out
                problems.append(problem)
    if others:
        names = [task.metadata.name for task in others]
        problems.append(f"lacoskit's models encode texts only, and these are about more: {_few(names)}")
    elif not kept and not problems and options.benchmark:
        problems.append(f"no task of {options.benchmark} has such a language, subset or split")
    return kept, problems


def _named(options: MtebOptions) -> tuple[list[Any], list[str]]:
    """Copies of the tasks of these names."""
    import mteb

    if options.benchmark is None:
        found, problems = [], []
        for name in dict.fromkeys(options.tasks):
            try:
                found.append(mteb.get_task(name))
            except KeyError:
                problems.append(f"mteb has no task {name!r}{_meant(name, _tasks(), _benchmarks())}")
        return found, problems
    benchmarks = _benchmarks()
    if options.benchmark not in benchmarks:
        return [], [f"mteb has no benchmark {options.benchmark!r}{_meant(options.benchmark, benchmarks)}"]
    of_it = [_fresh(task) for task in benchmarks[options.benchmark].tasks]
    names = {task.metadata.name for task in of_it}
    lost = [name for name in options.tasks if name not in names]
    problems = [f"{options.benchmark} has no task {name!r}{_meant(name, names)}" for name in lost]
    return [task for task in of_it if not options.tasks or task.metadata.name in options.tasks], problems


def _narrowed(task: Any, options: MtebOptions) -> str:
    """Keep the languages, subsets and splits that are asked for; tell why nothing is left."""
    name, metadata = task.metadata.name, task.metadata
    subsets = list(task.hf_subsets or metadata.hf_subsets)
    chosen = {subset for subset in subsets if not options.subsets or subset in options.subsets}
    codes = sorted({_language(code) for code in options.languages})
    try:
        if options.subsets or codes:
            task.filter_languages(codes or None, hf_subsets=chosen)  # a set: some have 40,000
    except ValueError as error:
        if "Invalid" in str(error):
            return f"{_in_one_line(error).partition(',')[0]}"
        asked = " and ".join(filter(None, [", ".join(options.languages), ", ".join(options.subsets)]))
        return f"{name} has no subset for {asked}; it has {_few(subsets)}"
    if options.splits:
        splits = [split for split in options.splits if split in metadata.eval_splits]
        if not splits:
            return f"{name} has no split {_few(options.splits)}; it has {_few(metadata.eval_splits)}"
        task.filter_eval_splits(splits)
    return ""


def _language(code: str) -> str:
    """A code as mteb compares it: three letters for two, anything longer as it is."""
    return mteb_code(code).partition("-")[0] if len(code) == 2 else code


@functools.cache
def _tasks() -> list[str]:
    """The names of mteb's tasks, of which there are two thousand."""
    import mteb

    return [task.metadata.name for task in mteb.get_tasks(exclude_superseded=False)]


@functools.cache
def _benchmarks() -> dict[str, Any]:
    """mteb's benchmarks by their names, the second names too."""
    import mteb

    return {name: one for one in mteb.get_benchmarks() for name in (*(one.aliases or ()), one.name)}


def _fetch(task: Any) -> None:
    """Have the data in the cache of the hub's library; of a copy, which is then thrown away."""
    try:
        with _undisturbed():
            _fresh(task).load_data()
    except Exception as error:  # a dozen kinds, from three libraries, for one circumstance
        raise DataError(
            f"the data of mteb's {task.metadata.name} cannot be had: {_in_one_line(error)}. Check the connection, or "
            "measure local sets"
        ) from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep mteb's seeding, which it does as it is imported and with each task, from what else draws numbers here."""
    import torch

    python, array = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng(range(torch.cuda.device_count())), warnings.catch_warnings():
            for known in (".*is currently in beta", "To copy construct from a tensor"):
                warnings.filterwarnings("ignore", message=known)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(array)


def _meant(wrong: str, known: Iterable[str], benchmarks: Iterable[str] = ()) -> str:
    for names, what in ((known, ""), (benchmarks, "the benchmark ")):
        near = difflib.get_close_matches(wrong, list(names), n=1, cutoff=0.6)
        if near:
            return f"; did you mean {what}{near[0]!r}?"
    return "; look for it on https://huggingface.co/spaces/mteb/leaderboard"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__


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
