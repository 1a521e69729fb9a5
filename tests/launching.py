"""Launch real processes on the CPU, as the files in launch/ say; what they run is in launched.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

Outcome = dict[str, Any]
"""What run.json holds, or `message`."""


def launch(name: str, folder: Path, *runs: list[Any], processes: int = 2, timeout: float = 300) -> list[Outcome]:
    """Run each [settings, killed, changes] (see launched.py), one after the other, with a file of launch/."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runs.json").write_text(json.dumps(runs), encoding="utf-8")
    files = ["--config_file", str(_config_file(name, folder)), "--main_process_port", "0"]
    command = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", str(processes), *files]
    launched = subprocess.Popen(
        [*command, str(ROOT / "tests" / "launched.py"), str(folder / "runs.json")],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        printed, _ = launched.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        launched.terminate()  # which, unlike SIGKILL, ends the processes that it launched too
        printed, _ = launched.communicate()
    outcomes = [json.loads(line[8:]) for line in printed.splitlines() if line.startswith("outcome ")]
    assert len(outcomes) == len(runs), printed
    return outcomes


def _config_file(name: str, folder: Path) -> Path:
    """A file of launch/ as it is, but for weights so small that ZeRO-3 would leave them whole."""
    shutil.copytree(ROOT / "launch", folder / "launch")
    deepspeed = folder / "launch" / f"{name}.json"
    if deepspeed.is_file():
        changed = json.loads(deepspeed.read_text(encoding="utf-8"))
        if changed["zero_optimization"]["stage"] == 3:
            changed["zero_optimization"]["stage3_param_persistence_threshold"] = 0
        deepspeed.write_text(json.dumps(changed), encoding="utf-8")
    return folder / "launch" / f"{name}.yaml"
