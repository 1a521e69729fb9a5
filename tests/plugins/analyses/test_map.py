from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.analyses.map import NEIGHBOURS, MapOptions, check, examine, load, plane, shared_share
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score


def clusters(each: int) -> tuple[np.ndarray, list[str]]:
    generator = np.random.default_rng(0)
    centres = 4 * np.eye(12)[:3]
    vectors = np.concatenate([centre + 0.3 * generator.normal(size=(each, 12)) for centre in centres])
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), [name for name in "abc" for _ in range(each)]


def test_what_lies_together_lies_together_on_the_map() -> None:
    vectors, labels = clusters(40)
    found = plane(vectors, 30, 0)
    assert found.shape == (120, 2)
    assert silhouette_score(found, labels) > 0.6


def test_the_map_is_the_same_each_time() -> None:
    vectors, _ = clusters(20)
    np.testing.assert_array_equal(plane(vectors, 15, 3), plane(vectors, 15, 3))


def test_few_texts_are_laid_out_by_their_principal_components() -> None:
    vectors, _ = clusters(10)
    np.testing.assert_allclose(plane(vectors, 30, 0), PCA(2, svd_solver="full").fit_transform(vectors), atol=1e-12)


def test_texts_that_do_not_differ_are_at_one_place(constant_model: Any) -> None:
    assert not plane(np.ones((80, 4)), 30, 0).any()
    found = examine(load(MapOptions(languages=("en", "fr"), size=30)), constant_model)
    assert set(found.parts[0].x) == {0.0}


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 40), st.integers(0, 1000))
def test_the_share_of_neighbours_is_that_of_a_loop(count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.normal(size=(count, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    labels = [str(label) for label in generator.integers(0, 3, count)]
    shares = []
    for place in range(count):
        near = sorted((other for other in range(count) if other != place), key=lambda o: -vectors[place] @ vectors[o])
        shares += [labels[other] == labels[place] for other in near[:NEIGHBOURS]]
    assert shared_share(vectors, labels) == pytest.approx(np.mean(shares))


def test_a_model_of_languages_and_one_of_topics_are_told_apart(known: Any) -> None:
    data = load(MapOptions(languages=("en", "fr", "es"), size=40))
    for group, main in (("language", "same language"), ("topic", "same topic")):
        labels = dict(zip(data.texts, data.groups[group], strict=True))
        codes = sorted(set(labels.values()))

        def vector(text: str, labels: dict[str, str] = labels, codes: list[str] = codes) -> np.ndarray:
            noise = np.random.default_rng(list(text.encode())).normal(size=len(codes) + 4)
            return 10 * np.eye(len(codes) + 4)[codes.index(labels[text])] + noise

        figures = examine(data, known(vector)).figures
        other = next(name for name in ("same language", "same topic") if name != main)
        assert figures[main] > 0.8 > figures[other] + 0.2


def test_points_have_a_label_of_each_group(random_model: Any, write_rows: Any) -> None:
    rows = [{"text": f"text {n}", "code": "ab"[n % 2], "kind": n % 3} for n in range(60)]
    path = str(write_rows(rows))
    options = MapOptions(files=(path,), language="code", topic="kind")
    assert check(options) == []
    found = examine(load(options), random_model)
    (points,) = found.parts
    assert points.texts == [row["text"] for row in rows]
    assert points.groups == {"language": [row["code"] for row in rows], "topic": [str(row["kind"]) for row in rows]}
    assert len(points.x) == len(points.y) == found.texts == 60
    assert list(found.figures) == ["same topic", "same language", "trustworthiness"]
    bare = examine(load(MapOptions(files=(path,))), random_model)
    assert bare.parts[0].groups == {}
    assert list(bare.figures) == ["trustworthiness"]
