"""The figures of a run while it goes on: measured, shown, and written to a file."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.text import Text

from lacoskit.layout import METRICS
from lacoskit.reporting.screen import console
from lacoskit.storage import write_whole
from lacoskit.units import duration

COLUMNS: Mapping[str, tuple[int, Callable[[Mapping[str, Any]], str]]] = {
    "loss": (7, lambda figures: f"{figures['loss']:.4f}"),
    "rate": (7, lambda figures: f"{figures['learning_rate']:.1e}"),
    "texts/s": (7, lambda figures: f"{figures['texts_per_second']:,.0f}"),
    "tokens/s": (9, lambda figures: f"{figures['tokens_per_second']:,.0f}"),
    "padding": (7, lambda figures: f"{figures['padding']:.0%}"),
    "negatives": (9, lambda figures: f"{figures['negatives_per_query']:,}"),
    "GiB": (5, lambda figures: f"{figures['memory_gib']:.1f}"),
}
"""The table of figures: a column's width and how its figure is written. With `step` and `left`, 80 characters."""

HEADER_EVERY = 25
"""Rows of a plain table after which the names of the columns stand again."""


@dataclass
class Meter:
    """Sums of the steps since the last line of figures."""

    loss: float = 0.0
    steps: int = 0
    texts: int = 0
    tokens: int = 0
    slots: int = 0
    seconds: float = 0.0
    began: float = 0.0

    def begin(self) -> None:
        """A step begins; what was done since the last one, as an evaluation, is not training's time."""
        self.began = time.perf_counter()

    def end(self, loss: float, texts: int, tokens: int, slots: int) -> None:
        """A step of one process ends: its loss, texts, real tokens, and token positions computed."""
        self.seconds += time.perf_counter() - self.began
        self.loss += loss
        self.steps += 1
        self.texts += texts
        self.tokens += tokens
        self.slots += slots

    def figures(self, processes: int) -> dict[str, float]:
        """The means of the steps, and rates over all processes."""
        seconds = max(self.seconds, 1e-9)
        return {
            "loss": self.loss / max(self.steps, 1),
            "texts_per_second": processes * self.texts / seconds,
            "tokens_per_second": processes * self.tokens / seconds,
            "padding": 1 - self.tokens / max(self.slots, 1),
        }


class Reporter:
    """A bar on a terminal, a plain table elsewhere, `metrics.jsonl` and trackers always; one process only shows."""

    def __init__(
        self, output: Path, steps: int, start: int, main_process: bool, track: Callable[[dict[str, Any], int], None]
    ) -> None:
        self.file = _continued(output / METRICS, start).open("a", encoding="utf-8") if main_process else None
        self.track = track
        self.steps = steps
        self.start = start
        self.started = time.perf_counter()
        self.rows = 0
        self.bar = Progress(
            SpinnerColumn(), TextColumn("step {task.completed:,.0f} of {task.total:,.0f}"), BarColumn(None),
            TaskProgressColumn(), TextColumn("{task.description}"), expand=True,
        )  # fmt: skip
        self.task = self.bar.add_task("", total=steps, completed=start)
        self.live = Live(self.bar, console=console, transient=True) if main_process and console.is_terminal else None

    def __enter__(self) -> Reporter:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *details: object) -> None:
        if self.live:
            self.live.stop()
        if self.file:
            self.file.close()

    def advance(self) -> None:
        """One more step is done."""
        self.bar.advance(self.task)

    def record(self, step: int, figures: Mapping[str, Any]) -> None:
        """Write figures to the file and the trackers, and show those of training."""
        known = {name: figure for name, figure in figures.items() if figure is not None}
        self.track(known, step)
        if not self.file:
            return
        self.file.write(json.dumps({"step": step, **known}) + "\n")
        self.file.flush()
        if "loss" in known:
            left = duration((time.perf_counter() - self.started) / max(step - self.start, 1) * (self.steps - step))
            header, row = _table(known)
            if self.live:
                self.bar.update(self.task, description=f"{left} left")
                shown = Text(f"  {header}\n  {row}", no_wrap=True, overflow="ellipsis")
                shown.stylize("dim", 0, len(header) + 2)
                self.live.update(Group(self.bar, shown))
            else:
                self._print_row(step, header, row, left)

    def say(self, text: str) -> None:
        """Print a line above the bar, in one process."""
        if self.file:
            console.print(text, markup=False, soft_wrap=True)

    def _print_row(self, step: int, header: str, row: str, left: str) -> None:
        width = max(len("step"), len(str(self.steps)))
        if self.rows % HEADER_EVERY == 0:
            self.say(f"{'step':>{width}}  {header}  {'left':>7}")
        self.say(f"{step:>{width}}  {row}  {left:>7}")
        self.rows += 1


def _table(figures: Mapping[str, Any]) -> tuple[str, str]:
    header = "  ".join(f"{name:>{width}}" for name, (width, _) in COLUMNS.items())
    return header, "  ".join(f"{write(figures):>{width}}" for width, write in COLUMNS.values())


def _continued(path: Path, start: int) -> Path:
    """Leave in the file what was recorded up to the step at which the run starts, or starts again."""
    kept = []
    if path.is_file() and start:
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                if json.loads(line)["step"] <= start:
                    kept.append(line + "\n")
            except ValueError:  # the process died while it wrote the line
                continue
    write_whole(path, "".join(kept))
    return path


def read_metrics(output: Path) -> list[dict[str, Any]]:
    """The lines of a run's metrics.jsonl."""
    return [json.loads(line) for line in (output / METRICS).read_text(encoding="utf-8").splitlines()]
