"""A cross-encoder's scores take the place of those of the search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from lacoskit.errors import LacoskitError
from lacoskit.mining import candidates
from lacoskit.mining.blocks import Share, compute, use
from lacoskit.mining.candidates import Block
from lacoskit.mining.collection import open_collection, write_collection
from lacoskit.mining.queries import Query
from lacoskit.mining.rescoring import Rescorer
from lacoskit.mining.search import NONE

PAIRS = [
    ("a cat", "the dog sleeps"),
    ("a cat", "la gata duerme"),
    ("un chat", "a house"),
    ("x", "the green river " * 9),
]


def cross_encoder(tiny_model: Any, folder: Path, labels: int) -> Path:
    torch.manual_seed(0)
    AutoTokenizer.from_pretrained(tiny_model("bert")).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 64}
    config = BertConfig(vocab_size=400, max_position_embeddings=128, pad_token_id=3, num_labels=labels, **sizes)
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_scores_are_those_of_the_cross_encoder_itself(tiny_model: Any, tmp_path: Path) -> None:
    folder = cross_encoder(tiny_model, tmp_path / "one", 1)
    rescorer = Rescorer(str(folder), 2)
    expected = CrossEncoder(str(folder), device="cpu").predict(PAIRS, batch_size=2)
    np.testing.assert_allclose(rescorer.scores(PAIRS), expected, atol=1e-6)
    assert rescorer.fingerprint == Rescorer(str(folder), 2).fingerprint
    assert rescorer.scores([]).shape == (0,)


def test_a_model_with_several_figures_a_pair_is_refused(tiny_model: Any, tmp_path: Path) -> None:
    with pytest.raises(LacoskitError, match="gives 3 figures a pair"):
        Rescorer(str(cross_encoder(tiny_model, tmp_path / "three", 3)), 2).scores(PAIRS)
    with pytest.raises(LacoskitError, match="rescore: nobody/no-such-model: sentence-transformers cannot open it"):
        Rescorer("nobody/no-such-model", 2)


def test_every_candidate_and_positive_gets_its_own_score_and_keeps_its_rank(tmp_path: Path) -> None:
    class Length:
        def scores(self, pairs: list[tuple[str, str]]) -> np.ndarray:
            return np.array([1000.0 * len(query) + len(text) for query, text in pairs])

    queries = [Query("q", ("p", "pp")), Query("qqq", ("elsewhere",))]
    (tmp_path / "corpus.txt").write_text("p\npp\nccc\ndddd\n")
    write_collection(queries, [tmp_path / "corpus.txt"], ["text"], tmp_path / "texts")
    collection = open_collection(queries, tmp_path / "texts")
    old = Block(
        np.array([[3, 2], [0, NONE]]),
        np.array([[0.9, 0.8], [0.7, -np.inf]]),
        collection.positives(0, 2),
        np.array([[0.5, 0.4], [0.3, np.nan]]),
        np.zeros((2, 2), np.int64),
    )
    found, anew = use(tmp_path / "found"), use(tmp_path / "anew")
    compute(found, 1, Share(), lambda number: vars(old), lambda: None)
    compute(anew, 1, Share(), candidates.rescored(collection, found, Length()), lambda: None)
    new = candidates.read(anew, 0)
    np.testing.assert_array_equal(new.numbers, old.numbers)
    np.testing.assert_array_equal(new.scores, [[1004, 1003], [3001, -np.inf]])
    np.testing.assert_array_equal(new.positive_scores, [[1001, 1002], [3009, np.nan]])
