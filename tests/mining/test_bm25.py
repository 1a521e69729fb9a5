from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("bm25s")

from lacoskit.mining import bm25
from lacoskit.mining.collection import open_collection, write_collection
from lacoskit.mining.queries import Query
from lacoskit.mining.search import NONE
from lacoskit.words import words_of


def naive(query: str, texts: list[str], k: float = 1.5, b: float = 0.75) -> list[float]:
    """BM25 as Robertson and Zaragoza write it, with Lucene's logarithm."""
    counts = [Counter(words_of(text)) for text in texts]
    mean = sum(sum(count.values()) for count in counts) / len(texts)
    scores = []
    for count in counts:
        score, length = 0.0, sum(count.values())
        for word in words_of(query):
            having = sum(word in other for other in counts)
            idf = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
            score += idf * count[word] / (count[word] + k * (1 - b + b * length / mean))
        scores.append(score)
    return scores


def test_what_is_found_is_what_the_formula_says(tmp_path: Path) -> None:
    texts = [f"cat {'dog ' * (i % 4)} tree{i % 5} 猫在睡觉" for i in range(30)] + ["river", "..."]
    queries = [Query("dog tree1 猫在", (texts[1], "a dog elsewhere")), Query("nothing of it", ("river",))]
    source = tmp_path / "corpus.txt"
    source.write_text("\n".join(texts))
    write_collection(queries, [source], ["text"], tmp_path / "texts")
    collection = open_collection(queries, tmp_path / "texts")
    entry = bm25.entry_of(collection, tmp_path)
    bm25.write_index(collection, entry)
    searcher = bm25.open_index(collection, entry)
    known = collection.positives(0, 2)
    (numbers, scores), of_known = searcher.search(0, 2, 12, known)
    everything = [*collection.corpus.window(0, 99), "a dog elsewhere"]
    expected = np.array(naive("dog tree1 猫在", everything))
    own = len(collection.corpus)
    order = np.lexsort((np.arange(own), -expected[:own].round(5)))[:12]
    np.testing.assert_allclose(scores[0], expected[order], rtol=1e-5)
    assert expected[numbers[0]].round(5).tolist() == expected[order].round(5).tolist()
    np.testing.assert_allclose(of_known[0], expected[known[0]], rtol=1e-5)
    assert (numbers[1] == NONE).all()
    assert (scores[1] == -np.inf).all()
    assert of_known[1, 0] == 0
    assert np.isnan(of_known[1, 1])


@pytest.mark.parametrize("damage", ["cut off", "gone"])
def test_an_index_that_is_damaged_is_made_again(damage: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    queries, source = [Query("one", ("a text elsewhere",))], tmp_path / "corpus.txt"
    source.write_text("one text\nanother text")
    write_collection(queries, [source], ["text"], tmp_path / "texts")
    collection = open_collection(queries, tmp_path / "texts")
    entry = bm25.entry_of(collection, tmp_path)
    bm25.write_index(collection, entry)
    whole = {path.name: path.read_bytes() for path in entry.iterdir()}
    for name in whole:
        path = entry / name
        path.write_bytes(whole[name][: len(whole[name]) // 2]) if damage == "cut off" else path.unlink()
        caplog.clear()
        bm25.write_index(collection, entry)
        assert {path.name: path.read_bytes() for path in entry.iterdir()} == whole, name
        assert "is damaged" in caplog.text, name
        bm25.open_index(collection, entry)
