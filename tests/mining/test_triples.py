"""What is written: no positive among the negatives, whatever the texts are, and every candidate accounted for."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit.components import Example
from lacoskit.mining import blocks, candidates, search
from lacoskit.mining.blocks import Share
from lacoskit.mining.collection import open_collection, write_collection
from lacoskit.mining.config import MineConfig
from lacoskit.mining.dense import Dense
from lacoskit.mining.filters import RULES
from lacoskit.mining.queries import gather
from lacoskit.mining.triples import Writer

word = st.sampled_from(["a", "b", "c", " a", "a  b", "a b", "b a", "é", "e\u0301", "a b "])
examples = st.lists(st.builds(Example, word, word), min_size=1, max_size=12)
corpora = st.lists(st.sampled_from([*"abcdefghij", "a b", "a  b", "e\u0301", "é", "b\ta"]), max_size=25)
limits = st.one_of(st.none(), st.floats(0.1, 1))


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def mined(
    config: MineConfig, pairs: list[Example], corpus: list[str], folder: Path, seed: int
) -> tuple[list[Any], Any]:
    """The rows for random vectors, and the writer that made them."""
    folder.mkdir(exist_ok=True)
    queries, files = gather(pairs), []
    if corpus:
        files = [folder / "corpus.txt"]
        files[0].write_text("\n".join(corpus), encoding="utf-8")
    write_collection(queries, files, ["text"], folder / "texts")
    collection = open_collection(queries, folder / "texts")
    generator = np.random.default_rng(seed)
    parts = (collection.query_texts, collection.corpus, collection.elsewhere)
    vectors = [generator.standard_normal((len(texts), 3)).round(1).astype(np.float32) for texts in parts]
    searcher = Dense(*vectors, lambda asked, depth: search.stream(asked, vectors[1], depth, "cpu"), "key")
    found = blocks.use(folder / "found")
    count = candidates.blocks_of(collection)
    blocks.compute(found, count, Share(), candidates.find(collection, searcher, config.ranks[1]), lambda: None)
    writer = Writer(config, collection)
    return list(writer.rows(found)), writer


def settings_of(**given: Any) -> MineConfig:
    return MineConfig.model_validate(given)


@settings(max_examples=60, deadline=None)
@given(examples, corpora, limits, limits, st.sampled_from(["top", "random"]), st.integers(1, 6), st.integers(0, 999))
def test_no_positive_and_no_copy_of_one_is_ever_a_negative(
    pairs: list[Example], corpus: list[str], relative: Any, margin: Any, pick: str, ranks: int, seed: int
) -> None:
    config = settings_of(relative=relative, margin=margin, pick=pick, ranks=[1, ranks], negatives=3)
    with TemporaryDirectory() as folder, patch.object(candidates, "QUERIES", 4), patch.object(search, "SLACK", 1):
        rows, writer = mined(config, pairs, corpus, Path(folder), seed)
    right: dict[str, set[str]] = {}
    for pair in pairs:
        right.setdefault(plain(pair.anchor), {plain(pair.anchor)}).add(plain(pair.positive))
    assert [plain(row["query"]) for row in rows] == list(right)
    of_corpus = {plain(text) for text in corpus or [pair.positive for pair in pairs]}
    for row in rows:
        negatives = [plain(text) for text in row["neg"]]
        assert not right[plain(row["query"])] & set(negatives)
        assert len(set(negatives)) == len(negatives) <= 3
        assert set(negatives) <= of_corpus
        assert {plain(text) for text in row["pos"]} | {plain(row["query"])} == right[plain(row["query"])]
        assert len(row["pos_scores"]) == len(row["pos"])
        assert row["neg_scores"] == sorted(row["neg_scores"], reverse=True)
        lowest = min(row["pos_scores"])
        if relative is not None or margin is not None:
            assert all(score < lowest for score in row["neg_scores"])
    _adds_up(writer, rows, right, of_corpus, ranks)


def _adds_up(writer: Writer, rows: list[Any], right: dict[str, set[str]], corpus: set[str], ranks: int) -> None:
    """Each query has as many ranked candidates as the corpus has texts for it, and each came to one end."""
    audit, fates = writer.audit, writer.audit.fates
    ranked = sum(min(ranks, len(corpus - own)) for own in right.values())
    assert sum(fates[fate] for fate in (*RULES, "not-picked", "mined")) == ranked
    assert audit.candidates == fates["positive"] + fates["itself"] + ranked
    assert fates["mined"] == sum(len(row["neg"]) for row in rows)
    assert all(fates[rule] <= audit.alone[rule] for rule in RULES)
    counts = audit.as_mapping()["queries"]
    assert counts["read"] == counts["written"] == len(rows)
    assert counts["with_fewer_negatives"] == sum(len(row["neg"]) < 3 for row in rows)
    assert counts["with_none"] == sum(not row["neg"] for row in rows)


PAIRS = [Example(f"query {i}", f"answer {i}") for i in range(20)]


def test_queries_with_too_few_can_be_left_out(tmp_path: Path) -> None:
    kept, _ = mined(settings_of(margin=0.5, relative=None), PAIRS, [], tmp_path / "a", 0)
    dropped, writer = mined(settings_of(margin=0.5, relative=None, fewer="drop"), PAIRS, [], tmp_path / "b", 0)
    assert dropped == [row for row in kept if len(row["neg"]) == 4]
    assert 0 < len(dropped) < len(kept) == 20
    assert writer.audit.queries["written"] == len(dropped)
    assert writer.audit.queries["with_fewer_negatives"] == 20 - len(dropped)
    assert writer.audit.fates["mined"] == 4 * len(dropped)
    assert writer.audit.fates["dropped"] == sum(len(row["neg"]) for row in kept if len(row["neg"]) < 4) > 0
    means = writer.audit.as_mapping()["mean_of_mined"]
    assert means["score"] == round(np.mean([row["neg_scores"] for row in dropped]), 6)


def test_what_a_query_gets_at_random_does_not_hang_on_other_rules_for_others(tmp_path: Path) -> None:
    first, _ = mined(settings_of(relative=None, pick="random"), PAIRS, [], tmp_path / "a", 0)
    with patch.object(candidates, "QUERIES", 3):
        again, _ = mined(settings_of(relative=None, pick="random"), PAIRS, [], tmp_path / "b", 0)
    other, _ = mined(settings_of(relative=None, pick="random", seed=1), PAIRS, [], tmp_path / "c", 0)
    assert first == again != other


def test_an_instruction_is_written_into_every_row(tmp_path: Path) -> None:
    rows, _ = mined(settings_of(prompt="Find the answer: "), PAIRS, [], tmp_path, 0)
    assert {row["prompt"] for row in rows} == {"Find the answer: "}
    assert set(rows[0]) == {"query", "pos", "neg", "pos_scores", "neg_scores", "prompt"}


def test_the_lowest_positive_is_what_limits(tmp_path: Path) -> None:
    pairs = [Example("q", "p1"), Example("q", "p2"), *(Example(f"other {i}", f"text {i}") for i in range(30))]
    rows, _ = mined(settings_of(relative=None, margin=0.0, negatives=9), pairs, [], tmp_path, 3)
    low, high = sorted(rows[0]["pos_scores"])
    assert low < high
    assert max(rows[0]["neg_scores"]) < low
