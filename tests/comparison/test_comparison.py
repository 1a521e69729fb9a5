"""Runs side by side, on the screen, in Markdown, and as points."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from lacoskit.comparison import Queue, markdown_table, plot, screen_table
from lacoskit.comparison.queue import last_step

NAMES = {"quantizer.name": "quantizer", "model": "model"}


def row(quantizer: str, model: str, peak: float, after: float | None, status: str = "finished") -> dict[str, Any]:
    figures = {
        "parameters": 9_000_000,
        "trained_parameters": 98_304,
        "memory_gib": peak,
        "weight_bytes": None,
        "seconds": 75.0,
        "texts_per_second": 1234.5,
        "tokens_per_second": 45_678.0,
        "evaluation": {"mean_before": after and 40.0, "mean_after": after},
    }
    known = figures if status == "finished" else {"error": "it broke"}
    return {"status": status, "shown": {"quantizer.name": quantizer, "model": model}, **known}


ROWS = [
    row("bnb-8bit", "a|b", 0.5, 61.26),
    row("none", "[red]", 0.75, 61.34),
    row("bnb-4bit", "c", 0.5, None),
    row("x", "y", 0, 0, "failed"),
]


def screen(width: int, rows: list[dict[str, Any]] = ROWS) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(screen_table(NAMES, rows, console))
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 90, 100, 120])
def test_a_table_fits_the_screen_and_keeps_what_counts(width: int) -> None:
    lines = screen(width)
    assert max(map(len, lines)) <= width
    header = next(line for line in lines if "quantizer" in line)
    assert all(name in header for name in ("quantizer", "model", "peak GiB", "texts/s", "after"))
    assert ("tokens/s" in header) == (width >= 120)
    (told,) = [line.split() for line in lines if "bnb-8bit" in line]
    assert told[:2] == ["bnb-8bit", "a|b"]
    assert told[-1] == "61.3"
    assert any("[red]" in line for line in lines)
    assert next(line for line in lines if " x " in line).split() == ["x", "y", "failed"]


def test_the_best_of_each_figure_is_bold_in_markdown() -> None:
    header, _, *lines = markdown_table(NAMES, ROWS)
    cells = [dict(zip(header.split(" | "), line.split(" | "), strict=True)) for line in lines]
    assert [row["peak GiB"] for row in cells] == ["**0.50**", "0.75", "**0.50**", ""]
    assert [row["after |"] for row in cells] == ["61.3 |", "61.3 |", " |", "failed |"]  # no difference that is shown
    assert [row["texts/s"] for row in cells] == ["1,234", "1,234", "1,234", ""]
    assert cells[0]["model"] == "a\\|b"
    assert cells[0]["time"] == "1:15"


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_plot_is_drawn_for_any_number_of_options(count: int, tmp_path: Path) -> None:
    names = dict(list({**NAMES, "adapter.rank": "rank"}.items())[:count])
    rows = [row("a", f"m{i}", 0.1 * i, 50.0 + i) for i in range(12)]
    for i, one in enumerate(rows):
        one["shown"]["adapter.rank"] = str(i)
    assert plot(names, [*rows, row("a", "b", 1, 1, "failed")], tmp_path / "plot.png") == ""
    assert (tmp_path / "plot.png").stat().st_size > 5_000


def test_without_an_evaluation_there_is_nothing_to_draw(tmp_path: Path) -> None:
    assert plot(NAMES, ROWS[2:], tmp_path / "plot.png") == "no plot: no run has been evaluated (evaluation.tasks)"
    assert list(tmp_path.iterdir()) == []


def test_a_line_tells_how_a_run_has_ended() -> None:
    console = Console(file=io.StringIO(), width=200)
    queue = Queue(console, 12)
    queue.ended("quantizer bnb-8bit", ROWS[0])
    queue.ended("quantizer [red]", ROWS[3])
    queue.ended("quantizer none", ROWS[2], kept=True)
    assert console.file.getvalue().splitlines() == [
        "✓  1/12  quantizer bnb-8bit  1:15  0.50 GiB  1,234 texts/s  40.0 to 61.3",
        "✗  2/12  quantizer [red]  it broke",
        "✓  3/12  quantizer none  1:15  0.50 GiB  1,234 texts/s  (kept)",
    ]


def test_on_a_terminal_the_run_at_work_has_a_line_that_tells_its_step(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=90, force_terminal=True, legacy_windows=False)
    asked: list[int] = []
    with Queue(console, 2).running("rank 4", tmp_path, 1_200, asked) as look:
        look()
        (tmp_path / "metrics.jsonl").write_text('{"step": 1050, "loss": 1.0}\n{"step": 10')
        look()
        asked.append(2)
        look()
    shown = console.file.getvalue()
    for told in ("1/2  rank 4", "starting", "step 1,050 of 1,200", "Ctrl-C again: stop at once"):
        assert told in shown


@pytest.mark.parametrize(
    ("text", "step"),
    [
        (None, None),
        ("", None),
        ('{"step": 3}', None),
        ('{"step": 3}\n', 3),
        ('{"step": 3}\n{"step": 4, "lo', 3),
        ("x" * 70_000 + '\n{"step": 5}\n', 5),
    ],
)
def test_the_last_whole_line_tells_the_step(text: str | None, step: int | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "metrics.jsonl").write_text(text)
    assert last_step(tmp_path / "metrics.jsonl") == step
