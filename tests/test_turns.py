"""Every batch is drawn from one source, by a plan that the seed and the step alone decide."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit.turns import Turns, shares

weights_of = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=6)


@settings(deadline=None)
@given(weights_of, st.integers(0, 200))
def test_a_total_is_shared_in_proportion_but_everyone_gets_something(weights: list[float], more: int) -> None:
    total = len(weights) + more
    given_out = shares(total, weights)
    assert sum(given_out) == total
    assert min(given_out) >= 1
    exact = [total * Fraction(weight) / sum(map(Fraction, weights)) for weight in weights]
    if all(quota >= 1 for quota in exact):
        assert all(abs(quota - count) < 1 + 1e-9 for quota, count in zip(exact, given_out, strict=True))
    for (one, its), (other, others) in itertools.combinations(zip(weights, given_out, strict=True), 2):
        assert (one - other) * (its - others) >= 0 or abs(its - others) <= 1


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (10, [1, 1], (5, 5)),
        (10, [3, 1], (8, 2)),  # 7.5 and 2.5: the first of equal remainders
        (10, [1, 1, 1], (4, 3, 3)),
        (10, [97, 2, 1], (8, 1, 1)),
        (3, [1e9, 1, 1], (1, 1, 1)),
        (7, [5], (7,)),
    ],
)
def test_shares_by_hand(total: int, weights: list[float], expected: tuple[int, ...]) -> None:
    assert shares(total, weights) == expected


def endless(count: int, size: int, orders: Iterator[np.ndarray]) -> Iterator[list[int]]:
    """The batches of a source as a loop would make them."""
    for order in orders:
        assert sorted(order) == list(range(count))
        for start in range(0, count - size + 1, size):
            yield order[start : start + size].tolist()


@pytest.mark.parametrize("seed", [0, 7, 2**40])
def test_a_single_source_has_the_order_that_it_always_had(seed: int) -> None:
    turns = Turns([23], [5.0], 4, seed)
    batches = endless(23, 4, (np.random.default_rng((seed, epoch)).permutation(23) for epoch in itertools.count()))
    assert turns.steps_per_epoch == 5
    for step, expected in zip(range(17), batches, strict=False):
        source, chosen = turns[step]
        assert (source, chosen.tolist()) == (0, expected)


plans = st.tuples(
    st.lists(st.tuples(st.integers(4, 30), st.floats(0.1, 20)), min_size=2, max_size=4), st.integers(0, 5)
)


@settings(deadline=None, max_examples=60)
@given(plans)
def test_every_source_goes_through_its_own_examples_again_and_again(
    plan: tuple[list[tuple[int, float]], int],
) -> None:
    sources, seed = plan
    counts, weights = zip(*sources, strict=True)
    turns = Turns(counts, weights, 4, seed)
    assert turns.steps_per_epoch == sum(count // 4 for count in counts)
    seen: dict[int, list[list[int]]] = {source: [] for source in range(len(counts))}
    for step in range(3 * turns.steps_per_epoch):
        source, chosen = turns[step]
        assert len(set(chosen.tolist())) == 4
        seen[source].append(chosen.tolist())
    for source, count in enumerate(counts):
        assert len(seen[source]) == 3 * turns.in_an_epoch[source]
        own_epoch = count // 4
        for start in range(0, len(seen[source]) - own_epoch + 1, own_epoch):
            once = [example for batch in seen[source][start : start + own_epoch] for example in batch]
            assert len(set(once)) == len(once)


@settings(deadline=None, max_examples=30)
@given(plans)
def test_a_step_can_be_asked_for_at_any_time(plan: tuple[list[tuple[int, float]], int]) -> None:
    sources, seed = plan
    counts, weights = zip(*sources, strict=True)
    turns = Turns(counts, weights, 4, seed)
    in_order = [turns[step] for step in range(2 * turns.steps_per_epoch)]
    for step in reversed(range(len(in_order))):
        source, chosen = Turns(counts, weights, 4, seed)[step] if step % 7 == 0 else turns[step]
        assert source == in_order[step][0]
        assert np.array_equal(chosen, in_order[step][1])


def test_every_epoch_shares_the_batches_by_weight_in_another_order() -> None:
    turns = Turns([400, 400, 40], [1, 2, 0.05], 4, 3)
    epochs = [[turns[e * turns.steps_per_epoch + i][0] for i in range(turns.steps_per_epoch)] for e in range(4)]
    assert {tuple(sorted(Counter(epoch).items())) for epoch in epochs} == {tuple(enumerate(turns.in_an_epoch))}
    assert turns.in_an_epoch == (69, 138, 3)
    assert len({tuple(epoch) for epoch in epochs}) == 4
    assert epochs[0] != sorted(epochs[0])


def test_sources_and_seeds_have_orders_of_their_own() -> None:
    firsts = {
        tuple(next(chosen for s, chosen in (turns[i] for i in itertools.count()) if s == source).tolist())
        for turns in (Turns([50, 50], [1, 1], 10, seed) for seed in (0, 1))
        for source in (0, 1)
    }
    assert len(firsts) == 4
