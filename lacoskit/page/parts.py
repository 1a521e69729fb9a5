"""How each shape in which an analysis tells what it found is shown: one model beside another, on the same scale."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lacoskit.findings import Curve, Matrix, Part, Points, Rows, Values
from lacoskit.page.blocks import Block, Drawing, Drawings, Key, Table, Tables, cells
from lacoskit.page.maps import cloud, heat, limits, looks
from lacoskit.page.plots import Dot, Row, Trace, dots, finite, lines, short_figure

MOST = 700
"""Points of a map; of more, some are shown, evenly."""

LETTERS = 160
"""Of a text that is read where its point is pointed at."""

NARROW = 3
"""Columns of a table beside which another has room."""

Told = Sequence[tuple[Key, Any]]
"""A part of each model, with the model's name and colour; untrained models first."""


def shown(told: Sequence[tuple[Key, Part]], name: str) -> list[Block]:
    """The blocks of a part that several models have; name: what ids of its plots begin with."""
    return RENDERERS[type(told[0][1])](told, name)


def values(told: Told, name: str) -> list[Block]:
    """A sorted dot plot, the highest of the last model on top; what is no number has no dot, and comes last."""
    parts = [part for _, part in told]
    labels = list(dict.fromkeys(label for part in parts for label in part.values))
    known = {label: value for label, value in parts[-1].values.items() if math.isfinite(value)}
    labels.sort(key=lambda label: -known.get(label, -math.inf))
    rows = []
    for label in labels:
        found = [
            Dot(part.values[label], key.colour, f"{label}, {key.name}: {short_figure(part.values[label])}", slot=slot)
            for slot, (key, part) in enumerate(told)
            if math.isfinite(part.values.get(label, math.nan))
        ]
        rows.append(Row(label if found else f"{label}: –", found))
    drawn = dots(rows, name, parts[0].title, parts[0].unit)
    return [Drawings([Drawing(drawn, "")], [key for key, _ in told])]


def matrix(told: Told, name: str) -> list[Block]:
    """Heat maps side by side, as dark where values are as high."""
    scale = limits([value for _, part in told for line in part.values for value in line])
    unit = told[0][1].unit
    caption = f"{unit + ', ' if unit else ''}{short_figure(scale[0])} (pale) to {short_figure(scale[1])} (dark)"
    if scale[0] < 0:
        far = max(abs(scale[0]), abs(scale[1]))
        caption = f"{unit + ', ' if unit else ''}dark: {short_figure(far)}, and in another colour {short_figure(-far)}"
    drawings = [
        Drawing(
            heat(part.rows, part.columns, part.values, scale, f"{name}-{number}", f"{part.title}, {key.name}"),
            key.name,
            caption,
        )
        for number, (key, part) in enumerate(told)
        if part.rows and part.columns
    ]
    return [Drawings(drawings)]


def curve(told: Told, name: str) -> list[Block]:
    """A plot for each name of a line, with all models in it."""
    names = list(dict.fromkeys(line for _, part in told for line in part.lines))
    axis = told[0][1].axis
    drawings = []
    for number, line in enumerate(names):
        traces = []
        for key, part in told:
            known = part.lines.get(line, ())
            x, y = finite([float(part.first + place) for place in range(len(known))], [float(each) for each in known])
            traces.append(Trace(x, y, key.colour, f"{line}, {key.name}", marked=len(x) <= 60))
        title = f"{line}, {told[0][1].unit}" if told[0][1].unit else line
        drawings.append(Drawing(lines(traces, f"{name}-{number}", f"{told[0][1].title}: {line}", axis), title))
    return [Drawings(drawings, [key for key, _ in told])]


def points(told: Told, name: str) -> list[Block]:
    """Maps side by side, once for each grouping."""
    scale = (
        limits([value for _, part in told for value in part.x], 0.04),
        limits([value for _, part in told for value in part.y], 0.04),
    )
    blocks: list[Block] = []
    for place, grouping in enumerate(dict.fromkeys(group for _, part in told for group in part.groups)):
        having = [(key, part) for key, part in told if grouping in part.groups]
        keys = looks([label for _, part in having for label in part.groups[grouping]])
        drawings = []
        for number, (key, part) in enumerate(having):
            step = -(-len(part.x) // MOST) or 1
            texts = [text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…" for text in part.texts]
            chosen = (part.x[::step], part.y[::step], texts[::step], part.groups[grouping][::step])
            told_as = f"{part.title} by {grouping}, {key.name}"
            drawn = cloud(*chosen, keys, scale, f"{name}-{place}-{number}", told_as)
            caption = f"{len(chosen[0]):,} of {len(part.x):,} texts" if step > 1 else ""
            drawings.append(Drawing(drawn, f"{key.name}, by {grouping}", caption))
        blocks.append(Drawings(drawings, list(keys.values()), small=len(drawings) == 3))
    return blocks


def rows(told: Told, name: str) -> list[Block]:
    """Tables side by side, or one under another where they are wide."""
    tables = [
        Table(cells(*part.columns), [cells(*row) for row in part.rows], key.name, texts=len(part.columns))
        for key, part in told
    ]
    return [Tables(tables)] if max(len(part.columns) for _, part in told) <= NARROW else [*tables]


RENDERERS: Mapping[type[Any], Callable[[Told, str], list[Block]]] = {
    Values: values,
    Matrix: matrix,
    Curve: curve,
    Points: points,
    Rows: rows,
}
"""What shows each shape of lacoskit.findings."""
