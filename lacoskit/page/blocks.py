"""What a section of the page is made of; the template knows how each block looks, sections only what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

BASE = -1
"""The place of an untrained model among the colours, which is grey; runs have 0, 1, 2, ..."""


@dataclass(frozen=True)
class Prose:
    """A paragraph."""

    text: str
    kind: str = "block-prose"
    quiet: bool = False
    """A remark, smaller than the rest."""
    command: str = ""
    """What to type, under it."""


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a name, its colour, and its shape."""

    name: str
    colour: int
    mark: int = 0


@dataclass(frozen=True)
class Drawing:
    """A plot as SVG, with its title, if it needs one, and what is to be said under it."""

    svg: str
    title: str
    caption: str = ""


@dataclass(frozen=True)
class Drawings:
    """Plots side by side where there is room, under one legend."""

    drawings: Sequence[Drawing]
    legend: Sequence[Key] = ()
    small: bool = False
    """Three of them side by side, where others are two."""
    kind: str = "block-drawings"


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what is in it, and what it says of its text."""

    text: str
    remark: str = ""
    """Stands behind the text, smaller."""
    verdict: str = ""
    """`better`, `worse`, `best`, or nothing."""
    colour: int | None = None
    """A dot of this colour stands before the text."""
    preformatted: bool = False
    span: int = 1
    """How many columns it takes."""


@dataclass(frozen=True)
class Table:
    """Rows under the names of columns; what is in the first `texts` columns is text, all else are numbers."""

    columns: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""
    texts: int = 1
    last: int = 0
    """How many of the last rows sum up the others."""
    kind: str = "block-table"


@dataclass(frozen=True)
class Tables:
    """Tables side by side where there is room."""

    tables: Sequence[Table]
    kind: str = "block-tables"


@dataclass(frozen=True)
class Line:
    """What one model, or all, say of an example."""

    name: str
    text: str
    when: str = ""
    """`before` or `after`, where the two say different things."""


@dataclass(frozen=True)
class Example:
    """A unit of a task before and after."""

    lines: Sequence[Line]
    before: str
    after: str
    change: str


@dataclass(frozen=True)
class Examples:
    """What improved most beside what worsened most."""

    improved: Sequence[Example]
    worsened: Sequence[Example]
    kind: str = "block-examples"


@dataclass(frozen=True)
class Fold:
    """Blocks that are seen when their title is opened, and in print; if not `printed`, only when it is opened."""

    title: str
    blocks: Sequence[Block]
    opened: bool = False
    printed: bool = True
    kind: str = "block-fold"


@dataclass(frozen=True)
class Heading:
    """A heading within a section."""

    text: str
    level: int = 3
    kind: str = "block-heading"


Block: TypeAlias = Prose | Drawings | Table | Tables | Examples | Fold | Heading


@dataclass(frozen=True)
class Section:
    """A part of the page that the table of contents names."""

    name: str
    """Its place in the page's address, after `#`."""
    title: str
    lead: str
    """The sentence that says what is seen here."""
    blocks: Sequence[Block]


def cells(*texts: str) -> list[Cell]:
    """Plain cells."""
    return [Cell(text) for text in texts]
