from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from lacoskit import DataError, Example

CORPUS = [
    {"_id": "d1", "title": "Cats", "text": "They sleep."},
    {"_id": "d2", "title": "", "text": "Dogs run."},
    {"_id": "d3", "title": "Unasked", "text": "Nobody asks."},
    {"_id": 4, "title": "A title alone", "text": ""},
]
QUERIES = [{"_id": "q2", "text": "who runs?"}, {"_id": "q1", "text": " who sleeps? "}]
QRELS = [("q1", "d1", 1), ("q1", "d2", 0), ("q2", "d2", 2), ("q2", "d1", 1), ("q2", "d2", 2), ("q1", "4", 1)]
EXPECTED = [
    Example("who sleeps?", "Cats They sleep."),
    Example("who runs?", "Dogs run."),
    Example("who runs?", "Cats They sleep."),
    Example("who sleeps?", "A title alone"),
]


def write(folder: Path, qrels: str, answers: Sequence[tuple[str, str, Any]] = QRELS, zipped: bool = False) -> str:
    def put(name: str, text: str) -> None:
        path = folder / (name + ".gz" * zipped)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())

    put("corpus.jsonl", "".join(json.dumps(row) + "\n" for row in CORPUS))
    put("queries.jsonl", "".join(json.dumps(row) + "\n" for row in QUERIES))
    if qrels.endswith(".tsv"):
        put(qrels, "query-id\tcorpus-id\tscore\n" + "".join("\t".join(map(str, answer)) + "\n" for answer in answers))
    else:
        names = ("query-id", "corpus-id", "score")
        put(qrels, "".join(json.dumps(dict(zip(names, answer, strict=True))) + "\n" for answer in answers))
    return str(folder)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("qrels", ["qrels/train.tsv", "qrels/train.jsonl", "qrels.jsonl"])
def test_every_query_and_answer_is_an_example(
    qrels: str, zipped: bool, tmp_path: Path, load_as: Any, check_as: Any
) -> None:
    folder = write(tmp_path, qrels, zipped=zipped)
    assert check_as("retrieval", folder=folder) == []
    examples = load_as("retrieval", folder=folder)
    assert examples == EXPECTED
    assert "Unasked Nobody asks." not in list(examples.texts)
    assert load_as("retrieval", folder=folder, max_examples=2) == EXPECTED[:2]


def test_the_split_names_the_qrels(tmp_path: Path, load_as: Any, check_as: Any) -> None:
    write(tmp_path, "qrels/train.tsv")
    folder = write(tmp_path, "qrels/dev.tsv", QRELS[:1])
    assert load_as("retrieval", folder=folder, split="dev") == EXPECTED[:1]
    (told,) = check_as("retrieval", folder=folder, split="test")
    assert told.startswith(f"{folder}: has no qrels/test.tsv and no qrels/test.jsonl and no qrels.jsonl")


def test_queries_are_asked_without_titles_as_in_evaluation(tmp_path: Path, load_as: Any) -> None:
    folder = write(tmp_path, "qrels.jsonl")
    rows = [{**row, "title": "A title"} for row in QUERIES]
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert load_as("retrieval", folder=folder) == EXPECTED


def test_titles_can_be_left_out(tmp_path: Path, load_as: Any) -> None:
    examples = load_as("retrieval", folder=write(tmp_path, "qrels.jsonl", QRELS[:4]), titles=False, max_skipped=0.3)
    assert [example.positive for example in examples] == ["They sleep.", "Dogs run.", "They sleep."]


def test_answers_whose_text_is_not_there_are_told(tmp_path: Path, load_as: Any) -> None:
    folder = write(tmp_path, "qrels.jsonl", [*QRELS, ("q1", "d9", 1)])
    with pytest.raises(DataError, match=r"1 of 5 answers name a query or a text that is not there, as \('q1', 'd9'\)"):
        load_as("retrieval", folder=folder)
    assert load_as("retrieval", folder=folder, max_skipped=0.2) == EXPECTED


def test_what_is_wrong_is_told_before_a_run_all_at_once(tmp_path: Path, check_as: Any) -> None:
    assert check_as("retrieval") == ["name a local folder in folder, or a data set of the hub in hub"]
    folder = write(tmp_path, "qrels.jsonl")
    (tmp_path / "queries.jsonl").write_text('{"_id": "q1", "texts": "x"}\n')
    (tmp_path / "corpus.jsonl").write_text('{"_id": "d1", "text": "x", "titel": "y"}\n')
    assert check_as("retrieval", folder=folder) == [
        f"{tmp_path}/queries.jsonl: no column 'text'; did you mean 'texts'?",
        f"{tmp_path}/corpus.jsonl: unknown column 'titel'; its rows have _id, text and may have title, metadata, "
        "language",
    ]


def test_a_set_on_the_hub_has_the_same_parts(load_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    qrels = [dict(zip(("query-id", "corpus-id", "score"), row, strict=True)) for row in QRELS]
    sets = {"corpus": [{**row, "_id": str(row["_id"])} for row in CORPUS], "queries": QUERIES, None: qrels}
    asked = []

    def load_dataset(path: str, subset: str | None, split: str, revision: str | None) -> Any:
        asked.append((path, subset, split))
        return datasets.Dataset.from_list(sets[subset])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert load_as("retrieval", hub="BeIR/x", qrels_hub="BeIR/x-qrels") == EXPECTED
    assert sorted(asked, key=str) == [
        ("BeIR/x", "corpus", "corpus"),
        ("BeIR/x", "queries", "queries"),
        ("BeIR/x-qrels", None, "train"),
    ]


def test_a_real_set_gives_the_pairs_that_a_naive_reading_gives(load_as: Any, shared_data: Path) -> None:
    folder = shared_data / "retrieval" / "xquad_en"

    def rows(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8")]

    corpus = {row["_id"]: f"{row['title']} {row['text']}".strip() for row in rows("corpus")}
    queries = {row["_id"]: row["text"].strip() for row in rows("queries")}
    expected = [
        Example(queries[row["query-id"]], corpus[row["corpus-id"]]) for row in rows("qrels") if row["score"] > 0
    ]
    assert load_as("retrieval", folder=str(folder)) == expected
