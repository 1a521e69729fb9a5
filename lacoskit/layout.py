"""What stands where in an output folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

CONFIG = "lacoskit.yaml"
RUN = "run.json"
METRICS = "metrics.jsonl"
POOLER = "pooler.safetensors"
ADAPTER = "adapter_config.json"
LAST_WRITTEN = "modules.json"
"""Without it a folder does not open, so it is moved into place last."""
RESULTS = "results.json"
"""What an evaluation has found, in a folder of its own."""
RESULTS_TABLE = "results.md"
"""The same as a table."""
MTEB = "mteb"
"""The same in files that mteb reads, in the folder of RESULTS."""
PAGE = "report.html"
"""The page about a run, or about several in the folder of the first."""
ANALYSIS = "analysis.json"
"""What analyses have found, in a folder of its own."""
CHECKPOINTS = "checkpoints"
BEST = "best"


def checkpoints(output: Path) -> list[Path]:
    """The complete checkpoints of a run, oldest first."""
    return sorted(path for path in (output / CHECKPOINTS).glob("step-*") if (path / "state.json").is_file())


def best_weights(output: Path, step: int) -> Path:
    """The trained weights of a step that was the best so far.

    A run that goes on from a checkpoint needs those that it knew of then, whatever has been found since.
    """
    return output / CHECKPOINTS / f"{BEST}-{step:08d}.safetensors"


def why_not_opened(folder: Path) -> str:
    """What keeps a folder from being opened as an encoder; empty if nothing does."""
    if not (folder / CONFIG).is_file():
        return f"{folder} is not an output folder of lacoskit: it has no {CONFIG}"
    if not (folder / LAST_WRITTEN).is_file():
        return f"{folder} holds a run that has not finished; go on with --resume"
    return ""


def finished(output: Path) -> dict[str, Any] | None:
    """The contents of run.json, if the folder holds a finished run."""
    path = output / RUN
    if not path.is_file():
        return None
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
