from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacoskit_builtins.tasks.bitext import BitextOptions, check, load, measure
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_fscore_support

from lacoskit import DataError
from lacoskit.__main__ import main


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors that are near where the first words, which tell the meaning, are the same."""
    vectors = np.array([np.random.default_rng([*text.split()[0].encode()]).normal(size=5) for text in texts])
    vectors += [0.6 * np.random.default_rng([*text.encode(), len(role or "")]).normal(size=5) for text in texts]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def placed(places: dict[str, tuple[float, float]]) -> Any:
    """What gives texts the unit vectors in these directions."""

    def give(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        vectors = np.array([places[text] for text in texts])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    return give


@pytest.fixture(scope="module")
def file(write_rows: Any) -> Path:
    rows = [{"sentence1": f"m{n} in one language", "sentence2": f"m{n} en una otra"} for n in range(60)]
    path: Path = write_rows(rows, "bitext.jsonl")
    return path


def test_figures_are_those_of_a_loop_over_all_pairs(file: Path) -> None:
    pairs = load(BitextOptions(files=(str(file),), language1="en", language2="es"))
    one, other = embed(pairs.first, "query"), embed(pairs.second, "document")
    found = [max(range(60), key=lambda j, i=i: float(one[i] @ other[j])) for i in range(60)]
    back = [max(range(60), key=lambda i, j=j: float(one[i] @ other[j])) for j in range(60)]
    result = measure(pairs, embed)
    for ending, numbers in (("", found), ("_back", back)):
        assert result.figures[f"accuracy{ending}"] == sum(n == k for n, k in enumerate(numbers)) / 60
        f1 = precision_recall_fscore_support(range(60), numbers, average="weighted", zero_division=0)[2]
        assert result.figures[f"f1{ending}"] == pytest.approx(f1)
    assert 0.2 < result.figures["accuracy"] < 0.95
    assert found != back
    assert (result.main, result.units, result.languages) == ("accuracy", 60, ("en", "es"))
    right = np.flatnonzero(np.array(found) == np.arange(60))
    assert result.resampled(np.arange(60)) == result.figures["accuracy"]
    assert result.resampled(right[[0, 0, 1]]) == 1.0


def test_a_text_that_is_there_twice_is_no_mistake(write_rows: Any) -> None:
    rows = [{"sentence1": a, "sentence2": b} for a, b in (("hi", "hola"), ("hello", "hola"), ("hi", "buenas"))]
    pairs = load(BitextOptions(files=(str(write_rows(rows)),)))
    directions = {"hi": (1, 0.1), "hello": (1, 0.3), "hola": (1, 0.2), "buenas": (1, -5)}
    figures = measure(pairs, placed(directions)).figures
    assert figures["accuracy"] == 1.0  # `hola` is a translation of all three, `buenas` another one of `hi`
    assert figures["accuracy_back"] == 1.0
    assert figures["f1"] == 1.0


def test_a_model_that_holds_all_for_equal_finds_one_translation_only(file: Path) -> None:
    pairs = load(BitextOptions(files=(str(file),)))
    figures = measure(pairs, lambda texts, role: np.ones((len(texts), 1), np.float32)).figures
    assert figures["accuracy"] == figures["accuracy_back"] == pytest.approx(1 / 60)


def test_files_and_columns_are_looked_for(file: Path, write_rows: Any) -> None:
    assert check(BitextOptions()) == [
        "name the files of sentences and translations in files, or a data set of the hub in hub"
    ]
    assert "no column 'fr'" in check(BitextOptions(files=(str(file),), sentence2="fr"))[0]
    empty = str(write_rows([{"sentence1": "a", "sentence2": ""}]))
    with pytest.raises(DataError, match="empty sentence2"):
        load(BitextOptions(files=(empty,)))
    with pytest.raises(DataError, match="no row can be used"):
        load(BitextOptions(files=(empty,), max_skipped=1))


def test_real_translations_are_found_by_the_words_that_both_sides_share(shared_data: Path) -> None:
    def spelled(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        from sklearn.feature_extraction.text import HashingVectorizer

        return HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=512).transform(texts).toarray()

    pairs = load(BitextOptions(files=(str(shared_data / "bitext" / "tatoeba_fra-eng.jsonl.gz"),)))
    result = measure(pairs, spelled)
    assert result.units == 1000
    assert 0.03 < result.figures["f1"] <= result.figures["accuracy"] < 0.5


@pytest.mark.parametrize("kind", ["bitext", "pair-classification", "clustering", "reranking"])
def test_a_task_of_one_file_can_be_words_of_the_command_line(
    kind: str, tiny_bloom: Path, sentences: Any, write_rows: Any, tmp_path: Path
) -> None:
    texts = sentences(24, 8)
    rows = [
        {"sentence1": a, "sentence2": b, "text": a, "label": n % 2, "query": a, "positive": [b], "negative": texts[20:]}
        for n, (a, b) in enumerate(zip(texts[:10], texts[10:20], strict=True))
    ]
    path = write_rows(rows, "own.jsonl")
    words = ["evaluate", f"base:{tiny_bloom}", "--tasks", f"{kind}:{path}", "--output", str(tmp_path)]
    assert main([*words, "--set", "resamples=100"]) == 0
    (entry,) = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["results"]
    assert (entry["task_name"], entry["units"]) == ("own", 10)
    assert entry["interval"]["low"] <= entry["scores"]["test"][0]["main_score"] <= entry["interval"]["high"]


def test_a_pair_does_well_or_not_and_shows_what_was_found(file: Path) -> None:
    pairs = load(BitextOptions(files=(str(file),)))
    result = measure(pairs, embed)
    cosines = embed(pairs.first, "query") @ embed(pairs.second, "document").T
    assert set(result.by_unit) == {0.0, 1.0}
    for unit, found in enumerate(cosines.argmax(1)):
        assert result.by_unit[unit] == (found == unit)
        texts = {"sentence": pairs.first[unit], "translation": pairs.second[unit], "found": pairs.second[found]}
        assert result.shown(unit) == texts
