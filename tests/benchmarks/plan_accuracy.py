"""How near `lacoskit plan` comes to the memory that training takes: predicted, then measured, for runs of many shapes.

    python tests/benchmarks/plan_accuracy.py            runs on the CPU, each in a process of its own
    python tests/benchmarks/plan_accuracy.py --gpu      BLOOM-560m to 7b1 on a GPU, weights made at random

Writes plan.json and plan.md into results/ beside this file (--results names another folder).

Measured is the most that torch had allocated while three steps were taken: on a GPU torch.cuda.max_memory_allocated, on
a CPU what all tensors hold before the first step and what torch's profiler sums up of every allocation since.

On a CPU, resident is the most memory that a process had (VmHWM, set back once the weights are there) over what it had
before the model was built, in one more process in which the C library gives every tensor a mapping of its own. As a
run has it, with tensors in the C library's heap, is the last column: the heap keeps the gaps between tensors too.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

MIB = 2**20
VOCABULARY = 16_384
STEPS = 3

M_MMAP_THRESHOLD = -3  # malloc.h of glibc

LORA: dict[str, Any] = {"adapter": {"name": "lora", "rank": 16}}
CASES: dict[str, dict[str, Any]] = {
    "nano, bnb-8bit, LoRA": {"model": "nano-bloom", **LORA, "batch": 64, "tokens": 64, "chunk": 6144},
    "nano, int8, LoRA, long": {
        "model": "nano-bloom", "quantizer": "int8", **LORA, "batch": 8, "tokens": 512, "chunk": 4096,
    },
    "512 x 6, none, LoRA": {"shape": (512, 6, 8), **LORA, "quantizer": None, "batch": 16, "tokens": 64, "chunk": 2048},
    "512 x 6, none, full": {
        "shape": (512, 6, 8), "quantizer": None, "adapter": {"name": "full"}, "batch": 8, "tokens": 64, "chunk": 1024,
    },
    "1024 x 4, int8, LoRA": {
        "shape": (1024, 4, 16), "quantizer": "int8", **LORA, "batch": 16, "tokens": 48, "chunk": 2048,
    },
    "1024 x 4, bnb-8bit, LoRA": {"shape": (1024, 4, 16), **LORA, "batch": 16, "tokens": 48, "chunk": 2048},
    "1024 x 4, bnb-4bit, LoRA": {
        "shape": (1024, 4, 16), "quantizer": "bnb-4bit", **LORA, "batch": 16, "tokens": 48, "chunk": 2048,
    },
    "512 x 8, int8, BitFit": {
        "shape": (512, 8, 8), "quantizer": "int8", "adapter": {"name": "bitfit"}, "optimizer": "adamw",
        "batch": 16, "tokens": 96, "chunk": 2048,
    },
    "512 x 12, none, LoRA, checkpointed": {
        "shape": (512, 12, 8), "quantizer": None, **LORA, "checkpoint": True, "batch": 32, "tokens": 64, "chunk": 8192,
    },
    "512 x 12, none, LoRA, cut in chunks": {
        "shape": (512, 12, 8), "quantizer": None, **LORA, "batch": 64, "tokens": 64, "chunk": 1024,
    },
    "768 x 4, none, full, checkpointed": {
        "shape": (768, 4, 12), "quantizer": None, "adapter": {"name": "full"}, "optimizer": "adamw",
        "checkpoint": True, "batch": 16, "tokens": 128, "chunk": 8192,
    },
    "1536 x 2, int8 of 64, LoRA, 16 bits": {
        "shape": (1536, 2, 16), "quantizer": {"name": "int8", "block_size": 64}, **LORA, "dtype": "bfloat16",
        "batch": 16, "tokens": 64, "chunk": 4096,
    },
}  # fmt: skip

GPU_CASES: dict[str, dict[str, Any]] = {
    f"bloom-{size}, {quantizer or 'none'}, {adapter}{', checkpointed' if again else ''}": {
        "shape": shape,
        "vocabulary": 250_880,
        "quantizer": quantizer,
        "adapter": {"name": adapter},
        "checkpoint": again,
        "batch": 128,
        "tokens": 64,
        "chunk": 8192,
        "device": "cuda",
    }
    for size, shape, quantizer, adapter, again in (
        ("560m", (1024, 24, 16), "bnb-8bit", "lora", False),
        ("560m", (1024, 24, 16), None, "full", False),
        ("1b1", (1536, 24, 16), "int8", "lora", False),
        ("1b7", (2048, 24, 16), "bnb-4bit", "lora", False),
        ("3b", (2560, 30, 32), "int8", "bitfit", True),
        ("7b1", (4096, 30, 32), "int8", "lora", True),
        ("7b1", (4096, 30, 32), "bnb-8bit", "lora", False),
    )
}


def main() -> None:
    """Predict and measure every case, or, in a process of its own, one of the two."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        spec = json.loads(sys.argv[2])
        sides = {"predict": predict, "measure": measure, "resident": resident, "heap": heap}
        print("found " + json.dumps(sides[spec["what"]](spec)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpu", action="store_true", help="the cases for a GPU, which need one")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    arguments = parser.parse_args()
    rows = []
    for name, case in (GPU_CASES if arguments.gpu else CASES).items():
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            spec = {**case, "folder": folder}
            _make_files(spec)
            found: dict[str, Any] = {}
            for what in ("predict", "measure") if arguments.gpu else ("predict", "measure", "resident", "heap"):
                found |= _child({**spec, "what": what})
        rows.append({"run": name, **found, "ratio": found["predicted"] / found["measured"]})
        print(_line(rows[-1]), flush=True)
        if not arguments.only:
            _write(arguments.results, rows, arguments.gpu)  # after each, so that no interruption loses what is measured


def predict(spec: dict[str, Any]) -> dict[str, Any]:
    """What `lacoskit plan` says the process takes, in bytes."""
    from lacoskit.footprint.counting import Counter
    from lacoskit.footprint.texts import Texts
    from lacoskit.placement import placement

    config = _config(spec)
    counter = Counter(config, placement(config, spec.get("device", "cpu"), 1, 0), Texts(3, spec["tokens"]))
    found = counter.count(min(spec["chunk"], counter.step_tokens))
    return {"predicted": found.peak, "moment": found.moment, "parts": {part.name: part.size for part in found.parts}}


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    """The most bytes that torch had allocated in three steps."""
    import torch

    if spec.get("device") == "cuda":
        _train(spec)
        return {"measured": torch.cuda.max_memory_allocated()}
    profiler = torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True)
    before = []

    def loaded() -> None:
        storages = [thing.untyped_storage() for thing in gc.get_objects() if isinstance(thing, torch.Tensor)]
        before.append(sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values()))
        profiler.start()

    _train(spec, loaded=loaded)
    profiler.stop()
    trace = Path(spec["folder"]) / "trace.json"
    profiler.export_chrome_trace(str(trace))
    events = [e for e in json.loads(trace.read_text())["traceEvents"] if e.get("name") == "[memory]"]
    live = np.cumsum([event["args"]["Bytes"] for event in sorted(events, key=lambda event: event["ts"])])
    return {"measured": before[0] + int(live.max())}


