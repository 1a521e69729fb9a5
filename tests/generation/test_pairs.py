"""From documents to a file of pairs: whole, with provenance, and gone on with after an interruption."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lacoskit.components import Generator, Options, Pair
from lacoskit.errors import LacoskitError
from lacoskit.generation import pairs as making
from lacoskit.generation.config import GenerateConfig
from lacoskit.generation.journal import Journal
from lacoskit.generation.pairs import audit_file, make_pairs
from lacoskit.sections import Selected


class Numbered(Options):
    """Asks for the number of a document."""

    salt: int = 0


@contextmanager
def _silent(what: str, total: int) -> Iterator[Any]:
    yield lambda done: None


class _Crash(Exception):
    pass


def _config(tmp_path: Path, fail_at: str = "", stranger: bool = False, **more: Any) -> tuple[GenerateConfig, list[str]]:
    """30 documents of which a generator asks for the number; the ids that it was called with."""
    path = tmp_path / "documents.jsonl"
    rows = [{"id": f"d{i}", "text": f"text number{i} of many"} for i in range(30)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    called: list[str] = []

    def build(options: Numbered, documents: Any, seed: int) -> Any:
        assert len(documents) == 30

        def write(block: Any) -> Iterator[Pair]:
            for document in block:
                called.append(document.id)
                if document.id == fail_at:
                    raise _Crash
                yield Pair(
                    query=f"where is number{document.id[1:]}?",
                    text=document.text,
                    document="nobody" if stranger else document.id,
                    type="where",
                    source="by-number",
                    language="en",
                )

        return write

    component = Generator(name="numbered", options=Numbered, build=build)
    selected = Selected(component, Numbered())
    about = {"documents": {"files": [str(path)], "id": "id"}, "output": str(tmp_path / "out.jsonl")}
    return GenerateConfig.model_validate({**about, "generator": selected, **more}), called


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "BLOCK", 4)


def test_each_row_tells_where_it_comes_from(tmp_path: Path) -> None:
    config, _ = _config(tmp_path, filter={"top_k": 2}, prompt="query: ", seed=5)
    report = make_pairs(config, _silent)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) == report["kept"] == 30
    source = {"document": "d3", "generator": "numbered", "written_by": "by-number", "round_trip_rank": 1, "seed": 5}
    assert rows[3] == {
        "query": "where is number3?", "pos": ["text number3 of many"], "neg": [], "prompt": "query: ", "id": "d3#1",
        "type": "where", "language": "en", "source": source,
    }  # fmt: skip
    assert json.loads((tmp_path / "out.audit.json").read_text(encoding="utf-8")) == json.loads(json.dumps(report))
    assert report["kinds"] == {"where": {**dict.fromkeys(report["dropped"], 0), "written": 30, "kept": 30}}
    assert len(report["examples"]["kept"]) == 3


def test_finished_blocks_are_not_written_again_and_the_file_is_the_same(tmp_path: Path) -> None:
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    whole, _ = _config(tmp_path / "whole")
    make_pairs(whole, _silent)
    config, called = _config(tmp_path / "cut", fail_at="d17")
    with pytest.raises(_Crash):
        make_pairs(config, _silent)
    assert called == [f"d{i}" for i in range(18)]
    assert not (tmp_path / "cut" / "out.jsonl").exists()
    journal = next((tmp_path / "cut").glob(".unfinished-*"))
    with journal.open("ab") as file:
        file.write(b'[{"query": "cut o')  # as a kill leaves it
    config, called = _config(tmp_path / "cut")
    make_pairs(config, _silent)
    assert called == [f"d{i}" for i in range(16, 30)]
    assert (tmp_path / "cut" / "out.jsonl").read_bytes() == (tmp_path / "whole" / "out.jsonl").read_bytes()
    assert list((tmp_path / "cut").glob(".unfinished-*")) == []


def test_what_was_written_with_other_options_is_not_gone_on_with(tmp_path: Path) -> None:
    config, _ = _config(tmp_path, fail_at="d9")
    with pytest.raises(_Crash):
        make_pairs(config, _silent)
    other, _ = _config(tmp_path, seed=1)
    with pytest.raises(LacoskitError, match="holds the pairs of an interrupted run with other documents or options"):
        make_pairs(other, _silent)
    stricter, called = _config(tmp_path, max_query=18)  # rules come after writing
    make_pairs(stricter, _silent)
    assert called[0] == "d8"


def test_limits_on_documents_and_pairs_hold(tmp_path: Path) -> None:
    config, called = _config(tmp_path, max_documents=9, max_pairs=5)
    report = make_pairs(config, _silent)
    assert len(called) == 9
    assert (report["written"], report["kept"], report["dropped"]["surplus"]) == (9, 5, 4)
    assert report["documents"]["read"] == 30


def test_no_pair_at_all_is_an_error_that_says_why(tmp_path: Path) -> None:
    config, _ = _config(tmp_path, max_query=3)
    with pytest.raises(LacoskitError, match=r"no pair is left of 30 that were written \(too long 30\)"):
        make_pairs(config, _silent)
    assert not audit_file(tmp_path / "out.jsonl").exists()


def test_a_pair_of_a_document_that_was_not_given_is_the_generators_mistake(tmp_path: Path) -> None:
    config, _ = _config(tmp_path, stranger=True)
    with pytest.raises(LacoskitError, match="generator numbered wrote a pair of a document that it was not given"):
        make_pairs(config, _silent)


def test_a_journal_without_a_whole_first_line_begins_again(tmp_path: Path) -> None:
    journal = Journal.beside(tmp_path / "x.jsonl", "about")
    journal.path.write_bytes(b'{"about": "abo')
    assert journal.begin() == []
    pair = Pair(query="é?", text="t", document="d", type="t", source="s", language=None)
    journal.add([pair])
    journal.add([])
    assert journal.begin() == [[pair], []]
