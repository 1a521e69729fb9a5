from __future__ import annotations

import csv
import gzip
import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import datasets
import pytest
from pydantic import ValidationError

from lacoskit import DataError, Dataset, Example, plugins

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def component() -> Dataset[Any]:
    return plugins.installed().select(Dataset, "nli")


def load(files: str | Path | Sequence[Path] = (), **options: Any) -> Sequence[Example]:
    component = plugins.installed().select(Dataset, "nli")
    names = [str(file) for file in ([files] if isinstance(files, str | Path) else files)]
    return component.load(component.options(files=names, **options))


def row(premise: str, hypothesis: str, label: Any) -> dict[str, Any]:
    return {"premise": premise, "hypothesis": hypothesis, "label": label}


def test_an_entailed_hypothesis_is_the_positive_of_its_premise(write_rows: Callable[..., Path]) -> None:
    file = write_rows([row("A", "a", "entailment"), row("A", "no", "contradiction"), row("A", "hm", "neutral")])
    assert load(file) == [Example("A", "a")]


def test_labels_can_be_words_or_numbers(write_rows: Callable[..., Path]) -> None:
    labels = ["entailment", "ENTAILMENT", 0, "0", 1, "2", "Contradiction", "neutral"]
    file = write_rows([row(f"A{i}", f"a{i}", label) for i, label in enumerate(labels)])
    assert [example.anchor for example in load(file)] == ["A0", "A1", "A2", "A3"]


