from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacoskit_builtins.tasks.reranking import RerankingOptions, check, load, measure
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score

from lacoskit import DataError


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors that depend on the first word of a text, and on all of it and the role."""
    vectors = np.array([np.random.default_rng([*text.split()[0].encode()]).normal(size=6) for text in texts])
    vectors += [np.random.default_rng([*text.encode(), len(role or "")]).normal(size=6) for text in texts]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """30 queries of one to three right and four to eight wrong candidates."""
    return [
        {
            "query": f"thing{n} question",
            "positive": [f"thing{n} answer {k}" for k in range(1 + n % 3)],
            "negative": [f"other{n * k} answer {k}" for k in range(4 + n % 5)],
        }
        for n in range(30)
    ]


def test_figures_are_those_of_scikit_learn_and_of_a_loop(rows: list[dict[str, Any]], write_rows: Any) -> None:
    result = measure(load(RerankingOptions(files=(str(write_rows(rows)),), language="en")), embed)
    precisions, ranks = [], []
    for row in rows:
        texts = row["positive"] + row["negative"]
        right = np.array([text in row["positive"] for text in texts])
        scores = embed(texts, "document") @ embed([row["query"]], "query")[0]
        precisions.append(average_precision_score(right, scores))
        assert precisions[-1] == pytest.approx(label_ranking_average_precision_score(right[None], scores[None]))
        best = max(score for score, is_right in zip(scores, right, strict=True) if is_right)
        ranks.append(1 / (1 + sum(score > best for score in scores)))
    assert result.figures == pytest.approx({"map": np.mean(precisions), "mrr": np.mean(ranks)})
    assert 0.4 < result.figures["map"] < 0.99
    assert (result.main, result.units, result.languages) == ("map", 30, ("en",))
    assert result.resampled(np.arange(30)) == pytest.approx(result.figures["map"])
    assert result.resampled(np.array([4, 4, 9])) == pytest.approx((2 * precisions[4] + precisions[9]) / 3)


def test_a_model_that_holds_all_for_equal_does_not_profit_from_the_order_of_the_file(write_rows: Any) -> None:
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(200):
        texts = [f"{number:04}" for number in generator.choice(10_000, 5, replace=False)]
        rows.append({"query": "q", "positive": texts[:1], "negative": texts[1:]})
    data = load(RerankingOptions(files=(str(write_rows(rows)),)))
    figures = measure(data, lambda texts, role: np.ones((len(texts), 1), np.float32)).figures
    assert figures["mrr"] == pytest.approx(np.mean([1 / rank for rank in range(1, 6)]), abs=0.06)


def test_a_text_counts_once_and_as_right_where_it_is_both(write_rows: Any) -> None:
    row = {"query": "q", "positive": ["a", "a"], "negative": ["a", "b", "b "]}
    (query,) = load(RerankingOptions(files=(str(write_rows([row])),))).queries
    assert (query.candidates, query.right) == (["a", "b"], {"a"})


def test_a_single_candidate_needs_no_list(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("query,positive,negative\nq,a,b\n", encoding="utf-8")
    (query,) = load(RerankingOptions(files=(str(path),))).queries
    assert query.candidates == ["a", "b"]


@pytest.mark.parametrize(
    ("positive", "negative", "told"),
    [
        ([], ["b"], "empty positive"),
        (["a"], [], "empty negative"),
        (["a"], ["a"], "negative has no text that is not in positive"),
        (["a", 3], ["b"], "positive is not text"),
        (None, ["b"], "no positive"),
    ],
)
def test_rows_that_rank_nothing_are_unusable(positive: Any, negative: Any, told: str, write_rows: Any) -> None:
    path = write_rows([{"query": "q", "positive": positive, "negative": negative}])
    with pytest.raises(DataError, match=told):
        load(RerankingOptions(files=(str(path),)))


def test_files_and_columns_are_looked_for(rows: list[dict[str, Any]], write_rows: Any) -> None:
    path = str(write_rows(rows))
    assert check(RerankingOptions()) == [
        "name the files of queries and candidates in files, or a data set of the hub in hub"
    ]
    assert "no column 'wrong'" in check(RerankingOptions(files=(path,), negative="wrong"))[0]
    assert not check(RerankingOptions(files=(path,)))


def test_a_query_does_as_well_as_its_own_precision_and_shows_what_was_found_first(
    rows: list[dict[str, Any]], write_rows: Any
) -> None:
    result = measure(load(RerankingOptions(files=(str(write_rows(rows)),))), embed)
    for unit, row in enumerate(rows):
        texts = row["positive"] + row["negative"]
        scores = embed(texts, "document") @ embed([row["query"]], "query")[0]
        right = np.array([text in row["positive"] for text in texts])
        assert result.by_unit[unit] == pytest.approx(average_precision_score(right, scores))
        told = result.shown(unit)
        assert (told["query"], told["found first"]) == (row["query"], texts[int(scores.argmax())])
        assert told["right"] in row["positive"]
