from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.datasets.triples import TriplesOptions, _parse

from lacoskit import DataError, Example, Row

ROW = {"query": " q ", "pos": ["p1", " p2 "], "neg": ["n1", "n2", "n3"]}


def test_each_query_and_positive_make_an_example(load_as: Any, write_rows: Any) -> None:
    file = write_rows([ROW, {"query": "r", "pos": ["s"], "neg": []}])
    assert list(load_as("triples", files=[str(file)])) == [
        Example("q", "p1", ("n1", "n2", "n3")),
        Example("q", "p2", ("n1", "n2", "n3")),
        Example("r", "s"),
    ]
    assert list(load_as("triples", files=[str(file)], negatives=0, max_examples=1)) == [Example("q", "p1")]


def test_what_flag_embedding_writes_besides_is_known(load_as: Any, write_rows: Any) -> None:
    more = {"prompt": "Represent: ", "pos_scores": [0.9, 0.8], "neg_scores": [0.1, 0.7, 0.4], "type": "normal", "id": 7}
    file = str(write_rows([{**ROW, **more}]))
    assert [example.score for example in load_as("triples", files=[file])] == [None, None]
    assert [example.score for example in load_as("triples", files=[file], scores=True)] == [0.9, 0.8]
    hardest = load_as("triples", files=[file], choice="hardest", negatives=2)
    assert [example.negatives for example in hardest] == [("n2", "n3")] * 2


def test_the_choice_of_negatives_depends_on_the_seed_and_the_row_alone(load_as: Any, write_rows: Any) -> None:
    rows = [{"query": f"q{i}", "pos": ["a", "b"], "neg": [f"n{j}" for j in range(9)]} for i in range(30)]

    def chosen(order: list[dict[str, Any]], seed: int) -> dict[tuple[str, str], tuple[str, ...]]:
        examples = load_as("triples", files=[str(write_rows(order))], negatives=3, seed=seed)
        return {(example.anchor, example.positive): example.negatives for example in examples}

    first = chosen(rows, 1)
    assert first == chosen(rows[::-1], 1)
    assert first != chosen(rows, 2)
    assert all(len(set(negatives)) == 3 for negatives in first.values())
    assert set(itertools.chain(*first.values())) == set(rows[0]["neg"])
    assert sum(first[f"q{i}", "a"] != first[f"q{i}", "b"] for i in range(30)) > 20


@settings(deadline=None)
@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=3),
    st.lists(st.sampled_from("abcdefgh"), max_size=6),
    st.none() | st.integers(0, 4),
)
def test_what_answers_a_query_is_never_among_its_negatives(pos: list[str], neg: list[str], count: int | None) -> None:
    row = Row("file:1", {"query": "a", "pos": pos, "neg": neg})
    usable = [text for text in neg if text not in pos and text != "a"]
    for example in _parse(row, TriplesOptions(negatives=count)):
        assert len(example.negatives) == min(len(usable), 99 if count is None else count)
        assert set(example.negatives) <= set(usable)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"pos": "p"}, "pos is not a list of texts"),
        ({"pos": []}, "no text in pos"),
        ({"neg": ["", "x"]}, "empty text in neg"),
        ({"neg": [5]}, "neg is not a list of texts"),
        ({"query": ""}, "empty query"),
        ({"neg_scores": [1.0]}, "neg_scores is not a list of as many numbers as texts"),
        ({"pos_scores": [1.0, "x"]}, "pos_scores is not a number"),
    ],
)
def test_a_row_that_cannot_be_used_is_told(change: dict[str, Any], told: str, load_as: Any, write_rows: Any) -> None:
    with pytest.raises(DataError, match=told):
        load_as("triples", files=[str(write_rows([{**ROW, **change}]))])


def test_scores_that_are_asked_for_have_to_be_there(load_as: Any, write_rows: Any) -> None:
    file = str(write_rows([ROW]))
    for options, column in (({"scores": True}, "pos_scores"), ({"choice": "hardest"}, "neg_scores")):
        with pytest.raises(DataError, match=f"{column} is not a list"):
            load_as("triples", files=[file], **options)


def test_unknown_columns_are_errors_wherever_they_stand(load_as: Any, check_as: Any, write_rows: Any) -> None:
    file = write_rows([{**ROW, "negs": []}])
    told = (
        f"{file}: unknown column 'negs'; its rows have query, pos, neg and may have pos_scores, neg_scores, prompt, "
        "id, source, language, type, split"
    )
    assert check_as("triples", files=[str(file)]) == [told]
    with pytest.raises(DataError, match="unknown column 'negs'"):
        load_as("triples", files=[str(file)])
    with pytest.raises(DataError, match=r"unknown column 'negs' \(1, first at rows.jsonl:2\)"):
        load_as("triples", files=[str(write_rows([ROW, {**ROW, "negs": []}]))])


def test_what_is_missing_is_told_before_a_run(check_as: Any, tmp_path: Path, write_rows: Any) -> None:
    assert check_as("triples") == ["name local files in files, or a data set of the hub in hub"]
    (told,) = check_as("triples", files=[str(write_rows([{"query": "q", "pos": []}]))])
    assert told.endswith("no column 'neg'; choose from: pos, query")
