from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from lacoskit.errors import LacoskitError
from lacoskit.retrofitting.records import Records
from lacoskit.retrofitting.stages import RetrofitConfig, Stage, read_stages


@pytest.fixture
def recipe(tmp_path: Path) -> dict[str, Any]:
    """Training, mining with what was trained, and training on what was mined."""
    first, mined, second = (str(tmp_path / name) for name in ("first", "mined.jsonl", "second"))
    return {
        "output": str(tmp_path / "recipe"),
        "stages": [
            {"train": {"output": first}},
            {"mine": {"model": first, "queries": {"name": "templates"}, "output": mined}},
            {"train": {"output": second, "dataset": {"name": "triples", "files": [mined]}}},
        ],
    }


def read(recipe: dict[str, Any]) -> tuple[list[Stage], Records]:
    stages = read_stages(RetrofitConfig.model_validate(recipe), "recipe.yaml")
    return stages, Records(Path(recipe["output"]), stages)


def pretend(stage: Stage, records: Records) -> None:
    """Leave what a stage leaves when it is done."""
    records.folder.mkdir(exist_ok=True)
    if stage.verb == "train":
        stage.output.mkdir()
        (stage.output / "run.json").write_text("{}", encoding="utf-8")
        (stage.output / "lacoskit.yaml").write_text(stage.config.as_yaml(), encoding="utf-8")
    else:
        stage.output.write_text("{}\n", encoding="utf-8")
    records.keep(stage, 1.5)


def changed(recipe: dict[str, Any], place: int, verb: str, **options: Any) -> dict[str, Any]:
    other = copy.deepcopy(recipe)
    other["stages"][place][verb] |= options
    return other


def test_a_stage_is_done_once_its_output_and_its_record_are_there(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    assert not any(map(records.is_done, stages))
    pretend(stages[0], records)
    stages, records = read(recipe)
    assert [records.is_done(stage) for stage in stages] == [True, False, False]
    assert records.seconds(stages[0]) == 1.5
    (stages[0].output / "run.json").unlink()
    assert not records.is_done(stages[0])


def test_a_changed_stage_and_all_that_was_made_from_it_stand_in_the_way(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    for stage in stages:
        pretend(stage, records)
    records.refuse_stale()
    _, later = read(changed(recipe, 1, "mine", negatives=7))
    with pytest.raises(LacoskitError) as caught:
        later.refuse_stale()
    first, *lines = str(caught.value).splitlines()
    assert first == "outputs are there that were made otherwise; remove them, or name other ones"
    assert [line.split(":")[0].strip() for line in lines] == ["2-mine", "3-train"]
    assert lines[0].endswith("mined.jsonl was made with negatives: 4, now 7")
    assert lines[1].endswith("second was made from what 2-mine made before")


def test_what_decides_no_weight_may_change(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    pretend(stages[0], records)
    stages, records = read(changed(recipe, 0, "train", train={"log_every": 3, "save_every": 50}))
    assert records.is_done(stages[0])
    stages, records = read(changed(recipe, 0, "train", train={"learning_rate": 0.5}))
    assert not records.is_done(stages[0])


def test_an_output_that_nobody_knows_of_is_not_overwritten(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    stages[1].output.write_text("precious\n", encoding="utf-8")
    with pytest.raises(LacoskitError, match=r"2-mine: .*mined\.jsonl is there, and no record of how it was made"):
        records.refuse_stale()


def test_a_run_that_was_interrupted_is_gone_on_with(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    checkpoint = stages[0].output / "checkpoints" / "step-00000002"
    checkpoint.mkdir(parents=True)
    (checkpoint / "state.json").write_text("{}", encoding="utf-8")
    (stages[0].output / "lacoskit.yaml").write_text(stages[0].config.as_yaml(), encoding="utf-8")
    records.refuse_stale()
    assert not records.is_done(stages[0])


def test_a_damaged_record_is_none(recipe: dict[str, Any]) -> None:
    stages, records = read(recipe)
    pretend(stages[1], records)
    records.file(stages[1], "json").write_text(json.dumps({"made_from": 1})[:5], encoding="utf-8")
    assert not records.is_done(stages[1])


def test_an_evaluation_is_there_once_its_figures_are(recipe: dict[str, Any], tmp_path: Path) -> None:
    scores = tmp_path / "scores"
    evaluate = {"models": ["base:nano-bloom"], "tasks": {"own": {"files": ["a.jsonl"]}}, "output": str(scores)}
    recipe["stages"] = [{"evaluate": evaluate}]
    ((stage,), records) = read(recipe)
    scores.mkdir()
    records.refuse_stale()  # interrupted: nothing is in the way
    (scores / "results.json").write_text("{}")
    with pytest.raises(LacoskitError, match="no record of how it was made"):
        records.refuse_stale()
    records.folder.mkdir()
    records.keep(stage, 1.0)
    assert records.is_done(stage)
    (scores / "results.json").unlink()
    assert not records.is_done(stage)
