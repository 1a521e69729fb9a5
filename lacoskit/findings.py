"""What an analysis finds out about a model, in shapes that a terminal, a file and a page can show.

An analysis chooses a shape and says in a sentence how to read it; nobody but the page knows how it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A part of what was found: a title, and a sentence that says how to read it."""

    title: str
    reading: str = ""


@dataclass(frozen=True, kw_only=True)
class Values(Finding):
    """A number for each label, such as a language: a sorted dot plot."""

    values: Mapping[str, float]
    unit: str = ""
    """What the numbers are, as the axis says it."""


@dataclass(frozen=True, kw_only=True)
class Matrix(Finding):
    """A number for each pair of labels: a heat map."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float]]
    """[rows, columns]."""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Curve(Finding):
    """Numbers in an order, such as by layer: one line a name."""

    lines: Mapping[str, Sequence[float]]
    first: int = 0
    """The number on the axis where the lines begin."""
    axis: str = ""
    """What is counted along the axis, such as `layer`."""
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class Points(Finding):
    """Texts on a plane: a map, coloured by each of the groups in turn."""

    x: Sequence[float]
    y: Sequence[float]
    texts: Sequence[str]
    groups: Mapping[str, Sequence[str]]
    """What the points can be coloured by, such as `language`: the label of each point."""


@dataclass(frozen=True, kw_only=True)
class Rows(Finding):
    """A table of texts, such as the nearest neighbours of a few sentences."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


Part: TypeAlias = Values | Matrix | Curve | Points | Rows


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that one analysis has found out about one model."""

    figures: Mapping[str, float]
    """The few numbers that stand for the rest, by name, for the table that compares models; the main one first."""
    parts: Sequence[Part] = ()
    texts: int = 0
    """How many different texts were looked at."""
    reading: str = ""
    """How to read the figures, in a sentence or two."""
