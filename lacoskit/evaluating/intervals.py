"""How sure a figure is: bootstrap intervals of one model's, of the difference between two models', and of means.

A figure's draws are its values by so many resamples of a task's units. The same seed makes the same choices for all
figures on as many units, so that draws may be set against each other one by one: of two models on the same units, and
of tasks that are translations of each other, whose figures go up and down together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import TaskResult

LEVEL = 0.95
"""Of the intervals."""

SURE = 0.05
"""The p-value below which a difference counts as sure."""

AT_ONCE = 2**23
"""Units that are drawn at a time."""

Figure = Callable[[NDArray[np.int64]], float]
Draws = NDArray[np.float64]
"""float64 [resamples]; NaN where a choice leaves nothing to tell, as one of equal scores."""


@dataclass(frozen=True)
class Interval:
    """From where to where a figure lies with a confidence of LEVEL."""

    low: float
    high: float
    draws: Draws = field(default_factory=lambda: np.empty(0), repr=False, compare=False)

    def __str__(self) -> str:
        """Half of it in points, as it stands behind a figure times 100."""
        return f"±{50 * (self.high - self.low):.1f}"

    def as_mapping(self) -> dict[str, float]:
        """Its ends."""
        return {"low": self.low, "high": self.high}


@dataclass(frozen=True)
class Difference:
    """The main figure of one model less that of another, on the same units."""

    value: float
    interval: Interval
    p_value: float
    """Two-sided: how often resampling turns the sign, or comes to 0, at least 1 in the number of resamples."""

    def as_mapping(self) -> dict[str, object]:
        """Plain values."""
        return {"value": self.value, "interval": self.interval.as_mapping(), "p_value": self.p_value}


def interval(result: TaskResult, resamples: int, seed: int) -> Interval | None:
    """The percentile bootstrap interval of the main figure (Efron 1979); None where there is a single unit.

    None, too, where the figure is no number, as a correlation with cosines that are all the same, and where the task
    does not tell its units apart.
    """
    figure, units = result.resampled, result.units
    if figure is None or units is None or units < 2:
        return None
    return _percentiles(_resampled(figure, units, resamples, seed))


def difference(one: TaskResult, other: TaskResult, resamples: int, seed: int) -> Difference | None:
    """The difference of two models by a paired bootstrap: the same units are drawn for both.

    None where the two were not measured by the same number of units, or by a single one, or one has no figure, or
    the task does not tell its units apart.
    """
    of_one, of_other, units = one.resampled, other.resampled, one.units
    if of_one is None or of_other is None or units is None or units < 2 or units != other.units:
        return None
    draws = _resampled(lambda chosen: of_one(chosen) - of_other(chosen), units, resamples, seed)
    return _judged(one.figures[one.main] - other.figures[other.main], _percentiles(draws))


def of_mean(intervals: Sequence[Interval | None]) -> Interval | None:
    """The interval of the mean of several tasks' figures; None where one of them has none.

    The mean of their draws: tasks on as many units are drawn together, as translations of one set have to be, and
    others apart.
    """
    known = [each for each in intervals if each is not None]
    return (
        _percentiles(np.mean([each.draws for each in known], axis=0))
        if known and len(known) == len(intervals)
        else None
    )


def difference_of_means(differences: Sequence[Difference | None]) -> Difference | None:
    """The mean of a model's differences from another by several tasks; None where one of them has none."""
    known = [each for each in differences if each is not None]
    if not known or len(known) < len(differences):
        return None
    value = float(np.mean([each.value for each in known]))
    return _judged(value, of_mean([each.interval for each in known]))


def _judged(value: float, interval: Interval | None) -> Difference | None:
    if interval is None:
        return None
    found = interval.draws[np.isfinite(interval.draws)]
    turned = min(float(np.mean(found <= 0)), float(np.mean(found >= 0)))
    return Difference(value, interval, min(1.0, max(2 * turned, 1 / len(interval.draws))))


def _resampled(figure: Figure, units: int, resamples: int, seed: int) -> Draws:
    """The figure of as many random choices of units, each of as many as there are, with repetitions."""
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.arange(units),),
        figure,
        vectorized=False,
        n_resamples=resamples,
        batch=max(1, AT_ONCE // units),  # all choices at once would take gigabytes of a large set
        method="percentile",
        rng=np.random.default_rng(seed),
    )
    return np.asarray(found.bootstrap_distribution, np.float64)


def _percentiles(draws: Draws) -> Interval | None:
    """None where no choice leaves anything to tell."""
    found = draws[np.isfinite(draws)]
    if not len(found):
        return None
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.percentile(found, (tail, 100 - tail))
    return Interval(float(low), float(high), draws)
