from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from lacoskit.components import TaskResult
from lacoskit.evaluating import intervals
from lacoskit.evaluating.intervals import difference, difference_of_means, interval, of_mean


def mean_of(values: NDArray[np.float64]) -> TaskResult:
    """A task whose figure is the mean of these values, one a unit."""

    def mean(units: NDArray[np.int64]) -> float:
        return float(values[units].mean())

    return TaskResult(figures={"mean": float(values.mean())}, main="mean", units=len(values), resampled=mean)


def tracemalloc_peak(call: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_the_interval_of_a_mean_is_that_of_the_central_limit_theorem() -> None:
    values = np.random.default_rng(1).normal(0.4, 0.2, 400)
    found = interval(mean_of(values), 4000, 0)
    reach = 1.96 * values.std() / 20
    assert found is not None
    assert (found.low, found.high) == pytest.approx((values.mean() - reach, values.mean() + reach), abs=0.1 * reach)


def test_it_covers_the_truth_about_as_often_as_it_says() -> None:
    draws = (np.random.default_rng(seed).exponential(1.0, 80) for seed in range(150))
    found = [interval(mean_of(values), 300, 0) for values in draws]
    covered = np.mean([one is not None and one.low <= 1.0 <= one.high for one in found])
    assert 0.86 <= covered <= 0.99


def test_a_paired_difference_is_sure_where_two_intervals_overlap() -> None:
    """Queries differ much from each other, and one model is a little better at each of them."""
    hardness = np.random.default_rng(2).uniform(0, 1, 200)
    better = hardness + np.random.default_rng(3).normal(0.02, 0.01, 200)
    one, other = interval(mean_of(better), 500, 0), interval(mean_of(hardness), 500, 0)
    assert one is not None
    assert other is not None
    assert one.low < other.high
    found = difference(mean_of(better), mean_of(hardness), 500, 0)
    assert found is not None
    assert found.p_value <= 2 / 500
    assert found.interval.low > 0
    assert found.value == pytest.approx(0.02, abs=0.002)


def test_two_models_alike_are_not_told_apart() -> None:
    noise = np.random.default_rng(4).normal(0, 1, (2, 200))
    found = difference(mean_of(noise[0]), mean_of(noise[1]), 500, 0)
    assert found is not None
    assert found.p_value > 0.05
    assert found.interval.low < 0 < found.interval.high


def test_the_same_seed_gives_the_same_interval_and_the_sign_turns_with_the_order() -> None:
    values = np.random.default_rng(5).normal(0, 1, (2, 50))
    one, other = mean_of(values[0]), mean_of(values[1])
    assert interval(one, 200, 7) == interval(one, 200, 7)
    there, back = difference(one, other, 200, 7), difference(other, one, 200, 7)
    assert there is not None
    assert back is not None
    assert there.value == -back.value
    assert there.p_value == back.p_value


def test_a_single_unit_and_different_numbers_of_units_say_nothing() -> None:
    assert interval(mean_of(np.ones(1)), 200, 0) is None
    assert difference(mean_of(np.ones(3)), mean_of(np.ones(4)), 200, 0) is None


def test_a_model_that_gives_no_figure_has_no_interval() -> None:
    nothing, something = mean_of(np.full(5, np.nan)), mean_of(np.arange(5.0))
    assert interval(nothing, 200, 0) is None
    assert difference(nothing, something, 200, 0) is None
    assert difference(something, nothing, 200, 0) is None


def test_a_task_that_does_not_tell_its_units_apart_has_no_interval() -> None:
    whole, apart = TaskResult(figures={"mean": 0.5}, main="mean"), mean_of(np.arange(5.0))
    assert interval(whole, 200, 0) is None
    assert difference(whole, whole, 200, 0) is None
    assert difference(whole, apart, 200, 0) is None


def test_the_interval_of_a_mean_of_tasks_covers_the_truth_about_as_often_as_it_says() -> None:
    """Three skewed tasks of different sizes, whose true figures are 1, 2 and 4."""
    covered = []
    for seed in range(150):
        random = np.random.default_rng(seed)
        tasks = [mean_of(random.exponential(truth, units)) for truth, units in ((1, 60), (2, 90), (4, 200))]
        found = of_mean([interval(task, 300, 0) for task in tasks])
        covered.append(found is not None and found.low <= 7 / 3 <= found.high)
    assert 0.88 <= np.mean(covered) <= 0.99


def test_the_interval_of_a_mean_of_tasks_is_that_of_resampling_all_of_them() -> None:
    random = np.random.default_rng(6)
    samples = [random.exponential(1, 40), random.normal(3, 1, 80), random.uniform(0, 5, 60)]
    resampled = [np.mean([random.choice(one, len(one)).mean() for one in samples]) for _ in range(4000)]
    found = of_mean([interval(mean_of(values), 4000, 0) for values in samples])
    assert found is not None
    low, high = np.percentile(resampled, (2.5, 97.5))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1 * (high - low))


def test_translations_of_one_set_make_a_mean_no_surer_than_they_are_different() -> None:
    """Five tasks of the same 100 pairs, and two models that are alike: by chance the means differ in 1 of 20 tries."""
    told = []
    for seed in range(150):
        random = np.random.default_rng(seed)
        of_pair = random.normal(0, 1, 100)
        gains = [of_pair + random.normal(0, 0.5, 100) for _ in range(5)]
        model, other = np.zeros(100), mean_of(np.zeros(100))
        tests = [difference(mean_of(model + gain), other, 300, 0) for gain in gains]
        found = difference_of_means(tests)
        assert found is not None
        told.append(found.p_value < 0.05)
    assert 0.01 <= np.mean(told) <= 0.12


def test_a_mean_of_tasks_of_which_one_has_no_interval_has_none() -> None:
    known = interval(mean_of(np.arange(10.0)), 300, 0)
    test = difference(mean_of(np.arange(10.0)), mean_of(np.zeros(10)), 300, 0)
    assert of_mean([known, None]) is of_mean([]) is None
    assert difference_of_means([test, None]) is difference_of_means([]) is None


def test_many_units_are_not_all_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    task = mean_of(np.random.default_rng(7).normal(0, 1, 500))
    whole = interval(task, 300, 0)
    monkeypatch.setattr(intervals, "AT_ONCE", 2_000)
    assert interval(task, 300, 0) == whole
    with_one = tracemalloc_peak(lambda: interval(task, 20_000, 0))
    monkeypatch.setattr(intervals, "AT_ONCE", 10**9)
    assert with_one < 0.2 * tracemalloc_peak(lambda: interval(task, 20_000, 0))
