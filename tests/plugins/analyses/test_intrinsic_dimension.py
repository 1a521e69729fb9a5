from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.analyses.intrinsic_dimension import (
    IntrinsicDimensionOptions,
    _two_nearest,
    check,
    examine,
    load,
    two_nn,
)
from sklearn.neighbors import NearestNeighbors


@pytest.mark.parametrize("dimensions", [1, 2, 5, 8])
def test_the_dimension_of_a_gaussian_is_found_wherever_it_lies(dimensions: int) -> None:
    generator = np.random.default_rng(dimensions)
    rotation = np.linalg.qr(generator.normal(size=(40, 40)))[0]
    points = generator.normal(size=(3000, dimensions)) @ rotation[:dimensions]
    assert two_nn(points) == pytest.approx(dimensions, rel=0.12)
    assert two_nn(7 * points + 3) == pytest.approx(two_nn(points), rel=1e-2)


def test_a_sphere_has_a_dimension_less_than_its_space() -> None:
    points = np.random.default_rng(0).normal(size=(3000, 4))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    assert two_nn(points) == pytest.approx(3, rel=0.1)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 60), st.integers(1, 6), st.integers(0, 1000))
def test_the_two_nearest_are_those_of_scikit_learn(count: int, dimensions: int, seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(count, dimensions))
    truth = NearestNeighbors(n_neighbors=3).fit(points).kneighbors(points)[0][:, 1:]
    np.testing.assert_allclose(np.stack(_two_nearest(points), 1), truth, atol=1e-7)


def test_a_vector_that_is_there_twice_counts_once() -> None:
    points = np.random.default_rng(0).normal(size=(200, 3))
    assert two_nn(np.concatenate([points, points[:90]])) == pytest.approx(two_nn(points))


def test_too_few_vectors_tell_nothing(constant_model: Any) -> None:
    assert np.isnan(two_nn(np.random.default_rng(0).normal(size=(19, 3))))
    assert np.isnan(examine(load(IntrinsicDimensionOptions(languages=("en",))), constant_model).figures["dimension"])


def test_languages_are_measured_apart(known: Any, write_rows: Any) -> None:
    generator = np.random.default_rng(0)
    points = {f"{code} {number}": generator.normal(size=2) for code in ("flat", "line") for number in range(600)}
    points = {text: (p if text.startswith("flat") else p * [1, 0]) for text, p in points.items()}
    rows = [{"text": text, "language": text.split()[0]} for text in points]
    options = IntrinsicDimensionOptions(files=(str(write_rows(rows)),), language="language")
    model = known(lambda text: [*(0.01 * points[text]), 1.0])
    assert check(options) == []
    found = examine(load(options), model)
    (part,) = found.parts
    assert part.values == pytest.approx({"flat": 2, "line": 1}, rel=0.15)
    assert found.figures["within a language"] == pytest.approx(np.mean(list(part.values.values())))
    assert found.texts == 1200
