"""`lacoskit sweep CONFIG --over SECTION.KEY=V1,V2`: a run for each combination of values, side by side in one table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.arguments import add_overrides
from lacoskit.errors import Interrupted, LacoskitError, TrainingError

if TYPE_CHECKING:
    from rich.console import Console

    from lacoskit.comparison import Queue
    from lacoskit.trials import Plan, Trial

RESULTS = "sweep"
"""What the files of results are called: sweep.json, sweep.md and sweep.png."""

LOCK = ".sweep.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the default run")
    parser.add_argument(
        "--over",
        action="append",
        required=True,
        metavar="SECTION.KEY=V1,V2",
        help="the values of an option, in YAML, null included; repeated for more options: every combination is run",
    )
    add_overrides(parser, "the file in every run")
    parser.add_argument(
        "--output", metavar="FOLDER", help="receives the runs and their tables (default: the file's output, and -sweep)"
    )
    parser.add_argument(
        "--launch", metavar="COMMAND", help="starts each run, as in 'accelerate launch --num_processes 2'"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run what has not been run yet, one after the other, and compare; mistakes are raised as LacoskitError."""
    from filelock import FileLock, Timeout
    from rich.console import Console

    from lacoskit.trials import plan

    sweep = Sweep(plan(arguments), Console(highlight=False))
    folder = sweep.plan.folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / LOCK, timeout=0):
            sweep.run()
    except Timeout:
        raise LacoskitError(f"another sweep is at work in {folder}; wait for it, or use --output") from None
    return 0


@dataclass
class Sweep:
    """A sweep in progress: what is to be run, and the rows of the runs that have ended, by their names."""

    plan: Plan
    console: Console
    ended: dict[str, dict[str, Any]] = field(default_factory=dict)

    def run(self) -> None:
        """Run what is not finished, keep the results after each run, and show them at the end."""
        from lacoskit.comparison import Queue
        from lacoskit.stopping import stop_requests

        trials = self.plan.trials
        queue = Queue(self.console, len(trials))
        queue.say(f"{len(trials)} run{'s' * (len(trials) > 1)} in {self.plan.folder}")
        kept = {trial.combination.name: row for trial in trials if (row := _finished_row(trial)) is not None}
        self.ended |= kept  # first of all, so that results which are there stay in the table whatever happens
        with stop_requests() as asked:
            for trial in trials:
                if asked:
                    break
                name = trial.combination.name
                row = kept.get(name) or _run(trial, queue, asked)
                if asked and row["status"] != "finished":
                    break
                self.ended[name] = row
                self._write()
                queue.ended(trial.label, row, name in kept)
        self._write()
        self._show()
        self._end(asked)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each run, in order; of those that have not ended, their options only."""
        return [
            _options(trial) | self.ended.get(trial.combination.name, {"status": "to do"}) for trial in self.plan.trials
        ]

    def _end(self, asked: Sequence[int]) -> None:
        """Tell by an error that the sweep was stopped, or that runs have failed, with their messages and logs."""
        rows = [(trial, self.ended.get(trial.combination.name, {})) for trial in self.plan.trials]
        failed = [
            f"  {trial.label}: {row['error']}\n    {trial.log}" for trial, row in rows if row.get("status") == "failed"
        ]
        if asked:
            done = sum(row.get("status") == "finished" for _, row in rows)
            what = f"stopped with {done} of {len(rows)} runs finished; the same command goes on"
            raise Interrupted("\n".join([what, *failed]), asked[0])
        if failed:
            what = f"{len(failed)} of {len(rows)} runs failed; the same command tries them again"
            raise TrainingError("\n".join([what, *failed]))

    def _write(self) -> None:
        """Write the results so far, as JSON and as a table in Markdown."""
        from lacoskit.comparison import markdown_table
        from lacoskit.storage import write_json, write_whole

        rows, plan = self.rows(), self.plan
        about = {"config": plan.source, "set": list(plan.settings), "over": list(plan.names)}
        write_json(plan.folder / f"{RESULTS}.json", {**about, "runs": rows})
        devices = sorted({row["device"] for row in rows if row["status"] == "finished"})
        lines = [
            f"# Sweep of {Path(plan.source).name}",
            "",
            *(f"`--set {setting}`  " for setting in plan.settings),
            f"{'; '.join([*devices, ''])}before and after: main figure x100, mean of the tasks; in bold: the best.",
            "",
            *markdown_table(plan.names, rows),
            "",
            *(f"- {row['name']}: {row['error']}" for row in rows if row["status"] == "failed"),
        ]
        write_whole(plan.folder / f"{RESULTS}.md", "\n".join(lines).rstrip() + "\n")

    def _show(self) -> None:
        """Print the table, draw the plot, and tell where both are."""
        from lacoskit.comparison import plot, screen_table

        rows, folder, console = self.rows(), self.plan.folder, self.console
        console.print()
        console.print(screen_table(self.plan.names, rows, console))
        if any(row.get("first_step") for row in rows):
            console.print("Time and peak of a run that was interrupted are those since.", soft_wrap=True)
        no_plot = plot(self.plan.names, rows, folder / f"{RESULTS}.png")
        files = [f"{RESULTS}.{ending}" for ending in ("json", "md", *([] if no_plot else ["png"]))]
        told = [f"in {folder}: {', '.join(files)}", *([no_plot] if no_plot else [])]
        console.print("\n".join(told), markup=False, soft_wrap=True)


def _finished_row(trial: Trial) -> dict[str, Any] | None:
    """The row of a run that is finished."""
    from lacoskit.comparison import outcome
    from lacoskit.layout import finished

    return {"status": "finished"} | outcome(trial.output) if finished(trial.output) is not None else None


def _run(trial: Trial, queue: Queue, asked: Sequence[int]) -> dict[str, Any]:
    """Run one to its end and return its row."""
    from lacoskit import preflight, subprocesses

    with queue.running(trial.label, trial.output, trial.config.train.max_steps, asked) as look:
        code, message = subprocesses.run_command(trial.command, trial.log, asked, look)
    row = _finished_row(trial)
    if code or row is None:
        return {"status": "failed", "error": message or "it has ended without a result", "exit_code": code}
    changed = preflight.changes(trial.config, trial.output)
    if changed:
        return {"status": "failed", "error": f"the configuration has changed meanwhile: {changed[0]}", "exit_code": 0}
    return row


def _options(trial: Trial) -> dict[str, Any]:
    from lacoskit.trials import LOG

    combination = trial.combination
    return {
        "name": combination.name,
        "options": dict(combination.options),
        "shown": dict(combination.shown),
        "log": f"{combination.name}/{LOG}",
    }
