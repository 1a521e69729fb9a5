from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.analyses.biases import (
    BiasesOptions,
    examine,
    length_difference,
    partial_spearman,
    shared_letters,
    shared_words,
)
from lacoskit_builtins.analysis_texts import pairs_by_language
from scipy.stats import pearsonr, rankdata


@settings(max_examples=40, deadline=None)
@given(st.integers(6, 60), st.integers(0, 1000), st.booleans())
def test_the_partial_correlation_is_that_of_what_a_line_leaves(count: int, seed: int, ties: bool) -> None:
    generator = np.random.default_rng(seed)
    given = generator.integers(0, 4, count).astype(float) if ties else generator.normal(size=count)
    one, other = (given + generator.normal(size=count) for _ in range(2))
    if len(set(given)) < 2:
        return
    design = np.stack([np.ones(count), rankdata(given)], 1)
    left = [ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0] for ranks in map(rankdata, (one, other))]
    if min(map(np.ptp, left)) < 1e-9:  # of few, one side may have the order of the third by chance
        assert np.isnan(partial_spearman(one, other, given))
    else:
        assert partial_spearman(one, other, given) == pytest.approx(pearsonr(*left).statistic, abs=1e-9)


def test_what_goes_with_the_gold_score_alone_is_no_bias() -> None:
    generator = np.random.default_rng(0)
    gold = generator.normal(size=4000)
    one, other = (gold + generator.normal(size=4000) for _ in range(2))
    assert np.corrcoef(one, other)[0, 1] > 0.4
    assert partial_spearman(one, other, gold) == pytest.approx(0, abs=0.06)


def test_what_does_not_vary_has_no_correlation() -> None:
    values = np.arange(9.0)
    assert np.isnan(partial_spearman(np.ones(9), values, values[::-1].copy()))
    assert np.isnan(partial_spearman(values, np.array([0, 2, 1, 5, 3, 4, 8, 6, 7.0]), values))


def test_overlaps_are_shares_of_words_and_letters() -> None:
    assert shared_words("The cat sleeps.", "the dog sleeps") == pytest.approx(2 / 4)
    assert shared_words("猫在睡觉", "猫在吃") == pytest.approx(1 / 4)  # of pairs of characters
    assert shared_words("बच्चे खेल रहे हैं", "बच्चे सो रहे हैं") == pytest.approx(3 / 5)
    assert shared_words("குழந்தை ஓடுகிறது", "குழந்தை தூங்குகிறது") == pytest.approx(1 / 3)
    assert shared_words("แมวนอน", "แมวกิน") == pytest.approx(2 / 8)
    assert shared_letters("abcd", "ABCE") == pytest.approx(1 / 3)
    assert shared_letters("ab", "ab") == 1
    assert length_difference("abcd", "ab") == length_difference("ab", "abcd") == 0.5
    assert shared_words("...", "!") == 1


def test_a_bag_of_words_follows_shared_words_and_a_random_model_nothing(known: Any, random_model: Any) -> None:
    pairs = pairs_by_language(BiasesOptions(languages=("en", "es"), size=200))
    words = sorted({word for text in (*pairs.first, *pairs.second) for word in text.lower().strip(".").split()})

    def bag(text: str) -> np.ndarray:
        found = np.zeros(len(words))
        found[[words.index(word) for word in text.lower().strip(".").split()]] = 1
        return found

    found = examine(pairs, known(bag))
    assert list(found.figures) == ["shared letters", "shared words", "length difference", "meaning (spearman)"]
    assert found.figures["shared words"] > 0.8
    (matrix,) = found.parts
    assert matrix.rows == ["en", "es"]
    assert matrix.columns == ["shared letters", "shared words", "length difference"]
    by_chance = examine(pairs, random_model).figures
    assert all(abs(value) < 0.15 for value in by_chance.values())


def test_a_model_that_follows_length_is_found_out(known: Any) -> None:
    pairs = pairs_by_language(BiasesOptions(languages=("en",), size=200))
    model = known(lambda text: [np.cos(len(text) / 60), np.sin(len(text) / 60)])
    assert examine(pairs, model).figures["length difference"] < -0.8
