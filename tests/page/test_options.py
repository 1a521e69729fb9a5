from __future__ import annotations

from lacoskit.config import RunConfig
from lacoskit.page.options import MISSING, brief, differences, flattened


def test_options_stand_by_their_place() -> None:
    config = {"model": "m", "train": {"size": 1, "deep": {"x": [1]}}, "empty": {}}
    assert flattened(config) == {"model": "m", "train.size": 1, "train.deep.x": [1], "empty": {}}


def test_sections_of_one_component_differ_by_option_and_others_as_a_whole() -> None:
    lora, bitfit = {"name": "lora", "rank": 4, "alpha": 8}, {"name": "bitfit"}
    assert list(differences([{"adapter": lora}, {"adapter": lora | {"rank": 9}}])) == [("adapter.rank", [4, 9])]
    assert list(differences([{"adapter": lora}, {"adapter": bitfit}])) == [("adapter", [lora, bitfit])]
    assert list(differences([{"adapter": lora}, {}])) == [("adapter", [lora, MISSING])]
    assert not list(differences([{"adapter": lora, "output": "a"}, {"adapter": dict(lora), "output": "b"}]))


def test_sets_under_names_of_ones_own_are_one_place_unless_the_names_are_the_same() -> None:
    one, two = {"a": {"name": "sts", "files": ["a"]}}, {"b": {"name": "sts", "files": ["a"]}}
    assert [place for place, _ in differences([{"tasks": one}, {"tasks": two}])] == ["tasks"]
    other = {"a": {"name": "sts", "files": ["b"]}}
    assert [place for place, _ in differences([{"tasks": one}, {"tasks": other}])] == ["tasks.a.files"]


def test_a_section_in_a_line_has_the_options_that_are_no_defaults() -> None:
    chosen = {"dataset": {"name": "nli", "files": [f"data/{n}.jsonl" for n in range(5)], "hard_negatives": True}}
    dataset = RunConfig.model_validate(chosen).as_mapping()["dataset"]
    told = "nli (files: [data/0.jsonl, data/1.jsonl, data/2.jsonl, … 5 in all], hard_negatives: true)"
    assert len(dataset) > 5
    assert brief("dataset", dataset) == told
    assert brief("dataset", RunConfig().as_mapping()["dataset"]) == "templates"


def test_a_section_of_a_component_that_is_not_installed_has_all_that_say_something() -> None:
    assert brief("loss", {"name": "of-others", "scale": 3, "none": None, "empty": {}}) == "of-others (scale: 3)"


def test_other_values_in_a_line() -> None:
    assert brief("quantizer", None) == "null"
    assert brief("tasks", MISSING) == ""
    assert brief("tasks", {}) == "{}"
    assert brief("tasks", {name: {"name": "sts"} for name in "abcde"}) == "a, b, c, … 5 in all"
    assert brief("ranks", [1, 2]) == "[1, 2]"
