"""Values of options in YAML, every combination of them, and a name for each."""

from __future__ import annotations

import itertools
import string
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from lacoskit.combinations import LONGEST, combinations, parse_over, short_names
from lacoskit.config import RunConfig, parse_value, write_value

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner), max_leaves=5)


def told(*words: str) -> list[str]:
    _, problems = parse_over(words)
    return [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4,16", [4, 16]),
        ("[4, 16]", [4, 16]),
        ("4", [4]),
        ("bnb-8bit, bnb-4bit,null", ["bnb-8bit", "bnb-4bit", None]),
        ("attention,[query, value]", ["attention", ["query", "value"]]),
        ("[[a, b]]", [["a", "b"]]),
        ("[a],[b, c]", [["a"], ["b", "c"]]),
        ("{name: lora, rank: 4},{name: bitfit}", [{"name": "lora", "rank": 4}, {"name": "bitfit"}]),
        ("'a, b',c", ["a, b", "c"]),
        ("1e-4,0.5", ["1e-4", 0.5]),
        ("true,false", [True, False]),
        ("a/b=c,d", ["a/b=c", "d"]),
    ],
)
def test_values_are_yaml_with_commas_between(text: str, values: list[Any]) -> None:
    assert parse_over([f"x.y={text}"]) == ({"x.y": values}, [])


@given(st.lists(VALUES, min_size=2, max_size=4))
def test_whatever_yaml_can_write_is_read_back(values: list[Any]) -> None:
    text = ",".join(write_value(value) for value in values)
    assert parse_over([f"x.y={text}"]) == ({"x.y": values}, [])


@given(VALUES)
def test_a_value_is_passed_on_as_it_is(value: Any) -> None:
    assert parse_value(write_value(value)) == value
    (one,) = combinations({"seed": [value]})
    assert [override.partition("=")[2] for override in one.overrides] == [write_value(value)]
    assert yaml.safe_load(write_value(value)) == value


def test_every_mistake_is_told() -> None:
    assert told("adapter.rank", "=1", "a..b=1", "output=a,b", "x=1,2]", "y=", "z={a: 1, a: 2}", "w=1", "w=2") == [
        "--over adapter.rank: expected section.key=value,value, as in --over adapter.rank=4,16",
        "--over =1: expected section.key=value,value, as in --over adapter.rank=4,16",
        "--over a..b=1: expected section.key=value,value, as in --over adapter.rank=4,16",
        "--over output=a,b: a sweep names the folder of each run; --output names the one around them",
        "--over x=1,2]: the values are not valid YAML: expected '<document start>', but found ']'",
        "--over y=: no value; expected one or more, with commas between them",
        "--over z={a: 1, a: 2}: the values are not valid YAML: the key 'a' stands here twice",
        "--over w=2: w stands in another --over too; give all its values in one",
    ]


def test_every_combination_is_there_once() -> None:
    over = {"seed": [1, 2, 1], "adapter.rank": [4, 8], "model": ["a", "b"]}
    made = [tuple(one.options.values()) for one in combinations(over)]
    assert made == list(itertools.product([1, 2], [4, 8], ["a", "b"]))


def test_the_options_of_a_combination_arrive_in_the_config() -> None:
    over = {"adapter.rank": [4, 16], "quantizer.name": ["bnb-4bit", None], "train.learning_rate": ["1e-4"]}
    loaded = [RunConfig.load(None, one.overrides) for one in combinations(over)]
    assert [
        (config.adapter.options.rank, config.quantizer.name if config.quantizer else None) for config in loaded
    ] == [(4, "bnb-4bit"), (4, None), (16, "bnb-4bit"), (16, None)]
    assert {config.train.learning_rate for config in loaded} == {1e-4}


def test_null_is_a_sections_whole_and_its_options_are_then_none() -> None:
    over = {"quantizer.type": ["nf4", "fp4"], "quantizer.name": ["bnb-4bit", None]}
    made = combinations(over)
    assert [one.overrides for one in made] == [
        ["quantizer.type=nf4", "quantizer.name=bnb-4bit"],
        ["quantizer=null"],
        ["quantizer.type=fp4", "quantizer.name=bnb-4bit"],
    ]
    assert [one.shown for one in made][:2] == [
        {"quantizer.type": "nf4", "quantizer.name": "bnb-4bit"},
        {"quantizer.name": "none"},
    ]
    assert made[1].name == "quantizer-none"


def test_sections_come_before_what_stands_in_them() -> None:
    (one,) = combinations({"adapter.rank": [4], "adapter": [{"name": "lora", "alpha": 3}]})
    adapter = RunConfig.load(None, one.overrides).adapter.options
    assert (adapter.rank, adapter.alpha) == (4, 3)


def test_names_are_as_short_as_they_can_be() -> None:
    assert short_names(["adapter.rank", "quantizer.name", "model", "train.dtype", "quantizer.dtype"]) == {
        "adapter.rank": "rank",
        "quantizer.name": "quantizer",
        "model": "model",
        "train.dtype": "train.dtype",
        "quantizer.dtype": "quantizer.dtype",
    }


def test_folders_are_named_readably() -> None:
    over = {"model": ["bigscience/bloom-560m", "/a/b/mine/"], "adapter.targets": ["all-linear", ["q", "v"]]}
    assert [one.name for one in combinations(over)] == [
        "model-bloom-560m_targets-all-linear",
        "model-bloom-560m_targets-q-v",
        "model-mine_targets-all-linear",
        "model-mine_targets-q-v",
    ]


def test_values_that_look_the_same_are_told_apart() -> None:
    first, second, third = combinations({"model": ["one/bloom", "two/bloom", "BLOOMZ"]})
    assert first.name.startswith("model-bloom-")
    assert second.name.startswith("model-bloom-")
    assert first.name != second.name
    assert [one.shown["model"] for one in (first, second, third)] == ["one/bloom", "two/bloom", "BLOOMZ"]


def test_a_run_keeps_its_folder_when_values_are_added() -> None:
    few = {tuple(one.overrides): one.name for one in combinations({"seed": [1], "model": ["a/b", "c/b"]})}
    many = {tuple(one.overrides): one.name for one in combinations({"seed": [3, 1, 2], "model": ["c/b", "a/b", "d"]})}
    assert few.items() <= many.items()


@given(st.lists(VALUES, min_size=1, max_size=5), st.lists(VALUES, min_size=1, max_size=3))
def test_folders_have_different_names_that_every_file_system_takes(first: list[Any], second: list[Any]) -> None:
    made = combinations({"model": first, "adapter.rank": second})
    assert len({one.name.casefold() for one in made}) == len(made) == len({tuple(one.overrides) for one in made})
    for one in made:
        assert set(one.name) <= {*string.ascii_letters, *string.digits, *"_.+-"}
        assert one.name[0].isalpha()
        assert not one.name.endswith(".")
        assert len(one.name) <= LONGEST
