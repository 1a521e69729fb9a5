"""Quality against memory, a point a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

COLOURS = ("#1f6f8b", "#d9a441", "#a23b72", "#4f9d69", "#5b5f97", "#c8553d", "#7a7a7a", "#2b2d42")
MARKERS = "osD^vP*X"

LEAST_POINTS, LEAST_SHARE = 2.0, 0.25
"""What an axis shows at least: points of the main figure x100, and a share of the memory. Less is no difference, and
would look like one."""


def plot(names: Mapping[str, str], rows: Sequence[Mapping[str, Any]], path: Path) -> str:
    """Draw the finished runs; return why there is no plot, if there is none.

    The first option that differs decides the colour of a point, the second its shape, and any others are written
    beside it.
    """
    drawn = [row for row in rows if row["status"] == "finished" and row["evaluation"]["mean_after"] is not None]
    if not drawn:
        return "no plot: no run has been evaluated (evaluation.tasks)"
    try:
        import matplotlib
    except ImportError:
        return "no plot: matplotlib is not installed; pip install 'lacoskit[plots]', and the same command draws it"
    matplotlib.use("Agg")  # there may be no screen
    from matplotlib import pyplot

    differing = [place for place in names if len({row["shown"].get(place, "") for row in drawn}) > 1] or list(names)
    colour, marker = (_assigned(differing[i : i + 1], drawn, looks) for i, looks in enumerate((COLOURS, MARKERS)))
    written = differing[2:]
    figure, axes = pyplot.subplots(figsize=(8, 5), layout="constrained")
    for row in drawn:
        at = (row["memory_gib"], row["evaluation"]["mean_after"])
        axes.scatter(*at, s=70, c=colour(row), marker=marker(row), edgecolors="white", linewidths=0.8, zorder=3)
        label = ", ".join(row["shown"].get(place, "") for place in written)
        axes.annotate(label, at, (7, 5), textcoords="offset points", fontsize=9)
    axes.legend(handles=_legend(names, differing[:2], drawn, colour, marker), frameon=False, fontsize=9)
    axes.set_xlabel("peak memory, GiB")
    axes.set_ylabel("main figure x100, mean of the tasks")
    axes.margins(0.15)
    _widen(axes)
    axes.grid(color="#e6e6e6", zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return ""


def _widen(axes: Any) -> None:
    """Let each axis show at least what makes a difference."""
    low, high = axes.get_xlim()
    missing = max(0.0, LEAST_SHARE * high - (high - low))
    axes.set_xlim(low - missing / 2, high + missing / 2)
    low, high = axes.get_ylim()
    missing = max(0.0, LEAST_POINTS - (high - low))
    axes.set_ylim(low - missing / 2, high + missing / 2)


def _assigned(places: Sequence[str], rows: Sequence[Mapping[str, Any]], looks: Sequence[str]) -> Any:
    """A function from a row to what stands for its value of the option; to the first where there is no option."""
    values = _values(places[0], rows) if places else []
    return lambda row: looks[values.index(row["shown"].get(places[0], "")) % len(looks) if places else 0]


def _values(place: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(row["shown"].get(place, "") for row in rows))


def _legend(
    names: Mapping[str, str], places: Sequence[str], rows: Sequence[Mapping[str, Any]], colour: Any, marker: Any
) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    for place, is_colour in zip(places, (True, False), strict=False):
        for value in _values(place, rows):
            row = {"shown": {place: value}}
            look = {"color": colour(row), "marker": "o"} if is_colour else {"color": "#7a7a7a", "marker": marker(row)}
            handles.append(Line2D([], [], linestyle="", markersize=8, label=f"{names[place]} {value}", **look))
    return handles
