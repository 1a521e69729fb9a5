from __future__ import annotations

import numpy as np
import pytest

from lacoskit import TaskResult
from lacoskit.evaluating.intervals import Interval
from lacoskit.evaluating.means import ALL, OTHER, TRAINED, Mean, covered, means


def result(value: float, *languages: str) -> TaskResult:
    return TaskResult(figures={"ap": value, "f1": 0.0}, main="ap", languages=languages)


RESULTS = [result(0.9, "en"), result(0.5, "fra-Latn"), result(0.1, "de"), result(0.3, "en", "de"), result(0.7)]
UNKNOWN = [None] * 5


def test_languages_that_the_model_was_trained_on_and_others_are_apart() -> None:
    assert means(RESULTS, UNKNOWN, {"en", "fr"}) == {
        ALL: Mean(pytest.approx(0.5), 5),
        TRAINED: Mean(pytest.approx(0.7), 2),
        OTHER: Mean(pytest.approx(0.2), 2),
    }


def test_of_a_model_whose_languages_nobody_knows_there_is_one_mean() -> None:
    assert list(means(RESULTS, UNKNOWN, None)) == [ALL]


def test_a_group_without_a_task_has_no_mean() -> None:
    assert list(means(RESULTS[:2], UNKNOWN[:2], {"en", "fr"})) == [ALL, TRAINED]


def test_a_mean_has_an_interval_where_all_its_tasks_have_one() -> None:
    intervals = [
        Interval(0.8, 1.0, np.linspace(0.8, 1, 101)),
        Interval(0.4, 0.6, np.linspace(0.4, 0.6, 101)),
        None,
        None,
        None,
    ]
    found = means(RESULTS, intervals, {"en", "fr"})
    assert found[TRAINED].interval == Interval(pytest.approx(0.605), pytest.approx(0.795))
    assert found[ALL].interval is None
    assert found[OTHER].interval is None


def test_both_written_forms_of_norwegian_are_norwegian() -> None:
    assert covered(["nob-Latn", "nno_Latn", "nb"], {"no"})
    assert not covered(["nob-Latn"], {"en"})
