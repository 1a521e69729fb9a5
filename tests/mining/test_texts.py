from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit.errors import DataError
from lacoskit.mining.texts import NOWHERE, corpus_texts, key_of, open_texts, write_texts

some_texts = st.lists(st.text("ab \u3000\n猫é\u0301", min_size=1, max_size=4), max_size=30)


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@settings(deadline=None)
@given(some_texts, some_texts)
def test_each_text_is_there_once_in_the_order_in_which_it_came_first(texts: list[str], others: list[str]) -> None:
    first: dict[str, str] = {}
    for text in texts:
        first.setdefault(plain(text), text)
    with TemporaryDirectory() as folder:
        write_texts(texts, Path(folder) / "texts")
        opened = open_texts(Path(folder) / "texts")
        assert opened.window(0, 100) == list(first.values())
        assert len(opened) + opened.repeated == len(texts)
        known = {name: number for number, name in enumerate(first)}
        for text in [*texts, *others]:
            assert opened.number(key_of(text)) == known.get(plain(text), NOWHERE)


def test_a_hash_tells_other_texts_and_another_order(tmp_path: Path) -> None:
    seen = set()
    for number, texts in enumerate([["a", "bc"], ["ab", "c"], ["bc", "a"], ["a"], []]):
        write_texts(texts, tmp_path / str(number))
        seen.add(open_texts(tmp_path / str(number)).sha256)
    write_texts(["a", "bc", " a"], tmp_path / "again")
    assert len(seen) == 5
    assert open_texts(tmp_path / "again").sha256 in seen


def test_columns_are_joined_and_empty_rows_are_left_out(write_rows: Any) -> None:
    rows = [
        {"title": "One", "text": "two"},
        {"title": "", "text": "three"},
        {"title": "", "text": " "},
        {"text": "four"},
    ]
    empty: list[str] = []
    path = write_rows(rows, "corpus.jsonl")
    assert list(corpus_texts([path], ["title", "text"], empty)) == ["One two", "three", "four"]
    assert empty == ["corpus.jsonl:3"]


def test_a_row_that_cannot_be_read_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "corpus.jsonl"
    path.write_text("\n".join([json.dumps({"text": "a"}), json.dumps({"text": 3})]))
    with pytest.raises(DataError, match=r"corpus: corpus.jsonl:2: text is not text; mend the row"):
        list(corpus_texts([path], ["text"], []))
