from __future__ import annotations

import importlib.util
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit.mining import faiss_search, search


def truth(queries: np.ndarray, corpus: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """All scores, sorted: what may be done where memory holds them."""
    scores = np.round(queries.astype(np.float64) @ corpus.astype(np.float64).T, search.DIGITS) + 0.0
    order = np.stack([np.lexsort((np.arange(len(corpus)), -row)) for row in scores])[:, :depth]
    return order, np.take_along_axis(scores, order, 1)


def random_units(count: int, dimensions: int, seed: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, dimensions), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@settings(max_examples=60, deadline=None)
@given(
    corpus=st.integers(1, 400),
    queries=st.integers(1, 9),
    depth=st.integers(1, 60),
    block=st.sampled_from([32, 64, 128]),
    ties=st.booleans(),
    seed=st.integers(0, 2**16),
)
def test_the_running_best_is_that_of_all_scores_sorted(
    corpus: int, queries: int, depth: int, block: int, ties: bool, seed: int
) -> None:
    if ties:  # whole numbers: many scores are exactly equal
        generator = np.random.default_rng(seed)
        texts, asked = (generator.integers(-1, 2, (n, 3)).astype(np.float32) for n in (corpus, queries))
    else:
        texts, asked = random_units(corpus, 5, seed), random_units(queries, 5, seed + 1)
    with patch.object(search, "BLOCK", block), patch.object(search, "SLACK", 4):
        numbers, scores = search.nearest(asked, texts, depth)
    expected, of_expected = truth(asked, texts, depth)
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_array_equal(scores, of_expected)


@pytest.mark.parametrize("order", [1, -1])
def test_a_corpus_in_the_order_of_its_scores_is_no_special_case(order: int) -> None:
    texts = np.linspace(0, 1, 1000, dtype=np.float32)[::order, None].copy()
    with patch.object(search, "BLOCK", 64):
        numbers, scores = search.nearest(np.ones((1, 1), np.float32), texts, 10)
    np.testing.assert_array_equal(numbers[0], np.arange(10) if order < 0 else np.arange(999, 989, -1))
    assert (np.diff(scores) < 0).all()


def test_no_more_scores_are_held_than_those_of_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    largest = [0]
    merge = search._Best.merge

    def spied(best: search._Best, block: torch.Tensor, start: int, width: int) -> None:
        merge(best, block, start, width)
        largest[0] = max(largest[0], block.numel(), best.scores.numel())

    monkeypatch.setattr(search._Best, "merge", spied)
    monkeypatch.setattr(search, "BLOCK", 64)
    search.nearest(random_units(3, 4, 0), random_units(1000, 4, 1), 5)
    assert largest[0] == 3 * 64


def test_half_precision_on_disk_is_searched_as_it_is() -> None:
    texts, asked = random_units(300, 8, 0).astype(np.float16), random_units(4, 8, 1)
    numbers, scores = search.nearest(asked, texts, 7)
    expected, of_expected = truth(asked, texts, 7)
    np.testing.assert_array_equal(numbers, expected)
    np.testing.assert_array_equal(scores, of_expected)


needs_faiss = pytest.mark.skipif(importlib.util.find_spec("faiss") is None, reason="faiss is an extra")


@needs_faiss
def test_faiss_finds_the_same() -> None:
    texts, asked = random_units(2_000, 16, 0), random_units(20, 16, 1)
    expected = search.nearest(asked, texts, 30)
    found = search.rank(asked, texts, faiss_search.flat(texts)(asked, 30 + search.SLACK), 30)
    for mine, theirs in zip(expected, found, strict=True):
        np.testing.assert_array_equal(mine, theirs)


@needs_faiss
def test_clusters_of_faiss_are_the_same_every_time_and_hold_most_of_the_nearest(tmp_path: Path) -> None:

    folder = tmp_path
    centres = random_units(40, 16, 2)
    texts = centres[np.arange(4_000) % 40] + 0.1 * random_units(4_000, 16, 0)
    asked = texts[:50] + 0.02 * random_units(50, 16, 1)
    for name in ("a", "b"):
        faiss_search.write_clusters(texts, folder / name)
    assert (folder / "a").read_bytes() == (folder / "b").read_bytes()
    expected, _ = search.nearest(asked, texts, 10)
    found, scores = search.rank(asked, texts, faiss_search.clustered(folder / "a")(asked, 30), 10)
    recall = np.mean([np.isin(mine, theirs).mean() for mine, theirs in zip(expected, found, strict=True)])
    assert recall > 0.9
    assert (np.diff(scores) <= 0).all()


def test_a_place_without_a_candidate_stays_empty() -> None:
    texts, asked = random_units(5, 4, 0), random_units(1, 4, 1)
    numbers, scores = search.rank(asked, texts, np.array([[3, search.NONE, 1]]), 3)
    assert set(numbers[0, :2].tolist()) == {1, 3}
    assert numbers[0, 2] == search.NONE
    assert scores[0, 2] == -np.inf
