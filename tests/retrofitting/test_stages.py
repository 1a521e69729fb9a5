from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lacoskit.errors import ConfigError
from lacoskit.retrofitting.stages import RetrofitConfig, read_stages

TRAIN = {"train": {"output": "runs/first"}}
MINE = {"mine": {"model": "runs/first", "queries": {"name": "templates"}, "output": "runs/mined.jsonl"}}
AGAIN = {"train": {"output": "runs/second", "dataset": {"name": "triples", "files": ["runs/mined.jsonl"]}}}
SCORES = {"evaluate": {"models": ["./runs/first", "runs/second"], "tasks": {"own": {"files": ["pairs.jsonl"]}}}}


def problems(*stages: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_stages(RetrofitConfig.model_validate({"stages": stages}), "recipe.yaml")
    return [str(problem) for problem in caught.value.problems]


def test_a_stage_needs_those_whose_outputs_its_configuration_names() -> None:
    stages = read_stages(RetrofitConfig.model_validate({"stages": [TRAIN, MINE, AGAIN, SCORES]}), "recipe.yaml")
    assert [(stage.name, stage.needs) for stage in stages] == [
        ("1-train", ()),
        ("2-mine", (1,)),
        ("3-train", (2,)),
        ("4-evaluate", (1, 3)),
    ]


@pytest.mark.parametrize("pattern", ["runs/*.jsonl", "runs/**/*.jsonl", "./runs/mine?.jsonl", "runs/[lm]ined.jsonl"])
def test_a_pattern_names_the_outputs_that_it_matches(pattern: str) -> None:
    again = {"train": {"output": "runs/second", "dataset": {"name": "triples", "files": [pattern]}}}
    stages = read_stages(RetrofitConfig.model_validate({"stages": [TRAIN, MINE, again]}), "recipe.yaml")
    assert stages[2].needs == (2,)


def test_what_is_evaluated_without_an_output_is_kept_with_the_recipe() -> None:
    recipe = RetrofitConfig.model_validate({"output": "runs/recipe", "stages": [TRAIN, SCORES]})
    assert read_stages(recipe, "recipe.yaml")[1].output == Path("runs/recipe/2-evaluate")


def test_mistakes_of_all_stages_are_told_at_once_with_their_places() -> None:
    wrong = {"mine": {"negatives": 0}}
    told = problems({"train": {"train": {"epochz": 1}}}, {"trian": {}}, {**wrong, "train": {}}, wrong)
    assert told[0] == "stages.1.train.train.epochz: no such option; did you mean 'epochs'?"
    assert told[1] == "stages.2: no stage 'trian'; did you mean 'train'?"
    assert told[2].startswith("stages.3: expected one verb with its configuration")
    assert told[3].startswith("stages.4.mine.negatives: Input should be greater than 0")


def test_an_empty_recipe_says_what_one_looks_like() -> None:
    assert problems() == ["stages: name at least one, as in stages: [{train: {model: nano-bloom}}]"]


def test_a_stage_cannot_read_what_a_later_one_makes_or_make_what_another_does() -> None:
    assert problems(MINE, TRAIN) == ["stages.1.mine: reads runs/first, which stage 2 makes; put it after that one"]
    assert problems(TRAIN, TRAIN) == ["stages.2.train.output: runs/first is what stage 1 makes too; name another"]
