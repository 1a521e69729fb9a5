from __future__ import annotations

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]

LAUNCH = ROOT / "launch"
SCRIPTS = [*sorted(LAUNCH.glob("*.sh")), *sorted(LAUNCH.glob("*.sbatch")), ROOT / ".ci" / "run"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINS = dict(
    line.split("==")
    for line in (LAUNCH / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
)


def _sourced(command: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a function of setup.sh in a folder."""
    script = f"set -euo pipefail; source {LAUNCH / 'setup.sh'}; {command}"
    return subprocess.run(
        ["bash", "-c", script, "bash", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_valid_bash_can_be_executed_and_stops_at_the_first_error(script: Path) -> None:
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert os.access(script, os.X_OK)
    assert script.name == "setup.sh" or "\nset -euo pipefail\n" in text


def test_ci_runs_the_script_for_tests() -> None:
    assert "bash launch/test.sh" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_default_run_takes_the_next_free_folder(tmp_path: Path) -> None:
    for expected in ("runs/default", "runs/default-2", "runs/default-3"):
        assert _sourced("free_output", tmp_path).stdout.strip() == expected
        (tmp_path / expected).mkdir(parents=True)


@pytest.mark.parametrize(
    ("arguments", "default"),
    [
        ("", True),
        ("--set train.max_steps=5", True),
        ("--set train.max_steps=5 --set seed=2", True),
        ("--set=train.max_steps=5", True),
        ("--set output=runs/mine", False),
        ("--set=output=runs/mine", False),
        ("--set seed=2 --set output=runs/mine", False),
        ("configs/bloom-560m.yaml", False),
        ("--set seed=2 configs/bloom-560m.yaml", False),
        ("--resume", False),
    ],
)
def test_a_folder_is_chosen_only_for_the_default_run(arguments: str, default: bool, tmp_path: Path) -> None:
    done = _sourced('takes_default_output "$@"', tmp_path, *arguments.split())
    assert done.stderr == ""
    assert (done.returncode == 0) == default


def test_a_machine_without_a_fitting_python_gets_a_message(tmp_path: Path) -> None:
    done = _sourced("PYTHON=no-such-python find_python", tmp_path)
    assert done.returncode == 1
    assert "Python 3.11 or 3.12" in done.stderr


def test_an_environment_that_is_up_to_date_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").write_text(
        'case "$1 $2" in "-m pip") touch .venv/called-pip ;; "- run") echo "-e ." ;; "- "*) echo same ;; esac\n'
    )
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    for called in (True, False):  # the first time installs, the second does not
        assert _sourced("set_up run", tmp_path).returncode == 0
        assert (tmp_path / ".venv" / "called-pip").exists() == called
        (tmp_path / ".venv" / "called-pip").unlink(missing_ok=True)


@pytest.mark.parametrize("path", sorted(LAUNCH.glob("*.yaml")), ids=lambda path: path.stem)
def test_accelerate_reads_a_launch_file(path: Path) -> None:
    config = load_config_from_file(str(path))
    expected = {"single-gpu": "NO", "multi-gpu": "MULTI_GPU", "zero2": "DEEPSPEED", "zero3": "DEEPSPEED"}
    expected["fsdp2"] = "FSDP"
    assert config.distributed_type == expected[path.stem]
    assert config.num_processes == (1 if path.stem == "single-gpu" else -1)  # -1: the command has to say it


@pytest.mark.parametrize("stage", [2, 3])
def test_a_deepspeed_file_is_found_from_the_root_and_is_of_its_stage(stage: int) -> None:
    named = load_config_from_file(str(LAUNCH / f"zero{stage}.yaml")).deepspeed_config["deepspeed_config_file"]
    settings = json.loads((ROOT / named).read_text(encoding="utf-8"))
    assert settings["zero_optimization"]["stage"] == stage
    assert settings["bf16"] == {"enabled": "auto"}  # train.dtype decides


def test_the_slurm_example_can_be_requeued() -> None:
    text = (LAUNCH / "slurm.sbatch").read_text(encoding="utf-8")
    assert "--resume" in text.replace("# ", "").split("-m lacoskit.train")[1]
    assert "#SBATCH --requeue" in text
    assert "#SBATCH --signal=TERM@120" in text


def _requirements() -> list[Requirement]:
    project = PROJECT["project"]
    lists = [
        project["dependencies"],
        *project["optional-dependencies"].values(),
        *PROJECT["dependency-groups"].values(),
    ]
    return [Requirement(text) for group in lists for text in group if isinstance(text, str)]


@pytest.mark.parametrize("requirement", _requirements(), ids=str)
def test_the_pins_cover_what_the_project_needs_and_are_not_under_its_floors(requirement: Requirement) -> None:
    name = re.sub(r"[-_.]+", "-", requirement.name).lower()
    assert name in PINS
    assert requirement.specifier.contains(PINS[name])


def test_a_pin_is_a_release_without_a_local_version_or_another_index() -> None:
    assert PINS["torch"] == "2.13.0"
    for name, version in PINS.items():
        assert re.fullmatch(r"[a-z0-9-]+", name), name
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)*", version), version
