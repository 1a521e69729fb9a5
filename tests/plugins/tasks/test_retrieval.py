from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from lacoskit_builtins.tasks.retrieval import RetrievalOptions, check, load, measure
from numpy.typing import NDArray
from sklearn.metrics import ndcg_score

from lacoskit import DataError


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors by the first word of a text, and a little by all of it and by its role."""
    seeds = ([*text.split()[0].encode()] for text in texts)
    vectors = np.array([np.random.default_rng(seed).normal(size=6) for seed in seeds])
    noise = ([*text.encode(), len(role or "")] for text in texts)
    vectors += np.array([0.7 * np.random.default_rng(seed).normal(size=6) for seed in noise])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """40 texts about 8 things, 12 queries with two or three answers of grades 1 and 2."""
    generator = np.random.default_rng(0)
    corpus = [{"_id": f"d{n}", "title": f"thing{n % 8}", "text": f"text {n}"} for n in range(40)]
    queries = [{"_id": f"q{n}", "text": f"thing{n % 8} question {n}"} for n in range(12)]
    qrels = [
        {"query-id": query["_id"], "corpus-id": f"d{number}", "score": int(generator.integers(1, 3))}
        for query in queries
        for number in generator.choice(40, size=generator.integers(2, 4), replace=False)
    ]
    write(tmp_path, corpus=corpus, queries=queries, qrels=[*qrels, {"query-id": "q0", "corpus-id": "d39", "score": 0}])
    return tmp_path


def write(folder: Path, **parts: list[dict[str, Any]]) -> None:
    for name, rows in parts.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_ndcg_is_that_of_scikit_learn_and_recall_and_rank_are_counted_by_hand(folder: Path) -> None:
    data = load(RetrievalOptions(folder=str(folder), depth=20))
    result = measure(data, embed)
    names = list(data.corpus)
    asked = embed(list(data.queries.values()), "query")
    scores = asked @ embed(list(data.corpus.values()), "document").T
    grades = np.array([[data.qrels[query].get(name, 0) for name in names] for query in data.queries])
    for cut in (1, 10):
        assert result.figures[f"ndcg@{cut}"] == pytest.approx(ndcg_score(grades, scores, k=cut), abs=1e-9)
    right = np.take_along_axis(grades, np.argsort(-scores, axis=1), axis=1) > 0
    for cut in (10, 20):
        assert result.figures[f"recall@{cut}"] == pytest.approx(np.mean(right[:, :cut].sum(1) / right.sum(1)))
    first = np.where(right[:, :20].any(1), 1 / (right.argmax(1) + 1), 0)
    assert result.figures["mrr"] == pytest.approx(first.mean())
    assert 0.1 < result.figures["ndcg@10"] < 0.9
    assert result.units == 12
    assert result.resampled(np.arange(12)) == pytest.approx(result.figures["ndcg@10"])


def test_queries_of_another_folder_are_asked_of_this_corpus(folder: Path, tmp_path_factory: Any) -> None:
    other = tmp_path_factory.mktemp("other")
    write(other, queries=[{"_id": f"q{n}", "text": f"chose{n % 8} pregunta {n}"} for n in range(12)])
    options = RetrievalOptions(folder=str(folder), queries=str(other), language="en", query_language="es")
    assert check(options) == []
    data = load(options)
    assert data.queries["q0"] == "chose0 pregunta 0"
    assert measure(data, embed).languages == ("es", "en")


def test_answers_without_their_text_are_an_error_above_the_share_that_is_allowed(folder: Path) -> None:
    with (folder / "qrels.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"query-id": "q1", "corpus-id": "nowhere", "score": 1}) + "\n")
    with pytest.raises(DataError, match=r"1 of .* answers name a query or a text that is not there"):
        load(RetrievalOptions(folder=str(folder)))
    assert len(load(RetrievalOptions(folder=str(folder), max_skipped=0.1)).queries) == 12


def test_an_id_that_names_two_texts_is_told_and_one_that_stands_twice_is_not(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    write(folder, corpus=[*rows, rows[3]])
    assert len(load(RetrievalOptions(folder=str(folder))).corpus) == 40
    assert not caplog.text
    write(folder, corpus=[*rows, {**rows[3], "text": "something else"}])
    assert load(RetrievalOptions(folder=str(folder), max_skipped=0.1)).corpus["d3"] == "thing3 text 3"
    assert "skipped 1 of 41 rows" in caplog.text
    with pytest.raises(DataError, match="has named another text before"):
        load(RetrievalOptions(folder=str(folder), max_skipped=0))


def test_missing_files_are_told_all_at_once(tmp_path: Path) -> None:
    assert check(RetrievalOptions()) == [
        "name a folder with corpus, queries and qrels: folder: FOLDER, or a data set of the hub in hub"
    ]
    problems = check(RetrievalOptions(folder=str(tmp_path)))
    assert [problem.partition("has no ")[2].split()[0] for problem in problems] == [
        "corpus.jsonl",
        "queries.jsonl",
        "qrels/test.tsv",
    ]


def test_a_query_does_as_well_as_its_own_ndcg_and_shows_what_was_found_first(folder: Path) -> None:
    data = load(RetrievalOptions(folder=str(folder), depth=20))
    result = measure(data, embed)
    names = list(data.corpus)
    corpus = embed(list(data.corpus.values()), "document")
    for unit, (query, text) in enumerate(data.queries.items()):
        scores = corpus @ embed([text], "query")[0]
        grades = np.array([data.qrels[query].get(name, 0) for name in names])
        assert result.by_unit[unit] == pytest.approx(ndcg_score(grades[None], scores[None], k=10), abs=1e-9)
        told = result.shown(unit)
        assert told["query"] == text
        assert told["found first"] == data.corpus[names[int(scores.argmax())]]
        assert told["answer"] in {
            data.corpus[name] for name, grade in data.qrels[query].items() if grade == max(grades)
        }
    assert result.by_unit.mean() == pytest.approx(result.figures["ndcg@10"])


def test_a_query_that_is_a_text_of_the_corpus_does_not_find_itself(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    queries = [{"_id": row["_id"], "text": f"{row['title']} {row['text']}"} for row in rows[:12]]
    qrels = [{"query-id": f"d{n}", "corpus-id": f"d{n + 8}", "score": 1} for n in range(12)]
    write(folder, queries=queries, qrels=qrels)

    def of_text(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        return embed(texts, None)  # so that a text is nearest to itself

    itself = measure(load(RetrievalOptions(folder=str(folder), depth=20)), of_text)
    others = measure(load(RetrievalOptions(folder=str(folder), depth=20, ignore_identical_ids=True)), of_text)
    assert itself.figures["ndcg@1"] == 0
    assert others.figures["mrr"] > itself.figures["mrr"]
    assert others.shown is not None
    for unit, row in enumerate(rows[:12]):
        assert others.shown(unit)["found first"] != f"{row['title']} {row['text']}"


def test_a_set_on_the_hub_is_measured_as_that_of_its_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(name: str, subset: str | None, split: str, **options: Any) -> datasets.Dataset:
        part = "qrels" if name == "own/qrels" else str(subset)
        assert split == ("dev" if part == "qrels" else part)
        rows = [json.loads(line) for line in (folder / f"{part}.jsonl").read_text(encoding="utf-8").splitlines()]
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    options = RetrievalOptions(hub="own/set", qrels_hub="own/qrels", split="dev")
    assert not check(options)
    assert measure(load(options), embed).figures == measure(load(RetrievalOptions(folder=str(folder))), embed).figures