def resident(spec: dict[str, Any]) -> dict[str, Any]:
    """The most bytes that three steps made the process have, with no gaps between tensors."""
    ctypes.CDLL("libc.so.6").mallopt(M_MMAP_THRESHOLD, 2**16)
    return {"resident": _most_resident(spec)}


def heap(spec: dict[str, Any]) -> dict[str, Any]:
    """The same as a run has it."""
    from lacoskit.allocator import freed_memory_kept

    with ExitStack() as kept:
        return {"heap": _most_resident(spec, lambda: kept.enter_context(freed_memory_kept()))}


def _most_resident(spec: dict[str, Any], prepared: Callable[[], Any] = lambda: None) -> int:
    before = []

    def begun() -> None:
        before.append(_resident("VmRSS"))

    def loaded() -> None:
        prepared()
        Path("/proc/self/clear_refs").write_text("5")  # sets VmHWM back to what is resident now

    _train(spec, begun, loaded)
    return _resident("VmHWM") - before[0]


def _train(
    spec: dict[str, Any], begun: Callable[[], None] = lambda: None, loaded: Callable[[], None] = lambda: None
) -> None:
    import bitsandbytes  # noqa: F401 - so that it is there before the memory is looked at
    import peft  # noqa: F401
    import torch

    from lacoskit.distributed import placement_of, start
    from lacoskit.gradients import Gradients
    from lacoskit.run import prepare

    config = _config(spec)
    torch.randn(256, 256, requires_grad=True).mm(torch.randn(256, 256)).sum().backward()
    accelerator = start(config)
    begun()
    run = prepare(config, accelerator, placement_of(accelerator, config), "benchmark")
    run.chunk_tokens = spec["chunk"]
    run.model.train()
    loaded()
    gradients = Gradients(run)
    for step in range(STEPS):
        gradients(run.batches[step])
        accelerator.clip_grad_norm_(run.encoder.parameters(), config.train.max_grad_norm or math.inf)
        run.optimizer.step()
        run.optimizer.zero_grad()


