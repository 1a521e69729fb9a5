"""The kinds of plots that the page has: dots with intervals, lines over steps, and runs on a plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lacoskit.page.blocks import Key
from lacoskit.page.drawing import GRID, MUTED, PAPER, canvas, colour_of, shortened, svg, text_width

WIDTH = 330.0
"""Points of a plot's width: two stand side by side on a desk, one fills a phone, and both can be read."""


SMALL = 255.0
"""The same of plots of which three stand side by side."""


@dataclass(frozen=True)
class Dot:
    """A figure of one model: its value, from where to where it may lie, and what is read when it is pointed at."""

    value: float
    colour: int
    told: str
    low: float | None = None
    high: float | None = None
    hollow: bool = False
    slot: int = 0
    """Which line of its row it stands on; dots on the same line are joined."""


@dataclass(frozen=True)
class Row:
    """The dots of a label."""

    label: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class Trace:
    """A line: points whose y is finite."""

    x: Sequence[float]
    y: Sequence[float]
    colour: int
    told: str
    marked: bool = False
    """With a mark at each point."""


@dataclass(frozen=True)
class Spot:
    """A run on a plane."""

    x: float
    y: float
    key: Key


def dots(rows: Sequence[Row], name: str, label: str, axis: str, zero: bool = False) -> str:
    """A sorted dot plot, the first row on top: a dot and its interval for each model; zero: a line at 0."""
    shown = [shortened(row.label) for row in rows]
    slots = 1 + max((dot.slot for row in rows for dot in row.dots), default=0)
    pitch = max(17.0, 8.0 + 7.5 * slots)
    left = min(0.46 * WIDTH, max(map(text_width, shown)) + 8)
    height = pitch * len(rows) + 44
    with canvas(WIDTH, height, (left, 10, 34, 8)) as (figure, axes):
        axes.grid(axis="y", visible=False)
        for place in range(1, len(rows)):
            axes.axhline(place - 0.5, color=GRID, linewidth=0.5)
        if zero:
            axes.axvline(0, color=MUTED, linewidth=0.9)
        told = _draw_dots(axes, rows, slots, 7.5 / pitch)
        axes.set_yticks(range(len(rows)), shown)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        axes.locator_params(axis="x", nbins=6)
        axes.margins(x=0.04)
        return svg(figure, name, label, told)


def _draw_dots(axes: Any, rows: Sequence[Row], slots: int, step: float) -> dict[str, list[str]]:
    """Draw all intervals, then all dots, one group a look; returns what each dot of a group tells."""
    looks: dict[tuple[int, bool], list[tuple[float, Dot]]] = {}
    for place, row in enumerate(rows):
        by_slot: dict[int, list[float]] = {}
        for dot in row.dots:
            at = place + (dot.slot - (slots - 1) / 2) * step
            looks.setdefault((dot.colour, dot.hollow), []).append((at, dot))
            by_slot.setdefault(dot.slot, []).append(dot.value)
            if dot.low is not None and dot.high is not None:
                axes.plot([dot.low, dot.high], [at, at], color=colour_of(dot.colour), alpha=0.55, linewidth=1.5)
        for slot, values in by_slot.items():
            at = place + (slot - (slots - 1) / 2) * step
            axes.plot([min(values), max(values)], [at, at], color=GRID, linewidth=2.2, zorder=1)
    told = {}
    for number, ((colour, hollow), found) in enumerate(looks.items()):
        gid = f"dots{number}"
        face = PAPER if hollow else colour_of(colour)
        axes.scatter(
            [dot.value for _, dot in found],
            [at for at, _ in found],
            s=22, facecolors=face, edgecolors=colour_of(colour), linewidths=1.2, zorder=3, gid=gid,
        )  # fmt: skip
        told[gid] = [dot.told for _, dot in found]
    return told


def lines(traces: Sequence[Trace], name: str, label: str, axis: str = "step", height: float = 190.0) -> str:
    """Lines over a common axis."""
    with canvas(WIDTH, height, (44, 10, 34, 8)) as (figure, axes):
        told = {}
        for number, trace in enumerate(traces):
            colour = colour_of(trace.colour)
            axes.plot(trace.x, trace.y, color=colour, zorder=3)
            if trace.marked and trace.x:
                gid = f"marks{number}"
                axes.scatter(trace.x, trace.y, s=16, color=colour, zorder=4, gid=gid)
                told[gid] = [f"{trace.told}, {x:g}: {short_figure(y)}" for x, y in zip(trace.x, trace.y, strict=True)]
        axes.set_xlabel(axis)
        axes.tick_params(axis="y", labelcolor=MUTED)
        axes.locator_params(axis="x", nbins=6, integer=True)
        axes.locator_params(axis="y", nbins=5)
        axes.yaxis.set_major_formatter(lambda value, _: short_figure(value))
        axes.margins(x=0.02)
        axes.spines["left"].set_visible(False)
        return svg(figure, name, label, told)


def plane(spots: Sequence[Spot], name: str, label: str, axis: str, floor: float | None) -> str:
    """Quality against a cost: the runs that no other beats in both are joined; floor: the untrained model's quality."""
    with canvas(SMALL, 210, (38, 10, 34, 10)) as (figure, axes):
        if floor is not None:
            axes.axhline(floor, color=colour_of(-1), linewidth=1, linestyle=(0, (4, 3)))
        best = sorted(front([(spot.x, spot.y) for spot in spots]))
        axes.step([x for x, _ in best], [y for _, y in best], where="post", color=MUTED, linewidth=1.1, zorder=2)
        told = {}
        for number, spot in enumerate(spots):
            on_front = (spot.x, spot.y) in best
            colour = colour_of(spot.key.colour)
            gid = f"spot{number}"
            face = colour if on_front else PAPER
            axes.scatter(
                [spot.x], [spot.y], s=46, facecolors=face, edgecolors=colour, linewidths=1.6, zorder=3, gid=gid
            )
            told[gid] = [f"{spot.key.name}: {short_figure(spot.x)} {axis}, {short_figure(spot.y)}"]
        axes.set_xlabel(axis)
        axes.set_ylabel("")
        axes.tick_params(axis="y", labelcolor=MUTED)
        axes.locator_params(nbins=5)
        _widen(axes, [spot.x for spot in spots], [*(spot.y for spot in spots), *([] if floor is None else [floor])])
        axes.spines["left"].set_visible(False)
        return svg(figure, name, label, told)


def front(points: Sequence[tuple[float, float]]) -> set[tuple[float, float]]:
    """The Pareto front: points (cost, quality) that no other is at least as good as in both and better in one."""
    return {
        (cost, quality)
        for cost, quality in points
        if not any(c <= cost and q >= quality and (c, q) != (cost, quality) for c, q in points)
    }


def _widen(axes: Any, costs: Sequence[float], qualities: Sequence[float]) -> None:
    """Let each axis show at least what makes a difference: a quarter of a cost, two points of quality."""
    low, high = min(costs), max(costs)
    room = max(0.25 * high - (high - low), 0.0) / 2 + 0.08 * (high - low)
    axes.set_xlim(max(0.0, low - room), high + room)
    low, high = min(qualities), max(qualities)
    room = max(2.0 - (high - low), 0.0) / 2 + 0.1 * (high - low)
    axes.set_ylim(low - room, high + room)


def finite(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """The points that can be drawn."""
    known = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    return [a for a, _ in known], [b for _, b in known]


def short_figure(value: float) -> str:
    """A figure in few digits, thousands as k; what is no number is a dash."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value / 1000:.3g}k"
    return f"{value:.3g}".replace("-", "−")
