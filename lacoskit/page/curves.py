"""The section of curves: what was recorded while the runs went on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from lacoskit.config import MEAN
from lacoskit.page.blocks import Block, Drawing, Drawings, Fold, Key, Prose, Section
from lacoskit.page.gathering import RunFolder, recorded
from lacoskit.page.plots import Trace, finite, lines

OF_TRAINING = {
    "loss": "Loss",
    "learning_rate": "Learning rate",
    "gradient_norm": "Gradient norm",
    "tokens_per_second": "Tokens per second",
}
"""Figures of training in the order in which they are shown, and their titles."""

OF_SOURCE = "loss/"
MOST = 300
"""Points of a line; where more were recorded, each is the mean of some that follow each other."""

ENDS = 2
"""Evaluations of a run that is measured before and after training only."""

AT_ONCE = 6
"""Evaluation figures that are seen before one opens the others."""


def curves(runs: Sequence[RunFolder]) -> Section:
    """Loss, learning rate, gradient norm, speed and evaluation figures over steps."""
    keys = [Key(run.name, number) for number, run in enumerate(runs)]
    training = _drawings(runs, OF_TRAINING, "curve")
    if not training:
        return Section("curves", "Curves", "The runs have left no metrics.jsonl, so there is nothing to draw.", [])
    evaluated = _drawings(runs, _evaluated(runs), "evaluated", marked=True, times=100)
    if len({line["step"] for run in runs for line in run.metrics if MEAN in line}) <= ENDS:
        evaluated = evaluated[:1]  # which lines between two points would not add to
    sources = _drawings(runs, {name: name.removeprefix(OF_SOURCE) for name in _sources(runs)}, "source")
    blocks: list[Block] = [Drawings(training, keys)]
    blocks += [Fold("Loss by source", [Drawings(sources, keys)])] if sources else []
    shown, rest = evaluated[:AT_ONCE], evaluated[AT_ONCE:]
    blocks += [Drawings(shown, keys)] if shown else []
    blocks += [Fold(f"{len(rest)} more", [Drawings(rest, keys)])] if rest else []
    odd = _not_finite(runs)
    blocks += [Prose(f"Not a number, and so not drawn: {', '.join(odd)}.", quiet=True)] if odd else []
    lead = "Over steps, as each run recorded them while it went on."
    if any(len(run.metrics) > MOST for run in runs):
        lead += f" Of a run with more lines than {MOST}, each point is the mean of some that follow each other."
    return Section("curves", "Curves", lead, blocks)


def _drawings(
    runs: Sequence[RunFolder], figures: Mapping[str, str], name: str, marked: bool = False, times: float = 1
) -> list[Drawing]:
    """A plot for each figure (and its title) that was recorded, with all runs in it."""
    found = []
    for place, (figure, title) in enumerate(figures.items()):
        traces = []
        for number, run in enumerate(runs):
            known = [line for line in run.metrics if figure in line]
            x, y = finite([float(line["step"]) for line in known], [times * float(line[figure]) for line in known])
            if x:
                traces.append(Trace(*_thinned(x, y), number, run.name, marked))
        if traces:
            found.append(Drawing(lines(traces, f"{name}-{place}", f"{title} over steps"), title))
    return found


def _thinned(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
    """Means of equally many points that follow each other."""
    if len(x) <= MOST:
        return list(x), list(y)
    size = -(-len(x) // MOST)
    starts = range(0, len(x), size)
    return [fmean(x[start : start + size]) for start in starts], [fmean(y[start : start + size]) for start in starts]


def _evaluated(runs: Sequence[RunFolder]) -> dict[str, str]:
    """The main figures of the tasks by which the runs measured themselves, and their mean, with their titles."""
    tasks = {one.task: one.figure for run in runs for one in recorded(run)}
    mean = {MEAN: "Mean of the main figures x100"} if len(tasks) > 1 else {}
    return mean | {f"{task}/{figure}": f"{task}: {figure} x100" for task, figure in tasks.items()}


def _sources(runs: Sequence[RunFolder]) -> list[str]:
    return list(dict.fromkeys(name for run in runs for name in _names(run.metrics) if name.startswith(OF_SOURCE)))


def _names(metrics: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for line in metrics for name in line))


def _not_finite(runs: Sequence[RunFolder]) -> list[str]:
    """Which figures of which run were not numbers at some steps."""
    found = []
    for run in runs:
        for figure in [*OF_TRAINING, *_evaluated([run])]:
            values = [float(line[figure]) for line in run.metrics if figure in line]
            bad = len(values) - len(finite(values, values)[0])
            found += [f"{figure} of {run.name} ({bad} times)"] if bad else []
    return found
