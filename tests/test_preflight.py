"""What is wrong with a run is told before anything heavy is loaded, all of it at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lacoskit import Placement, RunConfig
from lacoskit.errors import ConfigError
from lacoskit.placement import placement_here
from lacoskit.preflight import check
from lacoskit.sections import Selected

CPU = Placement(device="cpu", dtype="float32")


@pytest.fixture
def problems(settings: dict[str, Any]) -> Callable[..., list[str]]:
    """`problems({"train.dtype": "float16"}, placement)`: what is told about the tiny run with these changes."""

    def told(changes: dict[str, Any] | None = None, placement: Placement = CPU, **components: Any) -> list[str]:
        config = _changed(settings, changes or {})
        for kind, change in components.items():
            section = getattr(config, kind)
            component = dataclasses.replace(section.component, **change)
            config = config.model_copy(update={kind: Selected(component, section.options)})
        try:
            check(config, placement, "my-run.yaml")
        except ConfigError as error:
            head, *lines = str(error).splitlines()
            assert head == f"my-run.yaml: {len(lines)} problem{'s' if len(lines) > 1 else ''}"
            return [line.removeprefix("  ") for line in lines]
        return []

    return told


def sts(file: Path) -> dict[str, Any]:
    return {"name": "sts", "files": [str(file)]}


def _changed(settings: dict[str, Any], changes: dict[str, Any]) -> RunConfig:
    data = {key: dict(value) if isinstance(value, dict) else value for key, value in settings.items()}
    for place, value in changes.items():
        section, _, key = place.partition(".")
        if key:
            data[section] = {**(data.get(section) or {}), key: value}
        else:
            data[section] = value
    return RunConfig.model_validate(data)


def test_a_run_with_nothing_wrong_passes(problems: Any) -> None:
    assert problems() == []


def test_every_problem_is_told_at_once(problems: Any, scored_file: Path, tmp_path: Path) -> None:
    changes = {
        "model": str(tmp_path / "no-model"),
        "quantizer": {"name": "bnb-8bit"},
        "dataset": {"name": "pairs", "files": [str(tmp_path / "absent.jsonl")]},
        "evaluation": {
            "tasks": {"dev": sts(tmp_path / "dev.csv"), "scored": sts(scored_file)},
            "metric": "scored/pearson",
        },
        "train.dtype": "float16",
        "train.batch_size": 7,
    }
    placement = Placement(device="cpu", dtype="float16", processes=2, zero_stage=3, quantizer="bnb-8bit")
    told = problems(changes, placement, loss={"requires": ("no_such_module",)})
    places = [line.partition(":")[0] for line in told]
    assert sorted(places) == [
        "dataset",
        "evaluation.tasks.dev",
        "loss",
        "model",
        "quantizer",
        "train.batch_size",
        "train.dtype",
    ]


@pytest.mark.parametrize("module", ["no_such_module", "no_such_package.inside"])
def test_a_component_without_its_package_is_told_how_to_get_it(module: str, problems: Any) -> None:
    assert problems(pooler={"requires": ("json", module)}) == [
        f"pooler: mean needs the package {module}, which is not installed: pip install {module}"
    ]


def test_a_refusal_is_told_with_the_kind(problems: Any) -> None:
    def refuse(options: Any, placement: Placement) -> str | None:
        return f"rank {options.rank} does not work on {placement.device}; use cuda"

    assert problems(adapter={"refuse": refuse}) == ["adapter: rank 4 does not work on cpu; use cuda"]


@pytest.mark.parametrize("stage", [0, 2, 3])
def test_int8_is_refused_under_zero_3_alone_and_4_bits_offered(stage: int, problems: Any) -> None:
    told = problems({"quantizer": {"name": "bnb-8bit"}}, dataclasses.replace(CPU, zero_stage=stage))
    assert len(told) == (stage == 3)
    assert all(
        "quantizer: bnb-8bit cannot be sharded" in line and "quantizer.name=int8 or bnb-4bit" in line for line in told
    )
    assert problems({"quantizer": {"name": "bnb-4bit"}}, dataclasses.replace(CPU, zero_stage=stage)) == []


@pytest.mark.parametrize("quantizer", ["bnb-8bit", "bnb-4bit"])
def test_quantized_weights_are_refused_to_an_adapter_that_trains_them(quantizer: str, problems: Any) -> None:
    changes = {"quantizer": {"name": quantizer}, "adapter": {"name": "full"}}
    (line,) = problems(changes, dataclasses.replace(CPU, trains_base=True))
    assert line.startswith("quantizer: ")
    assert "adapter.name=lora, or quantizer=null" in line


def test_float16_is_refused_on_a_cpu_only(problems: Any) -> None:
    changes = {"train.dtype": "float16"}
    on_a_cpu = Placement(device="cpu", dtype="float16")
    assert problems(changes, on_a_cpu) == ["train.dtype: float16 does not train on a CPU; use auto"]
    assert problems(changes, Placement(device="cuda", dtype="float16")) == []


def test_a_paged_optimizer_is_refused_on_a_cpu(problems: Any) -> None:
    changes = {"optimizer": {"name": "adamw-8bit", "paged": True}}
    assert problems(changes) == ["optimizer: paging needs a GPU; set optimizer.paged to false"]


@pytest.mark.parametrize(
    ("size", "processes", "told"),
    [
        (16, 4, []),
        (16, 3, ["train.batch_size: 16 examples cannot be shared evenly by 3 processes; use a multiple"]),
        (1, 1, ["train.batch_size: a batch of one pair has nothing to contrast it with; use 2 or more"]),
    ],
)
def test_a_batch_has_to_be_shared_evenly_and_to_hold_a_contrast(
    size: int, processes: int, told: list[str], problems: Any
) -> None:
    assert problems({"train.batch_size": size}, dataclasses.replace(CPU, processes=processes)) == told


def test_the_data_sets_files_and_columns_are_looked_for(problems: Any, pairs_file: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.jsonl"
    changes = {"dataset": {"name": "pairs", "files": [str(absent), str(pairs_file)], "positive": "positiv"}}
    assert problems(changes) == [
        f"dataset: {absent}: no such file",
        f"dataset: {pairs_file}: no column 'positiv'; did you mean 'positive'?",
    ]
    (line,) = problems({"dataset": {"name": "pairs"}})
    assert line == "dataset: name local files in files, or a data set of the hub in hub"


def test_the_evaluation_files_are_looked_for(problems: Any, pairs_file: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.csv"
    told = problems({"evaluation": {"tasks": {"a": sts(absent), "b": sts(pairs_file)}, "metric": "c"}})
    assert told == [
        f"evaluation.tasks.a: {absent}: no such file",
        f"evaluation.tasks.b: {pairs_file}: no column 'sentence1'; choose from: anchor, negative, positive, score",
        "evaluation.metric: no task named 'c'; choose from: a, b, mean",
    ]


def test_a_model_that_is_no_folder_and_no_name_of_the_hub_is_told(problems: Any, tmp_path: Path) -> None:
    (line,) = problems({"model": str(tmp_path / "nowhere")})
    assert line.startswith("model: ")
    assert "nowhere" in line


@pytest.fixture
def refusal(settings: dict[str, Any]) -> Callable[..., list[str]]:
    """`refusal(resume=False, changes)`: what is told about the output folder."""

    def told(resume: bool = False, changes: dict[str, Any] | None = None) -> list[str]:
        try:
            config = _changed(settings, changes or {})
            check(config, placement_here(config), resume=resume)
        except ConfigError as error:
            return [line.removeprefix("  ") for line in str(error).splitlines()[1:]]
        return []

    return told


@pytest.mark.parametrize("resume", [False, True])
def test_an_output_that_is_absent_or_empty_is_free(resume: bool, refusal: Any, settings: dict[str, Any]) -> None:
    assert refusal(resume) == []
    Path(settings["output"]).mkdir()
    assert refusal(resume) == []


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("inside", ["", "deep/run"])
def test_an_output_that_is_a_file_or_inside_of_one_is_refused(
    inside: str, resume: bool, refusal: Any, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert refusal(resume, {"output": str(file / inside)}) == [f"output: {file} is a file; name a folder"]


@pytest.mark.parametrize("left", ["run.json", "modules.json"])
def test_an_output_that_holds_another_run_is_refused(left: str, refusal: Any, settings: dict[str, Any]) -> None:
    output = Path(settings["output"])
    output.mkdir()
    (output / left).write_text("{}")
    assert refusal() == [f"output: {output} holds another run; name another folder: --set output=..."]


@pytest.mark.parametrize("resume", [False, True])
def test_a_run_that_failed_before_its_first_figures_leaves_its_folder_free(
    resume: bool, refusal: Any, settings: dict[str, Any]
) -> None:
    output = Path(settings["output"])
    output.mkdir()
    (output / "lacoskit.yaml").write_text("train: {batch_size: 4096}\n")
    (output / "metrics.jsonl").write_text('{"step": 0, "scored/spearman": 1.0}\n')
    assert refusal(resume) == []


def test_a_run_that_has_trained_without_saving_is_not_written_over(refusal: Any, settings: dict[str, Any]) -> None:
    output = Path(settings["output"])
    output.mkdir()
    (output / "metrics.jsonl").write_text('{"step": 10, "loss": 2.0}\n')
    (line,) = refusal()
    assert line.startswith(f"output: {output} holds a run that has not saved anything yet; name another folder")


def test_a_finished_run_that_kept_checkpoints_is_not_called_interrupted(refusal: Any, interrupted: Path) -> None:
    (interrupted / "run.json").write_text("{}")
    (line,) = refusal()
    assert "holds another run" in line


def test_an_output_with_an_interrupted_run_is_refused_with_the_way_on(refusal: Any, settings: dict[str, Any]) -> None:
    output = Path(settings["output"])
    for step in (4, 12):
        folder = output / "checkpoints" / f"step-{step:08d}"
        folder.mkdir(parents=True)
        (folder / "state.json").write_text("{}")
    (output / "checkpoints" / "step-00000099").mkdir()  # not whole
    (line,) = refusal()
    assert line.startswith(f"output: {output} holds a run that was interrupted (last checkpoint: step-00000012)")
    assert "--resume" in line
    assert "--set output=..." in line


@pytest.fixture
def interrupted(settings: dict[str, Any]) -> Path:
    """The output folder of a run of these settings that can be resumed."""
    output = Path(settings["output"])
    (output / "checkpoints" / "step-00000004").mkdir(parents=True)
    (output / "checkpoints" / "step-00000004" / "state.json").write_text("{}")
    (output / "lacoskit.yaml").write_text(RunConfig.model_validate(settings).as_yaml())
    return output


def test_the_same_config_may_resume(interrupted: Path, refusal: Any) -> None:
    assert refusal(resume=True) == []


def test_what_no_weight_depends_on_may_change_on_resuming(interrupted: Path, refusal: Any) -> None:
    changes = {
        "train.log_every": 1,
        "train.save_every": 3,
        "train.keep_checkpoints": 9,
        "train.trackers": ["tensorboard"],
    }
    assert refusal(resume=True, changes=changes) == []


def test_a_folder_that_was_moved_may_resume(interrupted: Path, refusal: Any) -> None:
    moved = interrupted.rename(interrupted.with_name("moved"))
    assert refusal(resume=True, changes={"output": str(moved)}) == []


def test_resuming_with_another_config_lists_every_key_that_differs(interrupted: Path, refusal: Any) -> None:
    changes = {
        "seed": 5,
        "train.learning_rate": 0.5,
        "adapter": {"name": "lora", "rank": 8},
        "pooler": {"name": "last"},
        "quantizer": {"name": "bnb-4bit"},
    }
    told = refusal(resume=True, changes=changes)
    places = [line.partition(":")[0] for line in told]
    assert places == sorted(places)
    assert {"seed", "train.learning_rate", "pooler.name", "adapter.rank", "quantizer"} <= set(places)
    assert not {"train.log_every", "output", "model", "loss.scale"} & set(places)
    assert "seed: was 0 in the run to resume and is 5 now; set it back, or name another output" in told


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_teacher_that_is_not_there_is_told(problems: Callable[..., list[str]], wrapped: bool) -> None:
    loss: dict[str, Any] = {"name": "gist", "teacher": "/nowhere/at/all"}
    place, section = ("loss.loss", {"name": "matryoshka", "loss": loss}) if wrapped else ("loss", loss)
    assert problems({"loss": section}) == [f"{place}: the teacher cannot be opened: there is no folder /nowhere/at/all"]


def test_a_teacher_that_is_not_named_is_told(problems: Callable[..., list[str]]) -> None:
    wanted = "it learns from another model; name one: teacher: FOLDER_OR_NAME"
    assert problems({"loss": {"name": "spread-out", "loss": {"name": "distill"}}}) == [f"loss.loss: {wanted}"]


def test_a_stream_has_no_teacher(problems: Callable[..., list[str]], pairs_file: Path, tiny_bloom: Path) -> None:
    loss = {"name": "spread-out", "loss": {"name": "distill", "teacher": f"base:{tiny_bloom}"}}
    streamed = {"name": "pairs", "files": [str(pairs_file)], "streaming": True}
    (told,) = problems({"loss": loss, "dataset": streamed})
    assert told.startswith("loss: a teacher encodes all texts before training, so they cannot be streamed")
    assert problems({"loss": loss}) == []


def test_float16_is_refused_under_fsdp2_whether_it_is_asked_for_or_found(problems: Any) -> None:
    where = Placement(device="cuda", dtype="float16", processes=2, fsdp=True)
    for changes in ({}, {"train.dtype": "float16"}):
        (told,) = problems(changes, where)
        assert told.startswith("train.dtype: float16 does not train under FSDP2; use bfloat16")
    assert problems({"train.dtype": "float16"}, dataclasses.replace(where, fsdp=False)) == []
