"""The sections of what the runs cost, and of what that bought: a table, and planes with their Pareto fronts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lacoskit.comparison.outcome import steady
from lacoskit.page.blocks import Cell, Drawing, Drawings, Key, Prose, Section, Table
from lacoskit.page.gathering import RunFolder
from lacoskit.page.plots import Spot, plane
from lacoskit.page.results import legend, one_base
from lacoskit.page.scores import Scores
from lacoskit.units import GIB, duration, in_bytes, short

MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """Something that is better the less (or the more) there is of it: where it stands, and how it is written."""

    name: str
    value: Callable[[RunFolder], Any]
    write: Callable[[Any], str]
    best: Callable[[Sequence[Any]], Any] | None = None


COSTS = (
    Cost("training took", lambda run: run.about.get("seconds"), duration, min),
    Cost("texts/s", lambda run: steady(run.metrics, "texts_per_second"), "{:,.0f}".format, max),
    Cost("tokens/s", lambda run: steady(run.metrics, "tokens_per_second"), "{:,.0f}".format, max),
    Cost("peak memory", lambda run: run.about.get("memory_gib"), "{:.2f} GiB".format, min),
    Cost("all weights", lambda run: run.about.get("weight_bytes"), in_bytes, min),
    Cost("parameters trained", lambda run: run.about.get("trained_parameters"), short, min),
)


def cost(runs: Sequence[RunFolder]) -> Section:
    """Time, speed, memory and sizes of each run."""
    columns = [Cell("run"), *(Cell(one.name) for one in COSTS)]
    rows = [
        [Cell(run.name, colour=number), *(_cell(one, run, runs) for one in COSTS)] for number, run in enumerate(runs)
    ]
    remarks = "Speeds are medians over the run but for its warming up. Energy was not measured."
    resumed = [run.name for run in runs if run.about.get("first_step")]
    if resumed:
        remarks += f" {', '.join(resumed)} had been interrupted: time and memory are those since."
    if len({run.about.get("device") for run in runs}) > 1:
        remarks += " The runs were on different devices, which time and speed depend on."
    return Section(
        "cost",
        "What it cost",
        "Of training, as the runs recorded it.",
        [Table(columns, rows), Prose(remarks, quiet=True)],
    )


def _cell(one: Cost, run: RunFolder, runs: Sequence[RunFolder]) -> Cell:
    value = one.value(run)
    if value is None:
        return Cell("–")
    known = [other for each in runs if (other := one.value(each)) is not None]
    differ = one.best is not None and len({one.write(other) for other in known}) > 1
    best = differ and one.best is not None and one.write(value) == one.write(one.best(known))
    return Cell(one.write(value), verdict="best" if best else "")


def planes(scores: Scores, runs: Sequence[RunFolder]) -> Section | None:
    """Mean quality against each cost; None where there are not two runs that can be compared."""
    known = [(number, run, mean) for number, run in enumerate(runs) if (mean := scores.mean(run.name)) is not None]
    if len(known) < 2:
        return None
    floor = scores.mean(known[0][1].name, "before") if one_base(scores, runs) else None
    sizes = [run.about.get("weight_bytes") for _, run, _ in known]
    unit, per = ("GiB", GIB) if max((size or 0 for size in sizes), default=0) >= GIB else ("MiB", MIB)
    axes: dict[str, Callable[[RunFolder], float | None]] = {
        f"weights, {unit}": lambda run: _over(run.about.get("weight_bytes"), per),
        "peak memory, GiB": lambda run: run.about.get("memory_gib"),
        "minutes of training": lambda run: _over(run.about.get("seconds"), 60),
    }
    drawings = []
    for place, (axis, value) in enumerate(axes.items()):
        spots = [
            Spot(cost, 100 * mean, Key(run.name, number))
            for number, run, mean in known
            if (cost := value(run)) is not None
        ]
        if len(spots) > 1:
            told = f"mean main figure x100 against {axis}"
            drawings.append(
                Drawing(plane(spots, f"plane-{place}", told, axis, None if floor is None else 100 * floor), axis)
            )
    if not drawings:
        return None
    lead = (
        "The mean of all main figures (times 100, upwards) against what it takes. Filled: no other run is both better "
        "and cheaper (the Pareto front, joined)."
    )
    lead += "" if floor is None else " Dashed: untrained."
    return Section("plane", "Quality against cost", lead, [Drawings(drawings, legend(scores, runs), small=True)])


def _over(value: float | None, per: float) -> float | None:
    return None if value is None else value / per
