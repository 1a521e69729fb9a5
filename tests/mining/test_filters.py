from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lacoskit.mining.filters import RULES, Rules, choose, first_refusal

scores = st.lists(st.floats(-1, 1), min_size=1, max_size=30).map(lambda s: np.array([sorted(s, reverse=True)]))
positive = st.floats(-1, 1).map(lambda score: np.array([score]))
limit = st.one_of(st.none(), st.floats(0.01, 1))


def allowed(rules: Rules, found: np.ndarray, positives: np.ndarray) -> set[int]:
    return set(np.flatnonzero(first_refusal(rules.refused(found, positives))[0] == len(RULES)).tolist())


@given(scores, positive, limit, limit, st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_stricter_rule_keeps_nothing_that_a_looser_one_drops(
    found: np.ndarray, positives: np.ndarray, other: Any, another: Any, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    ranks = (1, 30)
    pairs = [  # stricter, looser
        (Rules(ranks, relative=low, margin=other), Rules(ranks, relative=high, margin=other)),
        (Rules(ranks, relative=low, absolute=another), Rules(ranks, relative=None, absolute=another)),
        (Rules(ranks, margin=high, relative=other), Rules(ranks, margin=low, relative=other)),
        (Rules(ranks, margin=low, relative=other), Rules(ranks, margin=None, relative=other)),
        (Rules(ranks, absolute=low, margin=other), Rules(ranks, absolute=high, margin=other)),
        (Rules((3, 9), relative=other), Rules((2, 10), relative=other)),
    ]
    for stricter, looser in pairs:
        assert allowed(stricter, found, positives) <= allowed(looser, found, positives)


@given(scores, positive, st.floats(0.01, 1))
def test_nothing_as_good_as_the_positive_gets_past_a_positive_aware_rule(
    found: np.ndarray, positives: np.ndarray, part: float
) -> None:
    for rules in (Rules((1, 30), relative=part), Rules((1, 30), margin=part)):
        assert all(found[0, place] < positives[0] for place in allowed(rules, found, positives))


@given(scores, positive, st.floats(0, 0.2), st.floats(-0.2, 0.2))
def test_a_better_positive_lets_more_through(
    found: np.ndarray, positives: np.ndarray, more: float, shift: float
) -> None:
    for rules in (Rules((1, 30), relative=0.9), Rules((1, 30), margin=0.05)):
        assert allowed(rules, found, positives) <= allowed(rules, found, positives + more)


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (Rules((1, 5), relative=0.95), [2, 3, 4]),  # under 0.76
        (Rules((1, 5), margin=0.15), [3, 4]),  # under 0.65
        (Rules((1, 5), absolute=0.5), [4]),
        (Rules((2, 4)), [1, 2, 3]),
        (Rules((1, 5)), [0, 1, 2, 3, 4]),
    ],
)
def test_the_limits_are_those_of_the_paper(rules: Rules, kept: list[int]) -> None:
    assert sorted(allowed(rules, np.array([[0.9, 0.8, 0.7, 0.6, 0.4]]), np.array([0.8]))) == kept


def test_a_negative_positive_score_is_a_limit_too() -> None:
    found = np.array([[-1.0, -1.99, -2.1, -2.21, -3.0]])
    assert sorted(allowed(Rules((1, 5), relative=0.9), found, np.array([-2.0]))) == [3, 4]  # under -2.2


@given(st.sets(st.integers(0, 40)), st.integers(1, 6), st.sampled_from(["top", "random"]), st.integers(0, 99))
def test_what_is_chosen_is_allowed_and_ordered_and_the_same_every_time(
    places: set[int], count: int, how: Any, seed: int
) -> None:
    found = np.sort(np.random.default_rng(seed).random(41))[::-1].round(1)
    chosen = choose(np.array(sorted(places), np.int64), found, count, how, seed)
    assert set(chosen.tolist()) <= places
    assert len(set(chosen.tolist())) == len(chosen) == min(count, len(places))
    assert (np.diff(found[chosen]) <= 0).all()
    np.testing.assert_array_equal(chosen, choose(np.array(sorted(places), np.int64), found, count, how, seed))
    if how == "top":
        assert chosen.tolist() == sorted(places)[:count]


def test_random_is_any_and_not_the_top() -> None:
    found = np.linspace(1, 0, 30)
    drawn = {tuple(choose(np.arange(30), found, 4, "random", (0, query)).tolist()) for query in range(200)}
    assert len(drawn) > 150
    assert set().union(*drawn) == set(range(30))
