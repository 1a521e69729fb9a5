"""A recipe from a base model to a retriever: `lacoskit retrofit CONFIG` runs its stages, and skips what is done."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.arguments import add_overrides
from lacoskit.errors import ConfigError, Interrupted, LacoskitError, Problem

if TYPE_CHECKING:
    from rich.console import Console

    from lacoskit.retrofitting.records import Records
    from lacoskit.retrofitting.stages import Stage

LOCK = ".retrofit.lock"

ON_ALL_PROCESSES = ("train", "mine")
"""The verbs that `--launch` starts."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", help="a YAML file with `stages:`, each a verb with its configuration")
    add_overrides(parser)
    parser.add_argument(
        "--launch", metavar="COMMAND", help="starts training and mining, as in 'accelerate launch --num_processes 2'"
    )
    parser.add_argument(
        "--check", action="store_true", help="tell what is wrong, what is done and what is to do, and end"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the stages that are not done; mistakes are raised as LacoskitError."""
    from filelock import FileLock, Timeout
    from rich.console import Console

    from lacoskit.retrofitting.records import Records
    from lacoskit.retrofitting.stages import RetrofitConfig, read_stages
    from lacoskit.subprocesses import launcher

    launch, wrong = launcher(arguments.launch)
    recipe = RetrofitConfig.load(arguments.config, arguments.set)
    stages = read_stages(recipe, arguments.config)
    folder = Path(recipe.output).expanduser()
    records = Records(folder, stages)
    problems = [*wrong, *(problem for stage in stages for problem in _problems(stage, records))]
    if problems:
        raise ConfigError(arguments.config, problems)
    records.refuse_stale()
    retrofit = Retrofit(stages, records, launch, Console(highlight=False))
    if arguments.check:
        retrofit.show()
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            retrofit.run()
    except Timeout:
        raise LacoskitError(f"another recipe is at work in {folder}; wait for it, or name another output") from None
    return 0


@dataclass
class Retrofit:
    """A recipe in progress."""

    stages: Sequence[Stage]
    records: Records
    launch: Sequence[str]
    """The words that start a process, or several."""
    console: Console

    def run(self) -> None:
        """Run what is not done, one stage after the other."""
        from lacoskit.stopping import stop_requests

        with stop_requests() as asked:
            for stage in self.stages:
                if self.records.is_done(stage):
                    continue
                if asked:
                    raise Interrupted(f"stopped before {stage.name}; the same command goes on", asked[0])
                self._run(stage, asked)
        self.show()

    def show(self) -> None:
        """Print a line for each stage."""
        from rich import box
        from rich.table import Table
        from rich.text import Text

        from lacoskit.units import duration

        shared = os.path.commonpath([stage.output.absolute().parent for stage in self.stages])
        table = Table(box=box.SIMPLE_HEAD, title=f"in {shared}", title_justify="left", title_style="dim")
        for name in ("stage", "makes", "from", ""):
            table.add_column(name, overflow="fold")
        for stage in self.stages:
            needs = ", ".join(map(str, stage.needs))
            done = self.records.is_done(stage)
            told = f"[green]done[/] in {duration(self.records.seconds(stage))}" if done else "to do"
            table.add_row(stage.name, Text(str(stage.output.absolute().relative_to(shared))), needs, told)
        self.console.print(table)

    def _run(self, stage: Stage, asked: Sequence[int]) -> None:
        from lacoskit.storage import write_whole
        from lacoskit.subprocesses import run_command

        file = self.records.file(stage, "yaml")
        write_whole(file, stage.config.as_yaml())
        stage.output.parent.mkdir(parents=True, exist_ok=True)
        command = self._command(stage, file)
        self.console.rule(f"{stage.name} of {len(self.stages)}", align="left", style="dim")
        began = time.perf_counter()
        code, _ = run_command(command, None, asked, lambda: None)
        if not code:  # also where it was asked to stop, and was done before it could
            self.records.keep(stage, time.perf_counter() - began)
        elif asked:
            raise Interrupted(f"stopped in {stage.name}; the same command goes on", asked[0])
        else:
            told = f"{stage.name} failed with exit code {code}; its configuration is {file}"
            raise LacoskitError(f"{told}. The same command goes on from there")

    def _command(self, stage: Stage, file: Path) -> list[str]:
        import sys

        resume = ["--resume"] if stage.verb == "train" else []
        words = ["--tasks", str(file)] if stage.verb == "evaluate" else [str(file), *resume]
        if stage.verb in ON_ALL_PROCESSES:
            return [*self.launch, "-m", f"lacoskit.{stage.verb}", *words]
        return [sys.executable, "-m", "lacoskit", stage.verb, *words]


def _problems(stage: Stage, records: Records) -> list[Problem]:
    """What can be seen to be wrong with a stage before the first one begins; nothing where it needs others first."""
    if records.is_done(stage) or any(not records.is_done(records.stages[number]) for number in stage.needs):
        return []
    try:
        found = _check(stage)
    except ConfigError as error:
        found = list(error.problems)
    # what is in the way is told for all stages together, and a folder is made
    expected = stage.output.exists() or not stage.output.parent.exists()
    found = [problem for problem in found if not (expected and problem.where == "output")]
    return [Problem(f"stages.{stage.number}.{stage.verb}.{problem.where}", problem.what) for problem in found]


def _check(stage: Stage) -> list[Problem]:
    """All that the stage's verb finds wrong with its configuration."""
    config: Any = stage.config
    if stage.verb == "train":
        from lacoskit.placement import placement_here
        from lacoskit.preflight import check

        check(config, placement_here(config))
        return []
    return list(config.problems())
