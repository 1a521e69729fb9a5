from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import pytest

from lacoskit import DataError, Dataset, Example, plugins


@pytest.fixture(scope="module")
def component() -> Dataset[Any]:
    return plugins.installed().select(Dataset, "pairs")


def load(file: Path | None = None, **options: Any) -> Sequence[Example]:
    component = plugins.installed().select(Dataset, "pairs")
    return component.load(component.options(files=[] if file is None else [str(file)], **options))


def test_every_column_has_its_place(write_rows: Callable[..., Path]) -> None:
    file = write_rows([{"q": " A ", "d": "a", "n1": "x", "n2": "y", "s": "3.5", "other": 1}])
    examples = load(file, anchor="q", positive="d", negatives=["n2", "n1"], score="s")
    assert examples == [Example("A", "a", ("y", "x"), 3.5)]


def test_only_named_columns_are_read(pairs_file: Path) -> None:
    examples = load(pairs_file)
    assert len(examples) == 200
    assert all(example.negatives == () and example.score is None for example in examples)


def test_a_column_of_negatives_can_hold_lists_or_nothing(write_rows: Callable[..., Path], tmp_path: Path) -> None:
    values: list[Any] = [["x", " y "], [], None, ["z", "", None]]
    rows = [{"anchor": f"A{i}", "positive": "a", "negatives": value} for i, value in enumerate(values)]
    datasets.Dataset.from_list(rows).to_parquet(tmp_path / "rows.parquet")
    for file in (write_rows(rows), tmp_path / "rows.parquet"):
        examples = load(file, negatives=["negatives"])
        assert [example.negatives for example in examples] == [("x", "y"), (), (), ("z",)]


def test_single_negatives_can_be_missing(write_rows: Callable[..., Path]) -> None:
    rows = [{"anchor": "A", "positive": "a", "n": value} for value in ("x", "", "  ", None)]
    assert [e.negatives for e in load(write_rows(rows), negatives=["n"])] == [("x",), (), (), ()]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"anchor": ""}, "empty anchor"),
        ({"anchor": None}, "no anchor"),
        ({"positive": 3}, "positive is not text"),
        ({"n": 3}, "n is not text"),
        ({"n": ["x", 3]}, "n is not text"),
        ({"s": None}, "s is not a number"),
        ({"s": "high"}, "s is not a number"),
        ({"s": float("nan")}, "s is not finite"),
    ],
)
def test_a_bad_row_is_counted_and_its_place_told(
    write_rows: Callable[..., Path], bad: dict[str, Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows: list[dict[str, Any]] = [{"anchor": f"A{i}", "positive": "a", "n": "x", "s": 1} for i in range(5)]
    rows[2] |= bad
    file = write_rows(rows)
    with pytest.raises(DataError, match=rf"1 of 5 rows cannot be used: {why} \(1, first at rows.jsonl:3\)"):
        load(file, negatives=["n"], score="s")
    with caplog.at_level(logging.WARNING):
        examples = load(file, negatives=["n"], score="s", max_skipped=0.2)
    assert [example.anchor for example in examples] == ["A0", "A1", "A3", "A4"]
    assert why in caplog.text


@pytest.mark.parametrize(
    ("options", "column"),
    [
        ({"anchor": "query"}, "query"),
        ({"positive": "answer"}, "answer"),
        ({"negatives": ["wrong"]}, "wrong"),
        ({"score": "grade"}, "grade"),
    ],
)
def test_a_missing_column_is_an_error_that_checking_sees_too(
    pairs_file: Path, component: Dataset[Any], options: dict[str, Any], column: str
) -> None:
    with pytest.raises(DataError, match=f"no column '{column}'"):
        load(pairs_file, **options)
    (problem,) = component.check(component.options(files=[str(pairs_file)], **options))
    assert f"no column '{column}'" in problem


def test_without_files_or_hub_there_is_nothing_to_read(component: Dataset[Any]) -> None:
    with pytest.raises(DataError, match="name local files in files, or"):
        load()
    assert component.check(component.options())
    assert not component.check(component.options(hub="me/pairs"))


def test_max_examples_takes_the_first(pairs_file: Path) -> None:
    assert load(pairs_file, max_examples=3) == load(pairs_file)[:3]


def test_the_hub_is_asked_for_what_the_options_say(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def load_dataset(path: str, subset: str | None, *, split: str, revision: str | None) -> Any:
        asked.append((path, subset, split, revision))
        return datasets.Dataset.from_list([{"anchor": "A", "positive": "a", "negative": ["x", "y"], "score": 1}])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    where = {"hub": "me/pairs", "subset": "fr", "split": "dev", "revision": "v1"}
    assert load(**where, negatives=["negative"], score="score") == [Example("A", "a", ("x", "y"), 1.0)]
    assert asked == [("me/pairs", "fr", "dev", "v1")]
    with pytest.raises(DataError, match=r"me/pairs/fr \(dev\) has no column 'negatve'; its columns: anchor, positive"):
        load(**where, negatives=["negatve"])


def test_a_hub_that_cannot_be_reached_is_one_message() -> None:
    with pytest.raises(DataError) as caught:
        load(hub="nobody/no-such-data")
    message = str(caught.value)
    assert "nobody/no-such-data (train) cannot be loaded from the hub" in message
    assert "\n" not in message
