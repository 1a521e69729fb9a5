"""Runs side by side: a table on the screen, and one in Markdown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from lacoskit.units import duration, in_bytes, short

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A figure of each run: its name, where it stands, how it is written, and which one is the best."""

    name: str
    value: Callable[[Row], Any]
    write: Callable[[Any], str]
    best: Callable[[Sequence[Any]], Any] | None = None


COLUMNS = (
    Column("parameters", lambda row: row["parameters"], short),
    Column("trained", lambda row: row["trained_parameters"], short),
    Column("weights", lambda row: row["weight_bytes"], in_bytes, min),
    Column("peak GiB", lambda row: row["memory_gib"], "{:.2f}".format, min),
    Column("texts/s", lambda row: row["texts_per_second"], "{:,.0f}".format, max),
    Column("tokens/s", lambda row: row["tokens_per_second"], "{:,.0f}".format),
    Column("time", lambda row: row["seconds"], duration),
    Column("before", lambda row: row["evaluation"]["mean_before"], "{:.1f}".format),
    Column("after", lambda row: row["evaluation"]["mean_after"], "{:.1f}".format, max),
)
"""`before` and `after` are means of the tasks' main figures x100; `time` is that of training."""

LEFT_OUT = ("tokens/s", "parameters", "weights", "trained", "time", "before")
"""Columns that a screen goes without, the first one first, if it is too narrow for all."""


def screen_table(names: Mapping[str, str], rows: Sequence[Row], console: Console) -> Table:
    """A table of options and figures that fits the screen, the best of each figure in green.

    names: the options, and what to call them; rows: as `outcome` makes them, with `shown` (the values of the options as
    text) and `status`, which stands in the place of figures that are not there.
    """
    unlimited = console.options.update(max_width=10_000)
    for count in range(len(LEFT_OUT) + 1):
        columns = [column for column in COLUMNS if column.name not in LEFT_OUT[:count]]
        table = _table(names, rows, columns)
        if Measurement.get(console, unlimited, table).maximum <= console.width:
            break
    return table


def _table(names: Mapping[str, str], rows: Sequence[Row], columns: Sequence[Column]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title="main figure x100 before and after training, mean of the tasks")
    table.title_justify, table.title_style = "left", "bold"
    for name in names.values():
        table.add_column(Text(name), overflow="fold")
    for column in columns:
        table.add_column(column.name, justify="right", no_wrap=True)
    best = _best(columns, rows)
    for row in rows:
        cells = [Text(text) for text in _options(names, row)]
        if row["status"] == "finished":
            cells += [Text(text, "green" if is_best else "") for text, is_best in _figures(columns, row, best)]
        else:
            missing = "red" if row["status"] == "failed" else "dim"
            cells += [*(Text() for _ in columns[1:]), Text(row["status"], missing)]
        table.add_row(*cells)
    return table


def markdown_table(names: Mapping[str, str], rows: Sequence[Row]) -> list[str]:
    """The lines of the same table in Markdown, with all columns; the best of each figure in bold."""
    headers = [*names.values(), *(column.name for column in COLUMNS)]
    lines = [_line(headers), "|" + "---|" * len(names) + "---:|" * len(COLUMNS)]
    best = _best(COLUMNS, rows)
    for row in rows:
        cells = [text.replace("|", "\\|") for text in _options(names, row)]
        if row["status"] == "finished":
            cells += [f"**{text}**" if is_best else text for text, is_best in _figures(COLUMNS, row, best)]
        else:
            cells += [*("" for _ in COLUMNS[1:]), row["status"]]
        lines.append(_line(cells))
    return lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _options(names: Mapping[str, str], row: Row) -> list[str]:
    return [row["shown"].get(place, "") for place in names]


def _figures(columns: Sequence[Column], row: Row, best: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """The texts of a row, and whether each is the best of its column, as it is written."""
    texts = []
    for column in columns:
        value = column.value(row)
        text = "" if value is None else column.write(value)
        texts.append((text, bool(text) and text == best.get(column.name)))
    return texts


def _best(columns: Sequence[Column], rows: Sequence[Row]) -> dict[str, str]:
    """The text of the best figure of each column, where there are different ones."""
    done = [row for row in rows if row["status"] == "finished"]
    found = {}
    for column in columns:
        values = [value for row in done if (value := column.value(row)) is not None]
        if column.best is not None and len({column.write(value) for value in values}) > 1:
            found[column.name] = column.write(column.best(values))
    return found
