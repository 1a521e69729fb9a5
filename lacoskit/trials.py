"""The runs of a sweep: which there are, how each is started, and all that is wrong with them before one begins."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from lacoskit import layout
from lacoskit.combinations import Combination, combinations, parse_over, short_names
from lacoskit.config import RunConfig, read_yaml, write_value
from lacoskit.errors import ConfigError, Problem
from lacoskit.preflight import MAY_CHANGE, check

LOG = "log.txt"
"""The file in a run's folder for all that it prints."""

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Trial:
    """One run of a sweep, and the command that starts it."""

    combination: Combination
    config: RunConfig
    label: str
    command: tuple[str, ...]

    @property
    def output(self) -> Path:
        """The run's output folder."""
        return Path(self.config.output)

    @property
    def log(self) -> Path:
        """Where all goes that the run prints."""
        return self.output / LOG


@dataclass(frozen=True)
class Plan:
    """A sweep before it begins."""

    source: str
    """The base configuration's file."""
    folder: Path
    names: Mapping[str, str]
    """The options that are changed, and what to call them."""
    settings: tuple[str, ...]
    """Overrides of the base configuration, in every run."""
    trials: tuple[Trial, ...]


def plan(arguments: argparse.Namespace) -> Plan:
    """Find out which runs there are; a ConfigError tells all that is wrong with any of them, before one begins."""
    source = arguments.config or "configuration"
    over, problems = parse_over(arguments.over)
    problems += _misplaced(arguments.set, over)
    launch, wrong = _launcher(arguments.launch)
    folder = Path(arguments.output or f"{_output_of(arguments.config)}-sweep").expanduser()
    problems += [*wrong, *_taken(folder)]
    names, trials = short_names(list(over)), []
    wrong_by_run: dict[str, list[Problem]] = {}
    for combination in combinations(over):
        label = ", ".join(f"{names[place]} {told}" for place, told in combination.shown.items())
        try:
            trials.append(_trial(arguments, launch, folder, combination, label))
            wrong_by_run[label] = []
        except ConfigError as error:
            wrong_by_run[label] = list(error.problems)
    found = _in_a_fork(lambda: [_preflight(trial) for trial in trials])
    wrong_by_run |= {trial.label: problems for trial, problems in zip(trials, found, strict=True)}
    problems += _merged(wrong_by_run)
    if problems:
        raise ConfigError(source, problems)
    return Plan(source, folder, names, tuple(arguments.set), tuple(trials))


def _trial(
    arguments: argparse.Namespace, launch: Sequence[str], folder: Path, combination: Combination, label: str
) -> Trial:
    output = f"output={write_value(str(folder / combination.name))}"
    overrides = [*arguments.set, *combination.overrides, output]
    config = RunConfig.load(arguments.config, overrides)
    words = [*([arguments.config] if arguments.config else []), *(w for o in overrides for w in ("--set", o))]
    # With --resume a run goes on where there is a checkpoint, and starts from the beginning where there is none.
    return Trial(combination, config, label, (*launch, "-m", "lacoskit.train", *words, "--resume"))


def _misplaced(settings: Sequence[str], over: Mapping[str, Any]) -> list[Problem]:
    places = [(word, word.partition("=")[0].strip()) for word in settings]
    output = "a sweep names the folder of each run; --output names the one around them"
    problems = [Problem(f"--set {word}", output) for word, place in places if place == "output"]
    swept = "--over has values for it; leave one of them out"
    return problems + [Problem(f"--set {word}", swept) for word, place in places if place in over]


def _launcher(command: str | None) -> tuple[list[str], list[Problem]]:
    """The words that start a run, and what is wrong with them."""
    if command is None:
        return [sys.executable], []
    try:
        words = shlex.split(command)
    except ValueError as error:
        return [], [Problem("--launch", f"{command}: {error}")]
    if not words or shutil.which(words[0]) is None:
        what = f"there is no command {words[0]!r}" if words else "no command"
        return [], [Problem("--launch", f"{what}; expected one such as 'accelerate launch --num_processes 2'")]
    return words, []


def _output_of(config: str | None) -> str:
    default = str(RunConfig.model_fields["output"].default)
    try:
        return str(read_yaml(Path(config)).get("output") or default) if config else default
    except ConfigError:  # which is told with the mistakes of the runs
        return default


def _taken(folder: Path) -> list[Problem]:
    if folder.exists() and not folder.is_dir():
        return [Problem("--output", f"{folder} is a file; name a folder")]
    if (folder / layout.CONFIG).exists() or (folder / layout.RUN).exists():
        return [Problem("--output", f"{folder} holds a run; name another folder")]
    return []


def _preflight(trial: Trial) -> list[Problem]:
    """What is wrong with a run on this machine, a change since it was begun included."""
    from lacoskit.placement import placement_here  # imports torch

    # It changes no weight, so a run may go on with another one, but memory and speed, which are compared here.
    may_change = MAY_CHANGE - {("train", "chunk_tokens")}
    try:
        check(trial.config, placement_here(trial.config), "", resume=True, may_change=may_change)
    except ConfigError as error:
        return list(error.problems)
    return []


def _in_a_fork(function: Callable[[], ResultT]) -> ResultT:
    """Call a function in a process that ends with it: what CUDA takes to tell about a GPU is then the runs' again."""
    context = get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=lambda: theirs.send(function()))
    process.start()
    theirs.close()
    try:
        result: ResultT = ours.recv()
    finally:
        process.join()
    return result


def _merged(wrong_by_run: Mapping[str, Sequence[Problem]]) -> list[Problem]:
    """Each problem once, with the runs that have it, unless all have."""
    runs: dict[Problem, list[str]] = {}
    for label, problems in wrong_by_run.items():
        for problem in problems:
            runs.setdefault(problem, []).append(label)
    merged = []
    for problem, labels in runs.items():
        first, *rest = problem.what.split("\n")
        which = f" ({'; '.join(labels)})" if len(labels) < len(wrong_by_run) else ""
        merged.append(Problem(problem.where, "\n".join([first + which, *rest])))
    return merged
