"""`lacoskit check` tells what is wrong with a run, or how it was understood, without a model."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit import RunConfig
from lacoskit.__main__ import main


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """`check(config, ...)`: exit code, stdout and stderr."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "60")
        code = main(["check", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def test_a_good_config_is_printed_as_it_was_understood(check: Any, config: Path) -> None:
    long = "query of many words: " * 10
    code, out, err = check(config, "--set", f"prompts.query='{long}'")
    assert (code, err) == (0, "")
    understood, told = out.split("\n\n")
    expected = RunConfig.load(config, [f"prompts.query='{long}'"])
    assert yaml.safe_load(understood) == expected.as_mapping()
    said, command = told.splitlines()
    assert said == f"{config}: nothing wrong. Train with:"
    assert command.startswith(f"accelerate launch -m lacoskit.train {config} --set 'prompts.query=")


def test_no_model_is_loaded(check: Any, config: Path, tiny_bloom: Path, tmp_path: Path) -> None:
    empty = tmp_path / "model"
    shutil.copytree(tiny_bloom, empty, ignore=shutil.ignore_patterns("*.safetensors"))
    (empty / "model.safetensors").write_bytes(b"no weights at all")
    code, _, err = check(config, "--set", f"model={empty}")
    assert (code, err) == (0, "")


def test_nothing_is_written(check: Any, config: Path, settings: dict[str, Any]) -> None:
    assert check(config)[0] == 0
    assert not Path(settings["output"]).exists()


def test_a_bad_run_is_told_on_stderr(check: Any, config: Path, tmp_path: Path) -> None:
    code, out, err = check(config, "--set", "train.dtype=float16", "--set", f"dataset.files=[{tmp_path}/absent.jsonl]")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"lacoskit: {config}: 2 problems",
        "  train.dtype: float16 does not train on a CPU; use auto",
        f"  dataset: {tmp_path}/absent.jsonl: no such file",
    ]


def test_an_output_folder_that_is_taken_is_told(check: Any, config: Path, settings: dict[str, Any]) -> None:
    Path(settings["output"]).mkdir()
    (Path(settings["output"]) / "run.json").write_text("{}")
    code, out, err = check(config)
    assert (code, out) == (2, "")
    assert "holds another run; name another folder: --set output=..." in err


def test_a_missing_config_is_told(check: Any, config: Path) -> None:
    code, out, err = check(config.with_suffix(".yml"))
    assert (code, out) == (2, "")
    assert err.endswith("no such file; did you mean 'run.yaml'?\n")
