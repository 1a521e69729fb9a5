"""Several runs one after the other, on the screen: a line for the one at work, and one for each that has ended."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from lacoskit.layout import METRICS
from lacoskit.units import duration


class Queue:
    """What is told of `count` runs while they go on; the line of the run at work is on terminals only."""

    def __init__(self, console: Console, count: int) -> None:
        self.console = console
        self.count = count
        self.number = 0

    @contextmanager
    def running(
        self, label: str, output: Path, steps: int | None, asked: Sequence[int]
    ) -> Iterator[Callable[[], None]]:
        """Show how far the run with this output folder is, and whether it was asked to stop.

        Yields what looks and shows, to be called now and then.
        """
        shown = Progress(
            SpinnerColumn(), TextColumn(f"{self._place(self.number + 1)}  {{task.description}}", markup=False),
            BarColumn(20), TextColumn("{task.fields[step]}"), TimeElapsedColumn(),
            console=self.console, transient=True, refresh_per_second=2, disable=not self.console.is_terminal,
        )  # fmt: skip
        # One step more, for saving: rich stops the clock of what is complete.
        task = shown.add_task(label, total=steps and steps + 1, step="starting")

        def look() -> None:
            step = last_step(output / METRICS)
            if asked:
                shown.update(task, step="saving what is done; Ctrl-C again: stop at once", refresh=True)
            elif step is not None:
                at = f"step {step:,}" + (f" of {steps:,}" if steps else "")
                shown.update(task, completed=step, step=at, refresh=True)

        with shown:
            yield look

    def ended(self, label: str, row: Mapping[str, Any], kept: bool = False) -> None:
        """Tell a run's figures, or why it has failed, in a line."""
        self.number += 1
        good = row["status"] == "finished"
        mark = ("+" if good else "x") if self.console.options.ascii_only else ("✓" if good else "✗")
        told = _figures(row) + ("  (kept)" if kept else "") if good else str(row["error"])
        line = Text.assemble(
            (mark, "green" if good else "red"), f" {self._place(self.number)}  {label}  ", (told, "dim")
        )
        self.console.print(line, soft_wrap=True)

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(Text(text), soft_wrap=True)

    def _place(self, number: int) -> str:
        return f"{number:>{len(str(self.count))}}/{self.count}"


def last_step(metrics: Path) -> int | None:
    """The step of the last whole line of metrics.jsonl, however large the file; None where there is none."""
    try:
        with metrics.open("rb") as file:
            file.seek(max(0, metrics.stat().st_size - 2**16))
            lines = file.read().split(b"\n")[:-1]
        return int(json.loads(lines[-1])["step"]) if lines else None
    except (OSError, ValueError, KeyError):  # not there yet, or being written
        return None


def _figures(row: Mapping[str, Any]) -> str:
    before, after = row["evaluation"]["mean_before"], row["evaluation"]["mean_after"]
    speed = row["texts_per_second"]
    known = [
        duration(row["seconds"]),
        f"{row['memory_gib']:.2f} GiB",
        f"{speed:,.0f} texts/s" if speed is not None else "",
        f"{before:.1f} to {after:.1f}" if before is not None and after is not None else "",
    ]
    return "  ".join(filter(None, known))
