"""Runs, one after the other, in processes that were launched once: importing takes longer than a tiny run.

Started by `accelerate launch`, with a file that holds a list of [settings, killed, changes]: what to run; null, or the
output of an earlier run that it goes on with as if that one had been killed before its end; and, if they are there,
keys that take the place of those under `zero_optimization` in DeepSpeed's file. The main process prints a line of JSON
for each: what run.json holds, or the message that the run ended with.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
    import deepspeed.ops

    deepspeed.ops.__compatible_ops__ = {}  # or it compiles an exchange through shared memory: a minute, and a compiler

import torch
from accelerate.state import AcceleratorState, GradientState

import lacoskit
from lacoskit.errors import LacoskitError
from lacoskit.tokens import AT_ONCE


def main(path: Path) -> None:
    torch.distributed.destroy_process_group = lambda *group: None  # processes that left cannot find each other again
    main_process = os.environ["RANK"] == "0"
    for number, (settings, killed, *changes) in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        chunked = "chunk_tokens" in settings["train"]
        AT_ONCE["cpu"] = 20 if chunked else 2_048  # so that the graphs of several chunks are kept, and others not
        if changes:
            _change_deepspeed(path.with_name(f"deepspeed-{number}-{os.environ['RANK']}.json"), *changes)
        if killed and main_process:
            _leave_behind(Path(killed), Path(settings["output"]))
        if killed:
            torch.distributed.barrier()
        outcome = _outcome(settings, bool(killed))
        if main_process:
            print("outcome " + json.dumps(outcome), flush=True)
        gc.collect()
        GradientState._reset_state()
        AcceleratorState._reset_state(reset_partial_state=True)


def _change_deepspeed(changed: Path, changes: dict[str, Any]) -> None:
    given = json.loads(Path(os.environ["ACCELERATE_DEEPSPEED_CONFIG_FILE"]).read_text(encoding="utf-8"))
    given["zero_optimization"].update(changes)
    changed.write_text(json.dumps(given), encoding="utf-8")
    os.environ["ACCELERATE_DEEPSPEED_CONFIG_FILE"] = str(changed)


def _leave_behind(run: Path, output: Path) -> None:
    """What a run that was killed after its last checkpoint leaves behind."""
    last = shutil.ignore_patterns("step-00000006")  # the end of the run, from which there is nothing to go on
    shutil.copytree(run / "checkpoints", output / "checkpoints", ignore=last)
    for name in ("lacoskit.yaml", "metrics.jsonl"):
        shutil.copy(run / name, output / name)


def _outcome(settings: dict[str, Any], resume: bool) -> dict[str, Any]:
    try:
        return lacoskit.train(settings, resume)
    except LacoskitError as error:
        return {"message": str(error)}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
