"""The rank of a document for its query: equal to that of a full ranking, by vectors and by words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit.components import Document, Pair
from lacoskit.errors import LacoskitError
from lacoskit.generation import round_trip
from lacoskit.generation.config import Filter
from lacoskit.mining.bm25 import Index
from lacoskit.models import open_model


def _pairs(documents: list[Document], queries: list[str], texts: list[str] | None = None) -> list[Pair]:
    found = texts or [document.text for document in documents]
    return [
        Pair(query=query, text=text, document=document.id, type="t", source="s", language=None)
        for document, query, text in zip(documents, queries, found, strict=True)
    ]


def _naive(scores: Any, documents: list[Document], pairs: list[Pair], own: list[float]) -> list[int]:
    """Sort everything, rivals before the own document where they tie."""
    ranks = []
    for row, pair in enumerate(pairs):
        ranking = sorted(
            [(-own[row], 1, "own")]
            + [(-scores[row][i], 0, "rival") for i, document in enumerate(documents) if document.id != pair.document]
        )
        ranks.append([name for _, _, name in ranking].index("own") + 1)
    return ranks


class _Given:
    """A search whose scores are given."""

    tie = 0.0

    def __init__(self, scores: Any) -> None:
        self.table = scores

    def scores(self, queries: Any) -> Any:
        return self.table[[int(query) for query in queries]]


@given(st.integers(1, 8), st.integers(0, 3), st.integers(0, 1000))
@settings(deadline=None)
def test_a_rank_is_that_of_a_full_ranking(count: int, cut: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    documents = [Document(id=f"d{i}", text=f"t{i}") for i in range(count)]
    texts = [f"t{i}" if i >= cut else f"rest {i}" for i in range(count)]
    pairs = _pairs(documents, [str(i) for i in range(count)], texts)
    known = list(dict.fromkeys([*(d.text for d in documents), *texts]))
    scores = chance.integers(0, 4, (count, len(known))).astype(np.float32)  # with ties
    own = [float(scores[i, known.index(texts[i])]) for i in range(count)]
    done: list[int] = []
    ranks = round_trip.ranks(_Given(scores), pairs, documents, known, done.append)
    assert ranks.tolist() == _naive(scores, documents, pairs, own)
    assert sum(done) == count


@pytest.mark.parametrize("cells", [1, 70, 2**24])
def test_vectors_rank_as_one_product_does(cells: int, sentences: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(round_trip, "CELLS", cells)
    monkeypatch.setattr(round_trip, "WINDOW", 7)
    texts = sentences(40, 5)
    documents = [Document(id=str(i), text=text) for i, text in enumerate(texts[:30])]
    cut = [text.partition(" ")[2] if i % 3 == 0 else text for i, text in enumerate(texts[:30])]
    pairs = _pairs(documents, [text[: len(text) // 2] + " cat" for text in texts[:30]], cut)
    model = open_model("base:nano-bloom")
    queries = model.encode([pair.query for pair in pairs], "query")
    scores = queries @ model.encode(texts[:30], "document").T
    own = np.einsum("ij,ij->i", queries, model.encode(cut, "document"))
    ranks = round_trip.round_trip(pairs, documents, Filter(model="base:nano-bloom"), lambda done: None)
    assert ranks.tolist() == _naive(scores, documents, pairs, (own - 1e-6).tolist())
    assert len(set(ranks.tolist())) > 3


def test_words_rank_as_the_library_scores_them(sentences: Any) -> None:
    texts = sentences(25, 6)
    documents = [Document(id=str(i), text=text) for i, text in enumerate(texts)]
    pairs = _pairs(documents, [" ".join(text.split()[:2]) for text in texts])
    scores = round_trip.Words(Index.of(texts)).scores([pair.query for pair in pairs])
    ranks = round_trip.round_trip(pairs, documents, Filter(), lambda done: None)
    assert ranks.tolist() == _naive(scores, documents, pairs, np.diag(scores).tolist())


def test_words_are_found_in_every_script_and_none_is_no_error() -> None:
    texts = ["海岩镇图书馆在山上", "समुद्रपुर की किताबें", "مكتبة الميناء", "The salt road", "?!"]
    scores = round_trip.Words(Index.of(texts)).scores(["图书馆", "किताबें", "الميناء", "SALT", "...", "unheard"])
    assert scores.argmax(axis=1)[:4].tolist() == [0, 1, 2, 3]
    assert (scores[4:] == 0).all()
    assert ((scores[:4] > 0).sum(axis=1) == 1).all()


def test_a_document_that_cannot_be_told_from_another_is_not_found(tmp_path: Path) -> None:
    documents = [Document(id="a", text="one two"), Document(id="b", text="two one"), Document(id="c", text="three")]
    ranks = round_trip.round_trip(_pairs(documents, ["one", "two", "three"]), documents, Filter(), lambda done: None)
    assert ranks.tolist() == [2, 2, 1]


def test_vectors_that_are_not_finite_do_not_let_every_pair_through() -> None:
    class Broken:
        name = "broken"

        def encode(self, texts: Any, role: Any = None) -> Any:
            return np.full((len(texts), 2), np.nan, np.float32)

    search = round_trip.Vectors(Broken(), np.ones((2, 2), np.float32))
    documents = [Document(id="a", text="x"), Document(id="b", text="y")]
    with pytest.raises(LacoskitError, match="broken gives a vector that is not finite for 'q'"):
        round_trip.ranks(search, _pairs(documents, ["q", "r"]), documents, ["x", "y"], lambda done: None)