def _config(spec: dict[str, Any]) -> Any:
    from lacoskit.config import RunConfig

    quantizer = spec.get("quantizer", "bnb-8bit")
    return RunConfig.model_validate(
        {
            "model": spec.get("model") or f"{spec['folder']}/model",
            "output": f"{spec['folder']}/run",
            "max_length": spec["tokens"],
            "quantizer": {"name": quantizer} if isinstance(quantizer, str) else quantizer,
            "adapter": spec["adapter"],
            "optimizer": {"name": spec.get("optimizer", "adamw-8bit")},
            "dataset": {"name": "pairs", "files": [f"{spec['folder']}/pairs.jsonl"], "negatives": ["negative"]},
            "train": {
                "batch_size": spec["batch"],
                "chunk_tokens": spec["chunk"],
                "checkpoint_activations": spec.get("checkpoint", False),
                "dtype": spec.get("dtype", "float32" if spec.get("device", "cpu") == "cpu" else "bfloat16"),
            },
        }
    )


def _make_files(spec: dict[str, Any]) -> None:
    """Long texts, all cut to the same length; and a BLOOM made at random, unless the case is the bundled one."""
    folder = Path(spec["folder"])
    rows = [
        {key: f"{key} {row} " + "one two three " * spec["tokens"] for key in ("anchor", "positive", "negative")}
        for row in range(2 * spec["batch"])
    ]
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    if "model" in spec:
        return
    from transformers import AutoTokenizer, BloomConfig, BloomModel

    from lacoskit.location import locate

    width, layers, heads = spec["shape"]
    vocabulary = spec.get("vocabulary", VOCABULARY)
    config = BloomConfig(vocab_size=vocabulary, hidden_size=width, n_layer=layers, n_head=heads, dtype="bfloat16")
    BloomModel(config).to(config.dtype).save_pretrained(folder / "model")
    AutoTokenizer.from_pretrained(locate("nano-bloom")).save_pretrained(folder / "model")


def _child(spec: dict[str, Any]) -> dict[str, Any]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "LACOSKIT_CACHE": f"{spec['folder']}/cache"}
    command = [sys.executable, __file__, "--child", json.dumps(spec)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    if done.returncode or not lines:
        raise SystemExit(f"{spec} failed with exit code {done.returncode}:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(lines[-1].removeprefix("found "))
    return found


def _resident(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"this system does not tell {what}")


def _line(row: dict[str, Any]) -> str:
    cells = [f"{row[key] / MIB:,.0f}" for key in ("predicted", "measured")] + [f"{row['ratio']:.3f}"]
    if "resident" in row:
        resident = f"{row['resident'] / MIB:,.0f}"
        cells += [resident, f"{row['predicted'] / row['resident']:.3f}", f"{row['heap'] / MIB:,.0f}"]
    return f"| {row['run']} | {' | '.join(cells)} |"


def _write(folder: Path, rows: list[dict[str, Any]], gpu: bool) -> None:
    name = "plan-gpu" if gpu else "plan"
    (folder / f"{name}.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    head = [
        "Memory of training, MiB: what `lacoskit plan` predicts from the configuration alone, and what was measured",
        f"([how](../plan_accuracy.py)). {'A GPU' if gpu else 'CPU, one process'}; models made at random.",
        "",
        f"| run | predicted | measured | ratio |{'' if gpu else ' resident | ratio | in the heap |'}",
        f"|---|---:|---:|---:|{'' if gpu else '---:|---:|---:|'}",
    ]
    (folder / f"{name}.md").write_text("\n".join([*head, *map(_line, rows), ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
