"""The runs of a sweep before one begins: all that is wrong with any of them, at once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit import trials
from lacoskit.config import RunConfig
from lacoskit.errors import ConfigError
from lacoskit.sweep import add_arguments


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


@pytest.fixture
def plan(config: Path) -> Callable[..., trials.Plan]:
    """`plan(word, ...)`: the plan of a sweep of the tiny run."""

    def call(*words: str) -> trials.Plan:
        parser = argparse.ArgumentParser()
        add_arguments(parser)
        return trials.plan(parser.parse_args([str(config), *words]))

    return call


@pytest.fixture
def told(plan: Any) -> Callable[..., list[str]]:
    """`told(word, ...)`: the lines that tell what is wrong."""

    def call(*words: str) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            plan(*words)
        head, *lines = str(caught.value).splitlines()
        assert head.endswith(f"base.yaml: {len(caught.value.problems)} problem{'s'[: len(caught.value.problems) > 1]}")
        return lines

    return call


def test_each_run_is_the_training_command_with_its_options(plan: Any, config: Path, tmp_path: Path) -> None:
    made = plan("--over", "adapter.rank=2,4", "--set", "seed=5", "--output", str(tmp_path / "a b"))
    first, second = made.trials
    assert first.command == (
        sys.executable, "-m", "lacoskit.train", str(config), "--set", "seed=5", "--set", "adapter.rank=2",
        "--set", f"output={tmp_path}/a b/rank-2", "--resume",
    )  # fmt: skip
    assert first.config == RunConfig.load(config, [word for word in first.command if "=" in word])
    assert (second.config.adapter.options.rank, second.config.seed) == (4, 5)
    assert (second.label, second.output, made.folder) == ("rank 4", tmp_path / "a b" / "rank-4", tmp_path / "a b")
    assert not made.folder.exists()


def test_a_launcher_starts_each_run(plan: Any) -> None:
    (one,) = plan("--over", "seed=1", "--launch", f"{sys.executable} -X 'an option'").trials
    assert one.command[:5] == (sys.executable, "-X", "an option", "-m", "lacoskit.train")


def test_the_folder_is_named_after_the_base_run(plan: Any, settings: dict[str, Any]) -> None:
    assert str(plan("--over", "seed=1").folder) == f"{settings['output']}-sweep"


def test_all_mistakes_of_all_runs_are_told_at_once(told: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lines = told(
        *("--over", "adapter.rank=4,-1", "--over", "quantizer.name=bnb-7bit,null", "--over", "seed"),
        *("--set", "train.epochz=1", "--set", "adapter.rank=3", "--set", "output=x"),
        *("--launch", "no-such-launcher --now", "--output", str(tmp_path / "file")),
    )
    assert lines == [
        "  --over seed: expected section.key=value,value, as in --over adapter.rank=4,16",
        "  --set output=x: a sweep names the folder of each run; --output names the one around them",
        "  --set adapter.rank=3: --over has values for it; leave one of them out",
        "  --launch: there is no command 'no-such-launcher'; expected one such as "
        "'accelerate launch --num_processes 2'",
        f"  --output: {tmp_path}/file is a file; name a folder",
        *[line for line in lines if "quantizer.name" in line or "failed to load" in line or "quantizer-" in line],
        "  train.epochz: no such option; did you mean 'epochs'?",
        "  adapter.rank: Input should be greater than 0, got -1 (rank -1, quantizer bnb-7bit; rank -1, quantizer none)",
    ]
    (quantizer,) = [line for line in lines if "quantizer.name" in line]
    assert quantizer.endswith(
        "no quantizer named 'bnb-7bit'; did you mean 'bnb-8bit'? "
        "(rank 4, quantizer bnb-7bit; rank -1, quantizer bnb-7bit)"
    )


def test_what_only_this_machine_refuses_is_told_with_the_rest(told: Any, tmp_path: Path) -> None:
    lines = told("--over", "train.dtype=float32,float16", "--over", f"model={tmp_path}/none,nano-bloom")
    assert lines == [
        f"  model: there is no folder {tmp_path}/none (dtype float32, model none; dtype float16, model none)",
        "  train.dtype: float16 does not train on a CPU; use auto (dtype float16, model none; dtype float16, "
        "model nano-bloom)",
    ]


def test_a_mistake_in_the_file_is_told_once(told: Any, config: Path) -> None:
    config.write_text("seed: [")
    (line,) = told("--over", "adapter.rank=1,2,3")
    assert line.startswith("  line 1: not valid YAML: ")


@pytest.mark.parametrize("command", ["", "'", " "])
def test_a_launcher_that_is_no_command_is_told(command: str, told: Any) -> None:
    (line,) = told("--over", "seed=1", "--launch", command)
    assert line.startswith("  --launch: ")


def test_a_folder_that_holds_a_run_is_refused(told: Any, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    lines = told("--over", "seed=1", "--output", str(tmp_path))
    assert lines == [f"  --output: {tmp_path} holds a run; name another folder"]


def test_a_mistake_of_the_program_is_not_swallowed_by_the_fork() -> None:
    with pytest.raises(EOFError):  # below the traceback of the process that made it
        trials._in_a_fork(lambda: 1 // 0)
