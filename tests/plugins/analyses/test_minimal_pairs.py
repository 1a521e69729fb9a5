from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacoskit_builtins import grammar
from lacoskit_builtins.analyses.minimal_pairs import MinimalPairsOptions, check, examine, load, nearer

SMALL = MinimalPairsOptions(languages=("en", "zh"), size=8)


def test_a_model_that_knows_meanings_is_never_misled(known: Any) -> None:
    meanings: dict[str, int] = {}
    for number, one in enumerate(grammar.contrasts(SMALL.languages, SMALL.size, 0)):
        scene = hash_of(one.phenomenon, one.number)
        meanings |= {one.sentence: scene, one.paraphrase: scene, one.changed: 10_000 + number}
    model = known(lambda text: np.random.default_rng(meanings[text]).normal(size=32))
    found = examine(load(SMALL), model)
    names = ["paraphrase nearer", "translation nearer", "cosine drop", *grammar.PHENOMENA]
    assert list(found.figures) == names
    assert [found.figures[name] for name in names if name != "cosine drop"] == [1.0] * 6
    assert found.figures["cosine drop"] == pytest.approx(1, abs=0.15)


def test_a_bag_of_words_is_misled_by_roles_and_by_order(known: Any) -> None:
    data = load(SMALL.model_copy(update={"languages": ("en",)}))
    texts = [*data.sentences, *data.paraphrases, *data.changed]
    words = sorted({word for text in texts for word in text.lower().strip(".").split()})

    def bag(text: str) -> np.ndarray:
        found = np.zeros(len(words))
        for word in text.lower().strip(".").replace(",", "").split():
            found[words.index(word)] += 1
        return found

    words = sorted({*words, *(word.replace(",", "") for word in words)})
    figures = examine(data, known(bag)).figures
    assert figures["word order"] <= 0.5
    assert figures["roles"] <= 0.5
    assert "translation nearer" not in figures  # there is but one language


def test_a_model_that_tells_nothing_apart_is_at_chance(constant_model: Any) -> None:
    found = examine(load(SMALL), constant_model)
    assert found.figures["paraphrase nearer"] == found.figures["translation nearer"] == 0.5
    assert found.figures["cosine drop"] == pytest.approx(0, abs=1e-6)
    assert np.all(np.array(found.parts[0].values) == 0.5)


def test_parts_show_phenomena_by_language_and_examples(random_model: Any) -> None:
    data = load(SMALL)
    found = examine(data, random_model)
    matrix, translated, drop, rows = found.parts
    assert (matrix.rows, matrix.columns) == (list(grammar.PHENOMENA), ["en", "zh"])
    assert translated.rows == matrix.rows == list(drop.values)
    assert len(rows.rows) == 2 * len(grammar.PHENOMENA)
    assert found.figures["paraphrase nearer"] == pytest.approx(np.mean(matrix.values))
    cell = [n for n, one in enumerate(zip(data.phenomena, data.languages, strict=True)) if one == ("roles", "zh")]
    sentences, kept, lost = (
        random_model(texts, None)[cell] for texts in (data.sentences, data.paraphrases, data.changed)
    )
    truth = np.mean([float(s @ k) > float(s @ c) for s, k, c in zip(sentences, kept, lost, strict=True)])
    assert matrix.values[2][1] == pytest.approx(truth)


def test_what_is_as_near_counts_half() -> None:
    found = nearer(np.array([0.5, 0.5, 0.2]), np.array([0.5 + 1e-9, 0.1, 0.3]))
    assert found.tolist() == [0.5, 1.0, 0.0]


def test_own_rows_may_have_one_phenomenon_and_one_language(write_rows: Any, random_model: Any) -> None:
    rows = [{"s": f"a {number}", "p": f"b {number}", "c": f"c {number}"} for number in range(9)]
    path = str(write_rows(rows))
    options = MinimalPairsOptions(files=(path,), sentence="s", paraphrase="p", changed="c")
    assert check(options) == []
    found = examine(load(options), random_model)
    assert list(found.figures) == ["paraphrase nearer", "cosine drop"]
    assert found.texts == 27


def test_a_missing_column_is_told(pairs_file: Path) -> None:
    assert "sentence" in check(MinimalPairsOptions(files=(str(pairs_file),)))[0]


def hash_of(phenomenon: str, number: int) -> int:
    return 100 * grammar.PHENOMENA.index(phenomenon) + number
