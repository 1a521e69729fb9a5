from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers.processors import TemplateProcessing

from lacoskit.backbone import ModelFiles, load_tokenizer
from lacoskit.tokens import TokenTable, chunks_by_length, tokenize


@pytest.fixture(scope="module")
def tokenizer(tiny_bloom: Path) -> Any:
    return load_tokenizer(ModelFiles(str(tiny_bloom)))


@pytest.fixture(scope="module")
def wrapping_tokenizer(tiny_bloom: Path) -> Any:
    """A tokenizer that puts a token before and one after each text, as BERT's does."""
    tokenizer = load_tokenizer(ModelFiles(str(tiny_bloom)))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return tokenizer


def rows(table: TokenTable) -> list[list[int]]:
    return [table.row(i).tolist() for i in range(len(table))]


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=40), max_size=8))
def test_a_table_holds_what_the_tokenizer_gives_one_by_one(tokenizer: Any, texts: list[str]) -> None:
    table = tokenize(tokenizer, texts, max_length=10_000)
    truth = [tokenizer(text)["input_ids"] for text in texts]
    assert rows(table) == truth
    assert table.lengths.tolist() == [len(row) for row in truth]
    assert table.truncated == 0


def test_more_texts_than_the_tokenizer_is_given_at_once_are_all_there(
    tokenizer: Any, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lacoskit.tokens.CHUNK", 7)
    texts = sentences(30)
    table = tokenize(tokenizer, texts, max_length=10)
    assert rows(table) == [tokenizer(text)["input_ids"][:10] for text in texts]
    assert table.truncated == sum(len(tokenizer(text)["input_ids"]) > 10 for text in texts) > 0


def test_a_long_text_is_cut_within_its_special_tokens(wrapping_tokenizer: Any) -> None:
    table = tokenize(wrapping_tokenizer, ["cat", "the cat sees a dog near the river"], max_length=6)
    long = wrapping_tokenizer("the cat sees a dog near the river")["input_ids"]
    assert rows(table) == [wrapping_tokenizer("cat")["input_ids"], [*long[:5], 2]]
    assert long[0] == 1
    assert table.truncated == 1


def test_a_prompt_stands_before_every_text(tokenizer: Any) -> None:
    table = tokenize(tokenizer, ["a cat", "el perro"], max_length=64, prompt="query: ")
    assert rows(table) == [tokenizer(text)["input_ids"] for text in ("query: a cat", "query: el perro")]


def test_a_text_of_exactly_the_limit_is_not_cut(tokenizer: Any, wrapping_tokenizer: Any) -> None:
    for each in (tokenizer, wrapping_tokenizer):
        length = len(each("the cat sees")["input_ids"])
        assert tokenize(each, ["the cat sees"], max_length=length).truncated == 0
        assert tokenize(each, ["the cat sees"], max_length=length - 1).truncated == 1


# Tables

tables = st.lists(st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=4), max_size=4)


def table_of(texts: list[list[int]]) -> TokenTable:
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return TokenTable(np.array([token for text in texts for token in text], np.int32), offsets, truncated=len(texts))


@given(tables, st.data())
def test_chained_tables_are_one_and_give_their_texts_in_any_order(parts: list[Any], data: st.DataObject) -> None:
    texts = [text for part in parts for text in part]
    table = TokenTable.chained(map(table_of, parts))
    chosen = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=8) if texts else st.just([]))
    for each in (table, table.merged()):
        assert rows(each) == texts
        assert each.lengths.tolist() == list(map(len, texts))
        assert (len(each), each.tokens, each.truncated) == (len(texts), sum(map(len, texts)), len(texts))
        ids, lengths = each.gather(np.array(chosen, np.int64))
        assert ids.tolist() == [token for i in chosen for token in texts[i]]
        assert lengths.tolist() == [len(texts[i]) for i in chosen]
        assert (ids.dtype, lengths.dtype) == (np.int32, np.int64)


@pytest.mark.parametrize("text", [-1, 3])
def test_a_text_that_is_not_there_is_an_error(text: int) -> None:
    table = TokenTable.chained([table_of([[1], [2]]), table_of([[3]])])
    with pytest.raises(IndexError):
        table.row(text)
    with pytest.raises(IndexError):
        table.gather(np.array([0, text]))


# Chunks


@pytest.mark.parametrize("pads", [True, False])
@given(st.lists(st.integers(0, 50), max_size=40), st.integers(1, 120))
def test_chunks_hold_every_text_with_tokens_once_longest_first_and_within_the_limit(
    pads: bool, lengths: list[int], tokens: int
) -> None:
    known = np.array(lengths, np.int64)
    chunks = [chunk.tolist() for chunk in chunks_by_length(known, tokens, pads)]
    assert sorted(text for chunk in chunks for text in chunk) == [i for i, length in enumerate(lengths) if length]
    in_order = [lengths[text] for chunk in chunks for text in chunk]
    assert in_order == sorted(in_order, reverse=True)
    sizes = [len(chunk) * lengths[chunk[0]] if pads else sum(lengths[text] for text in chunk) for chunk in chunks]
    assert all(size <= tokens or len(chunk) == 1 for size, chunk in zip(sizes, chunks, strict=True))
    # and none could have held the next text too
    for chunk, after in pairwise(chunks):
        more = (len(chunk) + 1) * lengths[chunk[0]] if pads else sum(lengths[t] for t in [*chunk, after[0]])
        assert more > tokens
