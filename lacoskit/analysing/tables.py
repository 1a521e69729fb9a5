"""What was found, as tables for the screen: an analysis a table, a figure a row, a model a column."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lacoskit.analysing.examining import Examination
from lacoskit.evaluating.tables import short_names
from lacoskit.findings import Findings

READING = 100
"""The width of the widest lines of prose."""

Found = Sequence[Findings | None]
"""What one analysis has found about each model; None where it was left out."""


def screen_tables(examinations: Sequence[Examination]) -> Iterator[RenderableType]:
    """Each analysis's figures of all models side by side, and how to read them."""
    names = short_names([examination.model for examination in examinations])
    all_found = [found for examination in examinations for found in examination.findings.values()]
    widest = max((len(figure) for found in all_found for figure in found.figures), default=0)
    for analysis in dict.fromkeys(name for examination in examinations for name in examination.findings):
        found = [examination.findings.get(analysis) for examination in examinations]
        yield Group(_table(analysis, names, found, widest), Padding(_reading(found), (0, 0, 1, 1), expand=False))
    for examination, name in zip(examinations, names, strict=True):
        for analysis, why in examination.left_out.items():
            yield Text.assemble((analysis, "bold"), f" is left out for {name}: {why}", style="yellow")


def _table(analysis: str, names: Sequence[str], found: Found, width: int) -> Table:
    """One table; the first columns of all are of one width, so that models stand below each other."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column(Text(analysis, "bold"), min_width=width, overflow="fold")
    for name in names:
        table.add_column(Text(name), justify="right", overflow="fold")
    rows = dict.fromkeys(figure for one in found if one is not None for figure in one.figures)
    for place, figure in enumerate(rows):
        values = [math.nan if one is None else one.figures.get(figure, math.nan) for one in found]
        table.add_row(Text(figure), *_cells(values), style="" if place == 0 else "dim")
    return table


def _cells(values: Sequence[float]) -> list[str]:
    """Numbers with as many decimals as help; what is no number is a dash."""
    known = [value for value in values if math.isfinite(value)]
    digits = 0 if all(value == int(value) for value in known) else 3 if all(abs(value) < 10 for value in known) else 1
    return [f"{value:.{digits}f}" if math.isfinite(value) else "–" for value in values]


def _reading(found: Found) -> Table:
    """How to read the figures, and of how many texts they are; in lines that are not too long."""
    first = next(one for one in found if one is not None)
    grid = Table.grid()
    grid.add_column(max_width=READING)
    grid.add_row(Text(f"{first.reading} ({first.texts:,} texts)".strip(), "dim italic"))
    return grid
