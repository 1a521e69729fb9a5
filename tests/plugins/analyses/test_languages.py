from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins import grammar
from lacoskit_builtins.analyses.languages import (
    LanguagesOptions,
    check,
    cka,
    examine,
    load,
    retrieval,
    translation_cosines,
)
from numpy.typing import NDArray

SMALL = LanguagesOptions(languages=("en", "fr", "zh"), size=40)


def drawn(count: int, dimensions: int, seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=(count, dimensions))


def hsic(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The unbiased estimator by its definition: means over different numbers of texts."""
    k, m, n = one @ one.T, other @ other.T, range(len(one))
    pairs = np.mean([k[i, j] * m[i, j] for i, j in permutations(n, 2)])
    triples = np.mean([k[i, j] * m[i, q] for i, j, q in permutations(n, 3)])
    fours = np.mean([k[i, j] * m[q, r] for i, j, q, r in permutations(n, 4)])
    return float(pairs - 2 * triples + fours)


@settings(max_examples=15, deadline=None)
@given(st.integers(4, 7), st.integers(1, 4), st.integers(0, 1000))
def test_cka_is_that_of_the_definition(count: int, dimensions: int, seed: int) -> None:
    one, other = drawn(count, dimensions, seed), drawn(count, 3, seed + 1)
    product = hsic(one, one) * hsic(other, other)
    if product > 1e-9:
        assert cka(one, other) == pytest.approx(hsic(one, other) / np.sqrt(product), rel=1e-6, abs=1e-9)


def test_cka_does_not_see_where_a_space_lies_or_how_it_is_turned() -> None:
    one, other = drawn(50, 8, 0), drawn(50, 8, 0) + 0.5 * drawn(50, 8, 1)
    rotation = np.linalg.qr(drawn(8, 8, 2))[0]
    assert cka(one, one) == pytest.approx(1)
    assert cka(one, 3 * one @ rotation + 5) == pytest.approx(1)
    assert cka(one, other) == pytest.approx(cka(one @ rotation, 2 * other - 1))
    assert 0.5 < cka(one, other) < 0.95


def test_cka_of_what_has_nothing_in_common_is_about_0_though_there_are_more_dimensions_than_texts() -> None:
    found = [cka(drawn(40, 100, seed), drawn(40, 100, 1000 + seed)) for seed in range(30)]
    assert np.mean(found) == pytest.approx(0, abs=0.03)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 20), st.integers(0, 1000))
def test_retrieval_and_cosines_are_those_of_loops(count: int, seed: int) -> None:
    sides = [drawn(count, 5, seed), drawn(count, 5, seed) + drawn(count, 5, seed + 1)]
    one, other = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in sides)
    scores = [[float(a @ b) for b in other] for a in one]
    truth = np.mean([row.index(max(row)) == place for place, row in enumerate(scores)])
    assert retrieval(one, other, [str(number) for number in range(count)]) == pytest.approx(truth)
    near = np.mean([scores[place][place] for place in range(count)])
    far = np.mean([scores[a][b] for a in range(count) for b in range(count) if a != b])
    assert translation_cosines(one, other) == pytest.approx((near, far))


def test_the_same_translation_at_another_place_is_right() -> None:
    one, other = np.eye(3), np.eye(3)[[1, 0, 2]]
    assert retrieval(one, other, ["a", "b", "c"]) == pytest.approx(1 / 3)
    assert retrieval(one, other, ["a", "a", "c"]) == 1


def test_a_model_that_knows_meanings_only_finds_every_translation(known: Any) -> None:
    data = load(SMALL)
    vectors = {text: drawn(1, 16, n)[0] for texts in data.texts.values() for n, text in enumerate(texts)}
    found = examine(data, known(vectors.__getitem__))
    assert found.figures["retrieval"] == 1
    assert found.figures["CKA"] == pytest.approx(1)
    assert found.figures["cosine gap"] == pytest.approx(1, abs=0.05)
    assert all(np.allclose(part.values, 1) for part in found.parts[1:])
    assert found.texts == 120


def test_a_model_that_knows_nothing_finds_them_by_chance(random_model: Any, constant_model: Any) -> None:
    assert examine(load(SMALL), random_model).figures["retrieval"] < 0.1
    constant = examine(load(SMALL), constant_model).figures
    assert constant["retrieval"] == pytest.approx(1 / 40)
    assert constant["cosine gap"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(constant["CKA"])


def test_a_language_that_is_apart_shows_in_its_row_and_column(known: Any) -> None:
    data = load(SMALL)
    places = {text: (code, n) for code, texts in data.texts.items() for n, text in enumerate(texts)}

    def vector(text: str) -> NDArray[np.float64]:
        code, number = places[text]
        return drawn(1, 16, number + (500 if code == "zh" else 0))[0]

    _, matrix, cosine, _ = examine(data, known(vector)).parts
    assert matrix.rows == matrix.columns == ["en", "fr", "zh"]
    assert matrix.values[0][1] == matrix.values[1][0] == 1
    assert max(matrix.values[0][2], matrix.values[2][1]) < 0.2
    assert cosine.values[0][1] == pytest.approx(1)


def test_files_have_a_column_a_language(write_rows: Any, random_model: Any) -> None:
    rows = [{"de": f"Satz {number}", "en": f"sentence {number}"} for number in range(10)]
    options = LanguagesOptions(files=(str(write_rows(rows)),), languages=("de", "en"))
    assert check(options) == []
    assert load(options).texts["de"] == [row["de"] for row in rows]
    assert examine(load(options), random_model).texts == 20
    assert "fr" in check(options.model_copy(update={"languages": ("de", "fr")}))[0]


def test_one_language_is_too_few() -> None:
    assert check(LanguagesOptions(languages=("en",))) == ["languages: name at least two, each once"]
    assert check(LanguagesOptions(languages=("en", "en"))) == ["languages: name at least two, each once"]
    assert check(LanguagesOptions()) == []
    assert set(LanguagesOptions().languages) == set(grammar.LANGUAGES)
