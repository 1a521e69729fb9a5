"""Tasks and benchmarks of mteb (version 2) by their names, and how to use it beside others."""

from __future__ import annotations

import copy
import difflib
import functools
import random
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from lacoskit import Options, mteb_code


class MtebNames(Options):
    """Which tasks of mteb, and which parts of them."""

    tasks: tuple[str, ...] = ()
    """Names of tasks, such as STS22.v2; with `benchmark`, only these of it, as the benchmark has them."""
    benchmark: str | None = None
    """The name of a benchmark, such as MTEB(Multilingual, v2): all its tasks."""
    languages: tuple[str, ...] = ()
    """Codes, such as en, eng or eng-Latn: only the subsets of tasks that have one of these languages; none: all."""
    subsets: tuple[str, ...] = ()
    """Names of subsets as tasks have them, such as en-de: only these; none: all."""
    splits: tuple[str, ...] = ()
    """Splits to be measured in the place of those that mteb measures, such as validation."""


def chosen_tasks(options: MtebNames) -> tuple[list[Any], list[str]]:
    """The tasks of mteb that are asked for, narrowed down as asked, and what is wrong with the names."""
    with undisturbed():
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


def _named(options: MtebNames) -> tuple[list[Any], list[str]]:
    """Copies of the tasks of these names."""
    import mteb

    if options.benchmark is None:
        found, problems = [], []
        for name in dict.fromkeys(options.tasks):
            try:
                found.append(mteb.get_task(name))
            except KeyError:
                problems.append(f"mteb has no task {name!r}{_meant(name, _tasks(), benchmarks_by_name())}")
        return found, problems
    benchmarks = benchmarks_by_name()
    if options.benchmark not in benchmarks:
        return [], [f"mteb has no benchmark {options.benchmark!r}{_meant(options.benchmark, benchmarks)}"]
    of_it = [fresh(task) for task in benchmarks[options.benchmark].tasks]
    names = {task.metadata.name for task in of_it}
    lost = [name for name in options.tasks if name not in names]
    problems = [f"{options.benchmark} has no task {name!r}{_meant(name, names)}" for name in lost]
    return [task for task in of_it if not options.tasks or task.metadata.name in options.tasks], problems


def _narrowed(task: Any, options: MtebNames) -> str:
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
            return f"{in_one_line(error).partition(',')[0]}"
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


def why_not_called(name: str) -> str:
    """What is wrong with the name of a set of one's own: a task of mteb's has it; empty where none has."""
    import mteb

    try:
        with undisturbed():
            mteb.get_task(name)
    except KeyError:
        return ""
    return f"mteb has a task named {name}, for which this would be taken; call it by another name"


@functools.cache
def _tasks() -> list[str]:
    """The names of mteb's tasks, of which there are two thousand."""
    import mteb

    return [task.metadata.name for task in mteb.get_tasks(exclude_superseded=False)]


@functools.cache
def benchmarks_by_name() -> dict[str, Any]:
    """mteb's benchmarks by their names, the second names too."""
    import mteb

    return {name: one for one in mteb.get_benchmarks() for name in (*(one.aliases or ()), one.name)}


def _meant(wrong: str, known: Iterable[str], benchmarks: Iterable[str] = ()) -> str:
    for names, what in ((known, ""), (benchmarks, "the benchmark ")):
        near = difflib.get_close_matches(wrong, list(names), n=1, cutoff=0.6)
        if near:
            return f"; did you mean {what}{near[0]!r}?"
    return "; look for it on https://huggingface.co/spaces/mteb/leaderboard"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")


def fresh(task: Any) -> Any:
    """A copy of a task, since one that has drawn once would draw otherwise for the next model."""
    made = copy.deepcopy(task)
    if made.is_aggregate:  # its parts are in the metadata of the class, which is not copied
        parts = [copy.deepcopy(part) for part in task.metadata.tasks]
        made.metadata = task.metadata.model_copy(update={"tasks": parts})
    return made


@contextmanager
def undisturbed() -> Iterator[None]:
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


def in_one_line(error: BaseException) -> str:
    """Return the beginning of what an error says."""
    return " ".join(str(error).split())[:300] or type(error).__name__