def test_rows_on_which_the_annotators_did_not_agree_are_left_out_silently(
    write_rows: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = write_rows([row("A", "a", 0), row("B", "b", -1), row("C", "c", "-"), row("D", "d", "-1")])
    with caplog.at_level(logging.WARNING):
        assert load(file, max_skipped=0) == [Example("A", "a")]
    assert caplog.text == ""


def test_labels_that_are_none_are_counted_and_reported(
    write_rows: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    rows = [row(f"A{i}", f"a{i}", 0) for i in range(200)]
    rows[7]["label"], rows[9]["label"] = "maybe", 3
    file = write_rows(rows)
    with caplog.at_level(logging.WARNING):
        assert len(load(file)) == 198
    assert "skipped 2 of 200 rows cannot be used" in caplog.text
    assert "the label 'maybe' is none of entailment, neutral, contradiction, 0, 1, 2 (1, first at rows.jsonl:8)" in (
        caplog.text
    )
    with pytest.raises(DataError, match=r"raise max_skipped \(now 0.005\)"):
        load(file, max_skipped=0.005)


@pytest.mark.parametrize("label", [None, "", 1.5, True, ["entailment"]])
def test_a_label_of_another_type_is_a_bad_row(write_rows: Callable[..., Path], label: Any) -> None:
    with pytest.raises(DataError, match="1 of 2 rows cannot be used: the label"):
        load(write_rows([row("A", "a", 0), row("B", "b", label)]))


@pytest.mark.parametrize(
    ("bad", "why"), [({"premise": " "}, "empty premise"), ({"hypothesis": 5}, "hypothesis is not text")]
)
def test_a_row_without_both_texts_is_a_bad_row(write_rows: Callable[..., Path], bad: dict[str, Any], why: str) -> None:
    with pytest.raises(DataError, match=f"1 of 2 rows cannot be used: {why}"):
        load(write_rows([row("A", "a", 0), {**row("B", "b", 0), **bad}]))


def test_contradictions_of_the_same_premise_are_hard_negatives_if_asked_for(write_rows: Callable[..., Path]) -> None:
    file = write_rows(
        [
            row("A", "no", "contradiction"),  # before the entailment that it goes with
            row("A", "a", "entailment"),
            row("B", "b", "entailment"),
            row("A", "never", "contradiction"),
            row("C", "lonely", "contradiction"),
            row("A", "aa", "entailment"),
            row("A", "hm", "neutral"),
        ]
    )
    assert load(file, hard_negatives=True) == [
        Example("A", "a", ("no", "never")),
        Example("A", "aa", ("no", "never")),
        Example("B", "b"),
    ]
    assert all(not example.negatives for example in load(file))


def test_a_repeated_row_counts_once_and_a_text_does_not_entail_itself(write_rows: Callable[..., Path]) -> None:
    pair, no = row("A", "a", 0), row("A", "no", 2)
    file = write_rows([pair, row("A", "A", 0), no, pair, no, {**pair, "hypothesis": " a "}])
    assert load(file, hard_negatives=True) == [Example("A", "a", ("no",))]


def test_max_examples_takes_the_first(write_rows: Callable[..., Path]) -> None:
    file = write_rows([row(f"A{i}", f"a{i}", 0) for i in range(9)])
    assert [example.anchor for example in load(file, max_examples=4)] == ["A0", "A1", "A2", "A3"]
    assert len(load(file, max_examples=100)) == 9


def test_columns_can_have_other_names(write_rows: Callable[..., Path], component: Dataset[Any]) -> None:
    file = write_rows([{"sentence1": "A", "sentence2": "a", "gold_label": "entailment"}])
    columns = {"premise": "sentence1", "hypothesis": "sentence2", "label": "gold_label"}
    assert load(file, **columns) == [Example("A", "a")]
    assert not component.check(component.options(files=[str(file)], **columns))
    with pytest.raises(DataError, match="no column 'premise'"):
        load(file)


def test_a_pattern_reads_all_files_it_matches_of_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(row("A", "a", 0)) + "\n")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as packed:
        packed.write(json.dumps(row("B", "b", "entailment")) + "\n")
    with (tmp_path / "c.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("premise", "hypothesis", "label"), ("C", 'c, "c"', "0")])
    (tmp_path / "d.tsv").write_text('premise\thypothesis\tlabel\nD\t"d\tentailment\n')
    datasets.Dataset.from_list([row("E", "e", 0)]).to_parquet(tmp_path / "e.parquet")
    examples = load(str(tmp_path / "*"))
    assert [(e.anchor, e.positive) for e in examples] == [
        ("A", "a"),
        ("B", "b"),
        ("C", 'c, "c"'),
        ("D", '"d'),
        ("E", "e"),
    ]


def test_a_missing_file_or_column_is_seen_without_reading(
    component: Dataset[Any], write_rows: Callable[..., Path]
) -> None:
    good = write_rows([row("A", "a", 0)])
    problems = component.check(component.options(files=["/nowhere/x.jsonl", str(good)], label="labell"))
    assert len(problems) == 2
    assert "no such file" in problems[0]
    assert "no column 'labell'; did you mean 'label'?" in problems[1]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Stand in for the hub; what it was asked for is the list."""
    asked: list[tuple[Any, ...]] = []

    def load_dataset(path: str, subset: str | None = None, split: str = "", revision: str | None = None) -> Any:
        asked.append((path, subset, split, revision))
        name = f"{path} {subset}"
        rows = [row(f"{name} A", "a", 0), row(f"{name} A", "no", 2), row(f"{name} B", "b", -1)]
        return datasets.Dataset.from_list([{**r, "idx": i} for i, r in enumerate(rows)])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return asked


def test_without_files_the_sets_come_from_the_hub(hub: list[tuple[Any, ...]]) -> None:
    examples = load(hard_negatives=True)
    assert hub == [("stanfordnlp/snli", None, "train", None), ("nyu-mll/multi_nli", None, "train", None)]
    assert examples == [
        Example("stanfordnlp/snli None A", "a", ("no",)),
        Example("nyu-mll/multi_nli None A", "a", ("no",)),
    ]


def test_xnli_is_loaded_by_language(hub: list[tuple[Any, ...]]) -> None:
    examples = load(sets=["xnli"], languages=["ar", "zh"], split="validation")
    assert hub == [("facebook/xnli", language, "validation", None) for language in ("ar", "zh")]
    assert [example.anchor for example in examples] == ["facebook/xnli ar A", "facebook/xnli zh A"]


def test_a_column_that_the_hub_does_not_have_is_told_with_those_it_has(hub: list[tuple[Any, ...]]) -> None:
    with pytest.raises(DataError, match=r"stanfordnlp/snli .* has no column 'gold'; its columns: premise, hypothesis"):
        load(label="gold")


def test_local_files_are_read_instead_of_the_hub(hub: list[tuple[Any, ...]], write_rows: Callable[..., Path]) -> None:
    load(write_rows([row("A", "a", 0)]))
    assert not hub


def test_a_hub_that_cannot_be_reached_is_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*arguments: Any, **options: Any) -> None:
        raise ConnectionError("no route\n to host")

    monkeypatch.setattr(datasets, "load_dataset", unreachable)
    with pytest.raises(DataError) as caught:
        load(sets=["snli"])
    message = str(caught.value)
    assert message.startswith("the data set stanfordnlp/snli (train) cannot be loaded from the hub: no route to host.")
    assert message.endswith("or name local files.")
    assert "\n" not in message


def test_an_unknown_set_is_a_mistake(component: Dataset[Any]) -> None:
    with pytest.raises(ValidationError, match="'snli', 'multinli' or 'xnli'"):
        component.options(sets=["snly"])
