from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.analyses.neighbours import NeighboursOptions, check, examine, hubness, load, others
from scipy.stats import skew
from sklearn.neighbors import NearestNeighbors

SMALL = NeighboursOptions(languages=("en", "fr", "zh"), size=30, neighbours=2)


@settings(max_examples=20, deadline=None)
@given(st.integers(4, 40), st.integers(0, 1000))
def test_neighbours_are_those_of_scikit_learn(count: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    truth = NearestNeighbors(n_neighbors=3).fit(vectors).kneighbors(return_distance=False)
    np.testing.assert_array_equal(others(vectors, 3), truth)


def test_hubness_is_the_skewness_of_how_often_a_text_is_near() -> None:
    found = np.random.default_rng(0).zipf(1.6, size=(50, 3)) % 50
    assert hubness(found, 50) == pytest.approx(skew(np.bincount(found.ravel(), minlength=50)))
    assert np.isnan(hubness(np.arange(10)[:, None], 10))


def test_a_model_that_knows_meanings_finds_the_same_in_other_languages(known: Any) -> None:
    data = load(SMALL)
    scenes = dict(zip(data.texts, data.scenes.tolist(), strict=True))
    found = examine(data, known(lambda text: np.random.default_rng(scenes[text]).normal(size=16)))
    assert list(found.figures) == ["same meaning", "other language", "hubness"]
    assert found.figures["same meaning"] == found.figures["other language"] == 1
    (rows,) = found.parts
    assert all(scenes[row[0]] == scenes[row[2]] and row[1] != row[3] and row[4] == "1.000" for row in rows.rows)
    assert {row[1] for row in rows.rows} == {"en", "fr", "zh"}


def test_a_model_that_knows_nothing_does_not(random_model: Any) -> None:
    assert examine(load(SMALL), random_model).figures["same meaning"] < 0.1


def test_probes_of_ones_own_are_shown_with_texts_of_ones_own(write_rows: Any, known: Any) -> None:
    texts = {f"text {n}": n / 10 for n in range(10)} | {"asked": 0.31}
    path = str(write_rows([{"text": text} for text in texts if text != "asked"] * 2))  # each twice
    options = NeighboursOptions(files=(path,), probes=("asked", "text 0"), neighbours=2)
    assert check(options) == []
    found = examine(load(options), known(lambda text: [np.cos(texts[text]), np.sin(texts[text])]))
    (rows,) = found.parts
    assert rows.columns == ["sentence", "near to it", "cosine"]
    assert [row[:2] for row in rows.rows] == [
        ["asked", "text 3"],
        ["asked", "text 4"],
        ["text 0", "text 1"],
        ["text 0", "text 2"],
    ]
    assert rows.rows[0][2] == f"{np.cos(0.01):.3f}"
    assert list(found.figures) == ["hubness"]
    assert found.texts == 10
