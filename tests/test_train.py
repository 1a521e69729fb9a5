from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

import lacoskit
import lacoskit.train
from lacoskit import loop
from lacoskit.config import RunConfig
from lacoskit.errors import ConfigError, TrainingError

LAUNCH = Path(__file__).resolve().parent.parent / "launch"


@pytest.fixture
def config_file(settings: dict, tmp_path: Path) -> Path:
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def test_a_path_a_mapping_and_a_config_are_the_same_run(settings: dict, tmp_path: Path) -> None:
    vectors = []
    for name in ("path", "text", "mapping", "config"):
        settings["output"] = str(tmp_path / name)
        file = tmp_path / f"{name}.yaml"
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        given = {"path": file, "text": str(file), "mapping": settings, "config": RunConfig.load(file)}[name]
        report = lacoskit.train(given)
        assert report == json.loads((tmp_path / name / "run.json").read_text(encoding="utf-8"))
        vectors.append(lacoskit.load(tmp_path / name).encode(["a cat", "un chat"]))
    assert all(np.array_equal(vectors[0], other) for other in vectors[1:])


def test_a_mistake_is_raised_in_python_with_the_place_of_the_config(config_file: Path) -> None:
    config_file.write_text("train: {epochz: 3}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"run\.yaml: 1 problem\n  train\.epochz: no such option"):
        lacoskit.train(config_file)


def test_a_finished_run_is_not_trained_again(settings: dict, capsys: pytest.CaptureFixture[str]) -> None:
    report = lacoskit.train(settings)
    written = {path: path.stat().st_mtime_ns for path in Path(settings["output"]).rglob("*")}
    assert lacoskit.train(settings, resume=True) == report
    assert "is finished: nothing to resume" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in Path(settings["output"]).rglob("*")} == written


def test_resuming_where_nothing_was_started_starts(settings: dict) -> None:
    assert lacoskit.train(settings, resume=True)["steps"] == 6


@pytest.mark.parametrize(
    ("raised", "code"),
    [(None, 0), (TrainingError("it broke"), 1), (ConfigError("file", []), 2), (KeyboardInterrupt(), 130)],
)
def test_the_exit_code_tells_what_kind_of_end_it_was(
    raised: Any, code: int, config_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(*arguments: Any) -> Any:
        if raised:
            raise raised

    monkeypatch.setattr(loop, "_train", end)
    assert lacoskit.train.main([str(config_file)]) == code
    err = capsys.readouterr().err
    assert err.startswith("lacoskit: ") if code else not err
    assert "Traceback" not in err


def test_a_defect_is_a_traceback(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(*arguments: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(loop, "_train", end)
    with pytest.raises(ZeroDivisionError):
        lacoskit.train.main([str(config_file)])


def test_the_command_overrides_the_file(config_file: Path, tmp_path: Path) -> None:
    output = tmp_path / "other"
    arguments = [str(config_file), "--set", f"output={output}", "--set", "train.max_steps=2"]
    assert lacoskit.train.main(arguments) == 0
    report = json.loads((output / "run.json").read_text(encoding="utf-8"))
    assert report["steps"] == 2


def test_after_a_run_signals_mean_what_they_meant_before(settings: dict) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    lacoskit.train(settings)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before


def test_accelerate_launches_processes_of_which_one_speaks(config_file: Path, settings: dict, tmp_path: Path) -> None:
    launch = ["-m", "accelerate.commands.launch", "--config_file", str(LAUNCH / "multi-gpu.yaml")]
    launch += ["--num_processes", "2", "--main_process_port", "0", "-m", "lacoskit.train", str(config_file)]
    launched = subprocess.run(
        [sys.executable, *launch],
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert launched.returncode == 0, launched.stderr
    assert [line.split()[0] for line in launched.stdout.splitlines() if line[:6].strip().isdigit()] == ["2", "4", "6"]
    assert launched.stdout.count("2 x CPU, 1 thread, float32") == 1
    assert launched.stdout.count("saved in") == 1
    report = json.loads((Path(settings["output"]) / "run.json").read_text(encoding="utf-8"))
    assert report["placement"]["processes"] == 2
