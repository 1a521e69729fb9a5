"""From matplotlib to SVG that stands within a page: its text is text, its colours are those of the page.

Figures are drawn in colours that stand for the page's own (ink, muted, grid, one for each model), which become names of
the style sheet: so a figure is dark where the page is, and in print as print is. Their text has the page's font, which
matplotlib does not know: room for it is left by what letters take in most fonts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

INK, MUTED, GRID, PAPER = "#010203", "#040506", "#070809", "#0a0b0c"
SERIES = tuple(f"#10{number:02x}30" for number in range(8))
"""Of the runs, and of what else is told apart by colour."""
UNTRAINED = "#102031"
NAMES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper", UNTRAINED: "base"} | {
    colour: f"c{number}" for number, colour in enumerate(SERIES)
}
"""What stands for each of the page's colours while a figure is drawn."""

FONT = 9.5
"""Points, of 72 to the inch; the figure is shown at 96 or more pixels an inch."""

PER_INCH = 72.0
FORBIDDEN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold, not even escaped (all but its production Char); UTF-8 has no surrogates either."""

ID = re.compile(r"url\(#([^)]+)\)")


def colour_of(number: int) -> str:
    """The colour of a run, or of the untrained model."""
    return UNTRAINED if number < 0 else SERIES[number % len(SERIES)]


@contextmanager
def canvas(width: float, height: float, margins: tuple[float, float, float, float]) -> Iterator[tuple[Any, Any]]:
    """A figure and its axes: width and height in points, and the margins left, right, bottom and top of the axes."""
    import matplotlib

    matplotlib.use("Agg")  # there may be no screen
    from matplotlib import pyplot

    left, right, bottom, top = margins
    with matplotlib.rc_context(_look()):
        figure = pyplot.figure(figsize=(width / PER_INCH, height / PER_INCH))
        box = (left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height)
        axes = figure.add_axes(box)
        axes.set_axisbelow(True)
        try:
            yield figure, axes
        finally:
            pyplot.close(figure)


def svg(figure: Any, name: str, label: str, told: Mapping[str, Sequence[str]] | None = None) -> str:
    """The figure as SVG for a page: no other has its ids, which start with `name`.

    label: what it shows, for those who do not see it. told: by the gid of an artist, what is read when one of its
    points is pointed at, in the order of the points.
    """
    import warnings

    file = BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the page's font has what matplotlib's has not
        figure.savefig(file, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    root = ElementTree.fromstring(holdable(file.getvalue().decode()))  # noqa: S314 - as matplotlib has written it
    for element in root.iter():
        element.tag = _plain(element.tag)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            element.attrib[_plain(key)] = _recoloured(value)
    for metadata in root.findall("metadata"):
        root.remove(metadata)
    groups = {element.get("id"): element for element in root.iter("g")}
    for gid, texts in (told or {}).items():
        _tell(groups[gid], gid, texts)
    _rename(root, name)
    view = root.attrib["viewBox"]
    root.attrib.clear()
    root.attrib |= {"viewBox": view, "role": "img", "aria-label": label, "class": "plot"}
    root.tail = None
    return ElementTree.tostring(root, encoding="unicode")


def holdable(text: str) -> str:
    """The text without characters that a page cannot hold."""
    return FORBIDDEN.sub("", text)


def text_width(text: str, size: float = FONT) -> float:
    """About how wide a text is in a page's font, in points: rather too much than too little."""
    return size * sum(1.02 if unicodedata.east_asian_width(letter) in "WF" else 0.56 for letter in text)


def shortened(text: str, letters: int = 30) -> str:
    """A label that is not too long: its beginning and its end, which may be what tells it from others."""
    text = holdable(text)
    if len(text) <= letters:
        return text
    end = letters // 3
    return f"{text[: letters - end - 1].rstrip()}…{text[-end:].lstrip()}"


def _look() -> dict[str, Any]:
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": "lacoskit",
        "font.size": FONT,
        "axes.edgecolor": GRID,
        "axes.labelcolor": MUTED,
        "axes.labelsize": FONT,
        "axes.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.7,
        "text.color": INK,
        "xtick.color": GRID,
        "ytick.color": GRID,
        "xtick.labelcolor": MUTED,
        "ytick.labelcolor": INK,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "lines.linewidth": 1.4,
        "lines.solid_capstyle": "round",
        "text.parse_math": False,  # a dollar sign is a dollar sign
    }


def _plain(name: str) -> str:
    """A name without its namespace, which HTML knows by itself."""
    return name.rpartition("}")[2]


def _recoloured(value: str) -> str:
    """A style with the names of the page's colours, and without fonts: the page has its own."""
    for colour, name in NAMES.items():
        value = value.replace(colour, f"var(--{name})")
    value = re.sub(r"font: (?:[\w-]+ )*?([\d.]+px) [^;]*", r"font-size: \1", value)
    return re.sub(r"font-family: [^;]*;? ?", "", value)


def _tell(group: Any, gid: str, texts: Sequence[str]) -> None:
    """Give each shape of a group a title, which browsers show where it is pointed at."""
    within_defs = {id(each) for defs in group.iter("defs") for each in defs.iter()}
    shapes = [each for each in group.iter() if each.tag in ("use", "path") and id(each) not in within_defs]
    assert len(shapes) == len(texts), f"{gid}: {len(shapes)} shapes for {len(texts)} texts"
    for shape, text in zip(shapes, texts, strict=True):
        title = ElementTree.SubElement(shape, "title")
        title.text = text


def _rename(root: Any, name: str) -> None:
    """Keep the ids that something refers to, each with the figure's name before it."""
    used = {element.get("href", "").removeprefix("#") for element in root.iter()}
    used |= {found for element in root.iter() for value in element.attrib.values() for found in ID.findall(value)}
    numbers: dict[str, str] = {}
    for element in root.iter():
        known = element.attrib.pop("id", None)
        if known in used:
            element.attrib["id"] = numbers.setdefault(known, f"{name}-{len(numbers)}")
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = f"#{numbers[value.removeprefix('#')]}"
            else:
                element.attrib[key] = ID.sub(lambda found: f"url(#{numbers[found[1]]})", value)
