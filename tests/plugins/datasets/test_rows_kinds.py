"""The kinds whose rows are examples as they stand: sts, sentences, bitext."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from lacoskit import DataError, Example

KINDS = {
    "sts": {"sentence1": "a", "sentence2": "b", "score": 1},
    "bitext": {"sentence1": "a", "sentence2": "b"},
    "sentences": {"text": "a"},
    "classification": {"text": "a", "label": "x"},
}


def test_scored_pairs(load_as: Any, write_rows: Any) -> None:
    rows = [{"sentence1": " a ", "sentence2": "b", "score": "4.5", "id": i} for i in range(3)]
    assert load_as("sts", files=[str(write_rows(rows))], max_examples=2) == [Example("a", "b", score=4.5)] * 2


def test_each_sentence_is_its_own_positive(load_as: Any, write_rows: Any, tmp_path: Path) -> None:
    with gzip.open(tmp_path / "text.txt.gz", "wt", encoding="utf-8") as file:
        file.write("one\nzwei \n三\n")
    expected = [Example("one", "one"), Example("zwei", "zwei"), Example("三", "三")]
    assert load_as("sentences", files=[str(tmp_path / "text.txt.gz")]) == expected
    rows = write_rows([{"passage": "one", "other": 1}])
    assert load_as("sentences", files=[str(rows)], column="passage") == expected[:1]


def test_translations_in_one_direction_or_both(load_as: Any, write_rows: Any) -> None:
    file = str(write_rows([{"sentence1": f"en {i}", "sentence2": f"fr {i}", "id": i} for i in range(3)]))
    there = [Example(f"en {i}", f"fr {i}") for i in range(3)]
    back = [Example(f"fr {i}", f"en {i}") for i in range(3)]
    assert load_as("bitext", files=[file]) == there
    assert load_as("bitext", files=[file], both_directions=True) == there + back
    assert load_as("bitext", files=[file], both_directions=True, max_examples=2) == there[:2] + back[:2]


@pytest.mark.parametrize("kind", KINDS)
def test_files_and_columns_are_looked_for(kind: str, check_as: Any, write_rows: Any, tmp_path: Path) -> None:
    row = KINDS[kind]
    assert check_as(kind) == ["name local files in files, or a data set of the hub in hub"]
    assert check_as(kind, files=[str(write_rows([row]))]) == []
    (told,) = check_as(kind, files=[str(tmp_path / "none.jsonl")])
    assert told.endswith("no such file")
    last = list(row)[-1]
    (told,) = check_as(kind, files=[str(write_rows([dict.fromkeys([*row][:-1], 1) | {"x": 1}]))])
    assert f"no column {last!r}" in told


@pytest.mark.parametrize("kind", ["sts", "bitext", "classification"])
def test_unknown_columns_are_errors(kind: str, check_as: Any, load_as: Any, write_rows: Any) -> None:
    file = str(write_rows([{**KINDS[kind], "labell": 1}]))
    (told,) = check_as(kind, files=[file])
    expected = f"{file}: unknown column 'labell'; its rows have {', '.join(KINDS[kind])} and may have id, source, "
    assert told.startswith(expected)
    with pytest.raises(DataError, match="unknown column 'labell'"):
        load_as(kind, files=[file])


def test_a_set_on_the_hub_needs_its_columns_alone(load_as: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    rows = datasets.Dataset.from_list([{"sentence1": "a", "sentence2": "b", "score": 1.5, "genre": "x"}])
    asked: list[Any] = []

    def load_dataset(*names: Any, **options: Any) -> Any:
        asked.append((names, options))
        return rows

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    assert load_as("sts", hub="mteb/stsb", subset="en", split="dev") == [Example("a", "b", score=1.5)]
    assert asked == [(("mteb/stsb", "en"), {"split": "dev", "revision": None})]


def test_real_sets_are_read(load_as: Any, shared_data: Path) -> None:
    sts = load_as("sts", files=[str(shared_data / "sts" / "stsb_en_dev.jsonl.gz")])
    assert len(sts) == 1500
    assert {type(example.score) for example in sts} == {float}
    bitext = load_as("bitext", files=[str(shared_data / "bitext" / "tatoeba_fra-eng.jsonl.gz")])
    assert bitext[0].positive == "In the beginning God created the heaven and the earth."
    sentences = load_as("sentences", files=[str(shared_data / "text" / "sw.txt.gz")], max_examples=500)
    assert len(sentences) == 500
