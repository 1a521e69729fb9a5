from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.analyses.isotropy import (
    IsotropyOptions,
    check,
    examine,
    iso_score,
    load,
    mean_cosine,
    uniformity,
    variance_shares,
)
from numpy.typing import NDArray
from sklearn.decomposition import PCA

SIZES = st.tuples(st.integers(2, 30), st.integers(2, 12), st.integers(0, 1000))
SMALL = IsotropyOptions(languages=("en", "fr"), size=30)


def units(count: int, dimensions: int, seed: int, centre: float = 0.5) -> NDArray[np.float64]:
    vectors = np.random.default_rng(seed).normal(centre, size=(count, dimensions))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@settings(max_examples=30, deadline=None)
@given(SIZES)
def test_the_mean_cosine_is_that_of_all_pairs(sizes: tuple[int, int, int]) -> None:
    vectors = units(*sizes)
    count = len(vectors)
    truth = np.mean([vectors[i] @ vectors[j] for i in range(count) for j in range(count) if i != j])
    assert mean_cosine(vectors) == pytest.approx(truth, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(SIZES)
def test_uniformity_is_what_wang_and_isola_compute(sizes: tuple[int, int, int]) -> None:
    vectors = torch.from_numpy(units(*sizes))
    truth = torch.pdist(vectors).pow(2).mul(-2).exp().mean().log()
    assert uniformity(vectors.numpy()) == pytest.approx(truth.item(), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(SIZES)
def test_iso_score_is_that_of_the_published_steps(sizes: tuple[int, int, int]) -> None:
    count, dimensions, seed = sizes
    points = np.random.default_rng(seed).normal(size=(count + dimensions, dimensions)) * np.arange(1, dimensions + 1)
    diagonal = np.diag(np.cov(PCA().fit_transform(points), rowvar=False))
    scaled = np.sqrt(dimensions) * diagonal / np.linalg.norm(diagonal)
    defect = np.linalg.norm(scaled - 1) / np.sqrt(2 * (dimensions - np.sqrt(dimensions)))
    used = (dimensions - defect**2 * (dimensions - np.sqrt(dimensions))) ** 2 / dimensions**2
    assert iso_score(points) == pytest.approx((dimensions * used - 1) / (dimensions - 1), abs=1e-9)


@pytest.mark.parametrize("used", [1, 3, 8])
def test_iso_score_counts_the_dimensions_that_are_used(used: int) -> None:
    points = np.zeros((4000, 8))
    points[:, :used] = np.random.default_rng(0).choice([-1.0, 1.0], (4000, used))
    assert iso_score(points) == pytest.approx((used - 1) / 7, abs=0.02)


def test_the_shares_of_variance_are_those_of_scikit_learn() -> None:
    vectors = units(40, 6, 3)
    np.testing.assert_allclose(variance_shares(vectors), PCA().fit(vectors).explained_variance_ratio_, atol=1e-12)


def test_vectors_by_chance_fill_the_space(random_model: Any) -> None:
    found = examine(load(SMALL), random_model)
    assert list(found.figures) == ["mean cosine", "uniformity", "alignment", "IsoScore", "first component"]
    assert found.figures["mean cosine"] == pytest.approx(0, abs=0.02)
    assert found.figures["alignment"] == pytest.approx(2, abs=0.2)  # sentences of the same meaning are as far as others
    assert found.figures["uniformity"] == pytest.approx(-4 + 8 / 24, abs=0.3)
    assert found.figures["IsoScore"] > 0.7
    assert found.texts == 120


def test_vectors_that_are_all_the_same_have_one_direction(constant_model: Any) -> None:
    figures = examine(load(SMALL), constant_model).figures
    assert figures["mean cosine"] == pytest.approx(1)
    assert figures["uniformity"] == pytest.approx(0, abs=1e-6)
    assert figures["alignment"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(figures["IsoScore"])


def test_alignment_is_the_mean_squared_distance_of_pairs(random_model: Any, write_rows: Any) -> None:
    rows = [{"a": f"text {number}", "b": f"other {number}", "code": "en"} for number in range(20)]
    options = IsotropyOptions(files=(str(write_rows(rows)),), sentence1="a", sentence2="b", language="code")
    assert check(options) == []
    first, second = (random_model([row[side] for row in rows], None).astype(np.float64) for side in "ab")
    truth = np.mean([np.linalg.norm(one - other) ** 2 for one, other in zip(first, second, strict=True)])
    found = examine(load(options), random_model)
    assert found.figures["alignment"] == pytest.approx(truth, abs=1e-6)
    assert found.texts == 40


def test_a_text_that_is_there_twice_counts_once(random_model: Any, write_rows: Any) -> None:
    rows = [{"sentence1": "the same", "sentence2": f"text {number}"} for number in range(20)]
    found = examine(load(IsotropyOptions(files=(str(write_rows(rows)),))), random_model)
    texts = ["the same", *(row["sentence2"] for row in rows)]
    assert found.texts == 21
    assert found.figures["mean cosine"] == pytest.approx(mean_cosine(random_model(texts, None).astype(np.float64)))


def test_within_a_language_too_all_texts_count_and_each_once(random_model: Any, write_rows: Any) -> None:
    rows = [
        {"sentence1": f"text {number // 3}", "sentence2": f"other {number}", "code": ["en", "fr"][number % 2]}
        for number in range(24)
    ]
    options = IsotropyOptions(files=(str(write_rows(rows)),), language="code")
    values, *_ = examine(load(options), random_model).parts
    assert list(values.values) == ["en", "fr"]
    for code, value in values.values.items():
        texts = sorted({row[side] for row in rows if row["code"] == code for side in ("sentence1", "sentence2")})
        assert len(texts) == 20  # 12 rows, of which some repeat the first sentence
        assert value == pytest.approx(mean_cosine(random_model(texts, None).astype(np.float64)))


def test_mistakes_are_told(pairs_file: Path) -> None:
    assert "sentence1" in check(IsotropyOptions(files=(str(pairs_file),)))[0]
    assert "the grammar does not know xx" in check(IsotropyOptions(languages=("en", "xx")))[0]
