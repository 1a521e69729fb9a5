"""Peak memory of loading a model of several files: streamed into int8, whole or in shares, and by transformers.

    python tests/benchmarks/loading.py

makes a random BLOOM of 2.1 GB in bfloat16, five files, in a temporary folder, loads it in new processes, each way by
itself, and writes results/loading.json and results/loading.md beside this file. Two processes share the weights as
launch/zero3.yaml and launch/fsdp2.yaml have it, on the CPU.

What counts is what a process holds more than after its imports, at most: `anonymous` memory, and all of it that is
resident. The latter has the pages of the files that are mapped too, which the system may drop at any time.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).parent / "results"

CASES: dict[str, tuple[str, str | None]] = {
    "int8, streamed": ("lacoskit", None),
    "int8, 2 processes, ZeRO-3": ("lacoskit", "zero3"),
    "int8, 2 processes, FSDP2": ("lacoskit", "fsdp2"),
    "bfloat16, transformers": ("transformers", None),
    "bnb-8bit, transformers": ("bnb-8bit", None),
}
"""By whom it is loaded, and the file of launch/."""

LIMIT = 1.25
"""The most that streaming may take, over the share that is held and one file."""


def main() -> None:
    """Make the model, load it each way, and write what came out; or, in a process of its own, load it one way."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        print("measured " + json.dumps(_child(*sys.argv[2:])) + "\n", end="", flush=True)  # whole, beside another's
        return
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:  # is deleted whatever happens
        made = make(Path(folder), arguments.width, arguments.layers, arguments.files)
        print(f"made {made['bytes'] / 1e9:.2f} GB in {made['files']} files", flush=True)
        rows = {name: _launch(*CASES[name], folder) for name in arguments.cases}
    _write(rows, made, arguments)


