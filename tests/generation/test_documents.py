"""Documents as they are read: from files of every kind and from folders of BEIR, each text once."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lacoskit.errors import DataError
from lacoskit.generation.documents import Documents, check_documents, read_documents


def test_columns_are_those_that_the_config_names(write_rows: Any) -> None:
    path = write_rows([{"n": 7, "head": " A ", "body": " b ", "lang": "FR"}, {"n": 8, "head": None, "body": "c"}])
    options = Documents(files=(str(path),), text="body", title="head", id="n", language="en", language_column="lang")
    assert check_documents(options) == []
    found = [(d.id, d.title, d.text, d.language) for d in read_documents(options).documents]
    assert found == [("7", "A", "b", "fr"), ("8", "", "c", "en")]


def test_plain_text_is_a_document_a_line_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "texts.txt"
    path.write_text("one\ntwo\none\n", encoding="utf-8")
    corpus = read_documents(Documents(files=(str(path),)))
    assert [(d.id, d.text) for d in corpus.documents] == [("texts.txt:1", "one"), ("texts.txt:2", "two")]
    assert corpus.repeated == 1


@pytest.mark.parametrize("name", ["corpus.jsonl", "corpus.jsonl.gz"])
def test_a_folder_of_beir_needs_no_columns(name: str, tmp_path: Path) -> None:
    rows = "".join(json.dumps({"_id": f"d{i}", "title": "T", "text": f"text {i}"}) + "\n" for i in range(3))
    (tmp_path / name).write_bytes(gzip.compress(rows.encode()) if name.endswith("gz") else rows.encode())
    options = Documents(beir=str(tmp_path))
    assert check_documents(options) == []
    assert [(d.id, d.title) for d in read_documents(options).documents] == [(f"d{i}", "T") for i in range(3)]


def test_an_id_that_stands_twice_is_told_with_both_places(write_rows: Any) -> None:
    path = write_rows([{"id": "a", "text": "x"}, {"id": "a", "text": "y"}])
    with pytest.raises(DataError, match=r"the id 'a' stands at rows\.jsonl:1 and at rows\.jsonl:2"):
        read_documents(Documents(files=(str(path),), id="id"))


def test_what_is_not_there_is_told_before_anything_is_read(tmp_path: Path, write_rows: Any) -> None:
    path = write_rows([{"text": "x"}])
    assert check_documents(Documents(beir=str(tmp_path / "no"))) == [f"there is no folder {tmp_path / 'no'}"]
    (told,) = check_documents(Documents(beir=str(tmp_path)))
    assert "has no corpus.jsonl" in told
    told = check_documents(Documents(files=(str(path),), text="texts", title="head"))
    assert "no column 'texts'; did you mean 'text'?" in told[0]


def test_documents_drawn_are_the_same_by_seed_and_fewer_are_among_more(write_rows: Any) -> None:
    path = write_rows([{"text": f"t{i}"} for i in range(20)])
    corpus = read_documents(Documents(files=(str(path),)))
    few, more = corpus.drawn(5, 1), corpus.drawn(9, 1)
    assert [len(few), len(more)] == [5, 9]
    assert set(few) <= set(more)
    assert list(few) == [document for document in corpus.documents if document in few]
    assert few == corpus.drawn(5, 1) != corpus.drawn(5, 2)
    assert corpus.drawn(None, 1) is corpus.documents
