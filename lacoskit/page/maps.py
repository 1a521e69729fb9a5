"""Plots of which a model has one each, on a common scale: heat maps of matrices, and texts on a plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lacoskit.page.blocks import Key
from lacoskit.page.drawing import INK, MUTED, PAPER, SERIES, canvas, colour_of, shortened, svg, text_width
from lacoskit.page.plots import WIDTH, short_figure

MARKERS = "osD^vPX*"
"""The shapes of groups of which there are more than colours; the legend has the like of them as letters."""

WRITTEN = 11
"""Columns up to which a heat map says its values in figures."""

BELOW = 5
"""The colour of values below 0 where there are such; others have the first one."""

DARK = 0.75
"""The share of a scale from which on figures are written in the colour of the page."""

Limits = tuple[float, float]


def limits(values: Sequence[float], room: float = 0.0) -> Limits:
    """From where to where the finite values go, and a share of that more on both sides."""
    known = [value for value in values if math.isfinite(value)] or [0.0]
    low, high = min(known), max(known)
    spare = room * (high - low) if high > low else 1.0
    return low - (spare if room else 0.0), high + (spare if room else 0.0)


def heat(
    rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], scale: Limits, name: str, label: str
) -> str:
    """A heat map; scale: what is palest and what is darkest, or where there are values below 0, how far both go."""
    row_names, column_names = [shortened(row, 24) for row in rows], [shortened(column, 18) for column in columns]
    left = min(0.4 * WIDTH, max(map(text_width, row_names)) + 8)
    side = (WIDTH - left - 4) / len(columns)
    upright = max(map(text_width, column_names)) > side - 2
    bottom = 10 + (max(map(text_width, column_names)) if upright else 12)
    pitch = max(11.0, min(side, 26.0))
    with canvas(WIDTH, pitch * len(rows) + bottom + 4, (left, 4, bottom, 4)) as (figure, axes):
        axes.grid(visible=False)
        told = _draw_cells(axes, rows, columns, values, scale)
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xticks(range(len(columns)), column_names, rotation=90 if upright else 0)
        axes.set_yticks(range(len(rows)), row_names)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(axis="x", labelcolor=INK)
        return svg(figure, name, label, told)


def _draw_cells(
    axes: Any, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]], scale: Limits
) -> dict[str, list[str]]:
    """Draw the cells, and write their values where there is room; returns what each tells."""
    from matplotlib.patches import Rectangle

    told = {}
    for y, line in enumerate(values):
        for x, value in enumerate(line):
            part, colour, gid = _part(value, scale), colour_of(BELOW if value < 0 else 0), f"cell{y}-{x}"
            cell = Rectangle((x - 0.48, y - 0.48), 0.96, 0.96, linewidth=0, facecolor=colour, alpha=part, gid=gid)
            axes.add_patch(cell)
            told[gid] = [f"{rows[y]}, {columns[x]}: {short_figure(value)}"]
            if len(columns) <= WRITTEN:
                ink = PAPER if part > DARK else INK
                text = f"{value:.2f}".replace("0.", ".", 1) if abs(value) < 1 else short_figure(value)
                axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=7.5)
    return told


def _part(value: float, scale: Limits) -> float:
    """How dark a value is, 0.04 up to 1; what is no number is not seen, but can be pointed at."""
    low, high = scale
    if not math.isfinite(value):
        return 0.01
    share = abs(value) / max(abs(low), abs(high)) if low < 0 else (value - low) / (high - low or 1.0)
    return 0.04 + 0.96 * min(1.0, max(0.0, share))


def looks(labels: Sequence[str]) -> dict[str, Key]:
    """A colour for each label, and a shape too where there are more labels than colours."""
    known = sorted(set(labels))
    return {label: Key(label, number % len(SERIES), number // len(SERIES)) for number, label in enumerate(known)}


def cloud(
    x: Sequence[float], y: Sequence[float], texts: Sequence[str], labels: Sequence[str], keys: dict[str, Key],
    scale: tuple[Limits, Limits], name: str, label: str,
) -> str:  # fmt: skip
    """Texts on a plane, coloured by their labels; the text is read where a point is pointed at."""
    with canvas(WIDTH, WIDTH, (4, 4, 4, 4)) as (figure, axes):
        told = {}
        for number, (group, key) in enumerate(keys.items()):
            own = [
                place
                for place, given in enumerate(labels)
                if given == group and math.isfinite(x[place]) and math.isfinite(y[place])
            ]
            if not own:
                continue
            gid = f"group{number}"
            axes.scatter(
                [x[place] for place in own], [y[place] for place in own], s=15, marker=MARKERS[key.mark % len(MARKERS)],
                color=colour_of(key.colour), alpha=0.8, linewidths=0, gid=gid,
            )  # fmt: skip
            told[gid] = [f"{group}: {texts[place]}" for place in own]
        axes.set_xlim(*scale[0])
        axes.set_ylim(*scale[1])
        axes.set_xticks([])
        axes.set_yticks([])
        axes.grid(visible=False)
        for spine in axes.spines.values():
            spine.set_visible(True)
        axes.tick_params(colors=MUTED)
        return svg(figure, name, label, told)