def make(folder: Path, width: int, layers: int, files: int) -> dict[str, int]:
    """Write a random BLOOM in bfloat16, of which never more than one file is in memory."""
    import torch
    from safetensors.torch import save_file
    from transformers import BloomConfig, BloomModel

    from lacoskit.backbone import ModelFiles, load_tokenizer

    torch.manual_seed(0)
    tokenizer = load_tokenizer(ModelFiles("nano-bloom"))
    tokenizer.save_pretrained(folder)
    config = BloomConfig(vocab_size=len(tokenizer), hidden_size=width, n_layer=layers, n_head=width // 128)
    config.dtype, config.architectures = torch.bfloat16, ["BloomModel"]
    config.save_pretrained(folder)
    with torch.device("meta"):
        shapes = {name: weight.shape for name, weight in BloomModel(config).named_parameters()}
    parts: list[list[str]] = [[] for _ in range(files)]
    target, filled = sum(shape.numel() for shape in shapes.values()) / files, 0
    for name, shape in shapes.items():
        parts[min(files - 1, int(filled // target))].append(name)
        filled += shape.numel()
    where, sizes = {}, []
    for number, names in enumerate(parts, 1):
        path = folder / f"model-{number:05d}-of-{files:05d}.safetensors"
        tensors = {}
        for name in names:
            kind = torch.ones if name.endswith("norm.weight") or name == "ln_f.weight" else torch.zeros
            tensors[name] = kind(shapes[name], dtype=torch.bfloat16)
            if len(shapes[name]) == 2:
                tensors[name].normal_(std=0.02)
        save_file(tensors, path, {"format": "pt"})
        where |= dict.fromkeys(names, path.name)
        sizes.append(path.stat().st_size)
    index = {"metadata": {"total_size": sum(sizes)}, "weight_map": where}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    return {"bytes": sum(sizes), "files": files, "largest_file": max(sizes), "weights": filled}


def _launch(by: str, launch: str | None, folder: str) -> dict[str, Any]:
    """Load in new processes, and return what each measured."""
    processes = ["-m", "accelerate.commands.launch", "--config_file", f"launch/{launch}.yaml", "--num_processes", "2"]
    prefix = [*processes, "--main_process_port", "0"] if launch else []
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "DS_ACCELERATOR": "cpu"}
    command = [sys.executable, *prefix, __file__, "--child", by, folder]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = re.findall(r"measured (\{[^{}]*\})", done.stdout)
    if done.returncode or len(lines) != (2 if launch else 1):
        raise SystemExit(
            f"{by} {launch} failed with exit code {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
        )
    found: list[dict[str, Any]] = [json.loads(line) for line in lines]
    print(by, launch or "", *found, flush=True)
    return {"processes": found}


def _child(by: str, folder: str) -> dict[str, Any]:
    if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true":
        import deepspeed.ops

        deepspeed.ops.__compatible_ops__ = {}  # or it compiles an exchange through shared memory
    import bitsandbytes  # noqa: F401 - so that no way pays for imports
    import peft  # noqa: F401
    import torch
    from transformers import AutoModel, BloomModel  # noqa: F401

    from lacoskit import distributed
    from lacoskit.backbone import ModelFiles, load_base
    from lacoskit.base import arguments_of
    from lacoskit.config import RunConfig
    from lacoskit.encoder import build_encoder
    from lacoskit.placement import placement_here
    from lacoskit.reporting.sizes import weight_bytes

    quantizer = {"lacoskit": {"name": "int8"}, "bnb-8bit": {"name": "bnb-8bit"}, "transformers": None}[by]
    settings = {"model": folder, "quantizer": quantizer, "train": {"dtype": "bfloat16"}, "optimizer": {"name": "adamw"}}
    config = RunConfig.model_validate(settings)
    if by == "lacoskit":
        accelerator = distributed.start(config)
        placement = distributed.placement_of(accelerator, config)
    torch.ones(64, 64, dtype=torch.bfloat16) @ torch.ones(64, 64, dtype=torch.bfloat16)  # what sets itself up once
    with _peaks() as peaks:
        model: Any
        if by == "lacoskit":
            model = build_encoder(config, placement)
        else:
            model = load_base(ModelFiles(folder), "bfloat16", arguments_of(config, placement_here(config)))
            for weight in model.parameters():  # or what is only mapped would count as nothing
                weight.detach().flatten()[::64].clone()
    if torch.distributed.is_initialized():
        torch.distributed.barrier()
    return {**peaks, "held": weight_bytes(model)}


@contextmanager
def _peaks() -> Iterator[dict[str, Any]]:
    """How much memory a block takes at most beyond what was taken before, in bytes, and its seconds."""
    found: dict[str, Any] = {}
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins here
    before, highest, done = _status(), 0, threading.Event()

    def sample() -> None:
        nonlocal highest
        while not done.wait(0.002):
            highest = max(highest, _status()["RssAnon"])

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    started = time.perf_counter()
    yield found
    found["seconds"] = time.perf_counter() - started
    done.set()
    sampler.join()
    after = _status()
    found["anonymous"] = max(highest, after["RssAnon"]) - before["RssAnon"]
    found["resident"] = after["VmHWM"] - before["VmRSS"]
    found["anonymous_after"] = after["RssAnon"] - before["RssAnon"]


def _status() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines())
    return {
        words[0][:-1]: 1024 * int(words[1]) for words in lines if words[0].startswith(("VmHWM", "VmRSS", "RssAnon"))
    }


def _write(rows: dict[str, dict[str, Any]], made: dict[str, int], arguments: argparse.Namespace) -> None:
    versions = {name: version(name) for name in ("torch", "transformers", "accelerate", "deepspeed", "bitsandbytes")}
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU",
        "versions": versions,
        "model": {"width": arguments.width, "layers": arguments.layers, **made},
    }
    arguments.results.mkdir(parents=True, exist_ok=True)
    rows = _kept(arguments.results / "loading.json", about) | rows
    rows = {name: _highest(rows[name]["processes"], made["largest_file"]) for name in CASES if name in rows}
    (arguments.results / "loading.json").write_text(json.dumps({**about, "cases": rows}, indent=1) + "\n")
    lines = [
        "# Peak memory of loading a model of several files",
        "",
        f"{about['date']}; {about['machine']}; "
        + ", ".join(f"{name} {known}" for name, known in versions.items())
        + f". A random BLOOM of {made['weights'] / 1e9:.2f}B weights in bfloat16: {made['bytes'] / 1e9:.2f} GB in "
        f"{made['files']} files, the largest {made['largest_file'] / 1e9:.2f} GB. Of each process, in GB of 10^9 bytes "
        "beyond what it has after its imports; of two, the higher. The ratio is to what is held plus one file, and is "
        f"to be under {LIMIT} for what is streamed. Resident memory includes mapped pages of the files, which the "
        "system may drop; anonymous memory does not.",
        "",
        "| loaded as | held | peak, anonymous | ratio | peak, resident | ratio | seconds |",
        "|---|" + "---:|" * 6,
    ]
    for name, row in rows.items():
        cells = [f"{row['held'] / 1e9:.2f}", f"{row['anonymous'] / 1e9:.2f}", f"{row['anonymous_ratio']:.2f}"]
        cells += [f"{row['resident'] / 1e9:.2f}", f"{row['resident_ratio']:.2f}", f"{row['seconds']:.0f}"]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    table = "\n".join(lines) + "\n"
    (arguments.results / "loading.md").write_text(table, encoding="utf-8")
    print(table)


def _highest(processes: list[dict[str, Any]], file: int) -> dict[str, Any]:
    """Each figure of the process that has the highest, and the ratios of the peaks to what is held plus one file."""
    row = {key: max(one[key] for one in processes) for key in processes[0]}
    ratios = {f"{key}_ratio": row[key] / (row["held"] + file) for key in ("anonymous", "resident")}
    return {**row, **ratios, "processes": processes}


def _kept(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Other cases that were measured before with the same model and libraries, so cases can be run apart."""
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = all(before.get(key) == about[key] for key in ("machine", "versions", "model"))
    return dict(before["cases"]) if same else {}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=2048)
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--files", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--folder", type=Path, help="for the temporary files; by default the system's")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
