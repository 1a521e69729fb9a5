"""How sure a figure is: bootstrap intervals of one model's, and of the difference between two models'."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import TaskResult

LEVEL = 0.95
"""Of the intervals."""

Figure = Callable[[NDArray[np.int64]], float]


@dataclass(frozen=True)
class Interval:
    """From where to where a figure lies with a confidence of LEVEL."""

    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The main figure of one model less that of another, on the same units."""

    value: float
    interval: Interval
    p_value: float
    """Two-sided: how often resampling turns the sign, or comes to 0, at least 1 in the number of resamples."""


def interval(result: TaskResult, resamples: int, seed: int) -> Interval | None:
    """The percentile bootstrap interval of the main figure (Efron 1979); None where there is a single unit.

    None, too, where the figure is no number, as a correlation with cosines that are all the same, and where the task
    does not tell its units apart.
    """
    figure, units = result.resampled, result.units
    if figure is None or units is None or units < 2:
        return None
    found = _resampled(figure, units, resamples, seed)
    return _percentiles(found) if len(found) else None


def difference(one: TaskResult, other: TaskResult, resamples: int, seed: int) -> Difference | None:
    """The difference of two models by a paired bootstrap: the same units are drawn for both.

    None where the two were not measured by the same number of units, or by a single one, or one has no figure, or
    the task does not tell its units apart.
    """
    of_one, of_other, units = one.resampled, other.resampled, one.units
    if of_one is None or of_other is None or units is None or units < 2 or units != other.units:
        return None
    found = _resampled(lambda chosen: of_one(chosen) - of_other(chosen), units, resamples, seed)
    if not len(found):
        return None
    turned = min(float(np.mean(found <= 0)), float(np.mean(found >= 0)))
    value = one.figures[one.main] - other.figures[other.main]
    return Difference(value, _percentiles(found), min(1.0, max(2 * turned, 1 / resamples)))


def of_mean(values: Sequence[float], intervals: Sequence[Interval | None]) -> Interval | None:
    """The interval of the mean of independent figures, from their own (MOVER: Zou & Donner 2008, 10.1002/sim.3095).

    None where one of them has none. Figures on the same texts vary together, and their mean more than this tells.
    """
    known = [interval for interval in intervals if interval is not None]
    if not values or len(known) < len(values):
        return None
    below = math.hypot(*(value - each.low for value, each in zip(values, known, strict=True)))
    above = math.hypot(*(each.high - value for value, each in zip(values, known, strict=True)))
    mean = fmean(values)
    return Interval(mean - below / len(values), mean + above / len(values))


def _resampled(figure: Figure, units: int, resamples: int, seed: int) -> NDArray[np.float64]:
    """The figure of as many random choices of units, each of as many as there are, with repetitions.

    A choice by which there is nothing to tell, as one of equal scores, is left out.
    """
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.arange(units),),
        figure,
        vectorized=False,
        n_resamples=resamples,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).bootstrap_distribution
    return np.asarray(found[np.isfinite(found)], np.float64)


def _percentiles(found: NDArray[np.float64]) -> Interval:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(found, (tail, 100 - tail))
    return Interval(float(low), float(high))
