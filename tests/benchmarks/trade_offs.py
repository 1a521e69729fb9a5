"""Memory, speed and quality of each way to hold the weights, for models of one or more sizes, by `lacoskit sweep`.

    python tests/benchmarks/trade_offs.py --nli 'data/nli/en_snli_*.jsonl.gz' --sts 'data/sts/stsb_*_dev.jsonl.gz'

trains each model with each quantizer, with none in float32 (`null`) and with none in bfloat16 (`bf16`; by default where
the device is made for it), and writes
results/trade-offs.json, .md and .png beside this file. What is finished is not run again: the same command goes on.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from scored import sts_tasks

NAMES = {"model": "model", "weights": "weights held as"}


def main() -> int:
    """Sweep over the quantizers, and over bfloat16, and put the rows of both into one table."""
    arguments = _arguments()
    arguments.work.mkdir(parents=True, exist_ok=True)
    config = arguments.work / "base.yaml"
    config.write_text(yaml.safe_dump(_config(arguments)), encoding="utf-8")
    quantizers = [name for name in arguments.quantizers if name != "bf16"]
    sweeps = [("float32", quantizers)] if quantizers else []
    sweeps += [("bfloat16", ["null"])] if "bf16" in arguments.quantizers else []
    codes, rows = [], []
    for dtype, names in sweeps:
        code, found = _sweep(config, dtype, names, arguments)
        codes.append(code)
        rows += found
        if code not in {0, 1}:  # a mistake, or Ctrl-C
            return code
    rows.sort(key=lambda row: arguments.models.index(row["options"]["model"]))
    write([portable(row) for row in rows], _about(arguments), arguments.results)
    return max(codes)


def write(rows: Sequence[dict[str, Any]], about: dict[str, Any], folder: Path) -> None:
    """Write trade-offs.json, .md and .png, and print the table."""
    from lacoskit.comparison import markdown_table, plot

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "runs": list(rows)}, indent=1, ensure_ascii=False)
    (folder / "trade-offs.json").write_text(text + "\n", encoding="utf-8")
    libraries = ", ".join(f"{name} {known}" for name, known in about["versions"].items())
    lines = [
        "# Memory, speed and quality of ways to hold the weights",
        "",
        f"{about['date']}; {about['machine']}; LoRA of rank {about['rank']}, {about['steps']} steps of "
        f"{about['batch_size']} examples of NLI; {libraries}.",
        f"Before and after: Spearman x100, mean of {', '.join(about['sets'])}. In bold: the best of each column.",
        "",
        *markdown_table(NAMES, rows),
        "",
        *(f"- {' '.join(row['shown'].values())}: {row['error']}" for row in rows if row["status"] == "failed"),
    ]
    table = "\n".join(lines).rstrip() + "\n"
    (folder / "trade-offs.md").write_text(table, encoding="utf-8")
    print(table)
    problem = plot(NAMES, rows, folder / "trade-offs.png")
    if problem:
        print(problem)


def portable(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a sweep without the paths of this machine, its model and weights under the names of the table."""
    quantizer = row["shown"]["quantizer.name"]
    held = row["dtype"] if quantizer == "none" else quantizer
    kept = {key: value for key, value in row.items() if key not in {"name", "options", "log"}}
    return {**kept, "shown": {"model": row["shown"]["model"], "weights": held}}


def offered_quantizers() -> list[str]:
    """What is compared unless the command line says otherwise: int8 where a plugin offers it, bf16 where it is fast."""
    from lacoskit import RunConfig, plugins
    from lacoskit.placement import dtype_of

    offered = {offer.component.name for offer in plugins.installed().offers if offer.component.kind == "quantizer"}
    fast = ["bf16"] if dtype_of(RunConfig.load()) == "bfloat16" else []  # a CPU without AMX takes minutes a step
    return ["null", *fast, *(["int8"] if "int8" in offered else []), "bnb-8bit", "bnb-4bit"]


def _sweep(
    config: Path, dtype: str, quantizers: Sequence[str], arguments: argparse.Namespace
) -> tuple[int, list[dict[str, Any]]]:
    output = arguments.work / dtype
    models = ",".join(json.dumps(model) for model in arguments.models)
    over = ["--over", f"model={models}", "--over", f"quantizer.name={','.join(quantizers)}"]
    # In a process of its own, since the peak memory of a process is never less than that of the one that starts it.
    words = [sys.executable, "-m", "lacoskit", "sweep", str(config), *over, "--set", f"train.dtype={dtype}"]
    code = subprocess.run([*words, "--output", str(output)], check=False).returncode
    if code not in {0, 1}:
        return code, []
    found = json.loads((output / "sweep.json").read_text(encoding="utf-8"))["runs"]
    return code, [{**row, "dtype": dtype} for row in found]


def _config(arguments: argparse.Namespace) -> dict[str, Any]:
    return {
        "max_length": arguments.max_length,
        "seed": arguments.seed,
        "adapter": {"name": "lora", "rank": arguments.rank},
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "nli", "files": _files(arguments.nli), "hard_negatives": True},
        "train": {
            "max_steps": arguments.steps,
            "epochs": 1000.0,
            "batch_size": arguments.batch_size,
            "learning_rate": arguments.learning_rate,
            "log_every": 1,
        },
        "evaluation": {"tasks": sts_tasks(_files(arguments.sts))},
    }


def _files(patterns: Sequence[str]) -> list[str]:
    from lacoskit import find_files

    return [str(path) for path in find_files(patterns)]


def _about(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = ("rank", "steps", "batch_size", "learning_rate", "max_length", "seed")
    return {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: version(name) for name in ("torch", "transformers", "bitsandbytes")},
        "sets": list(_config(arguments)["evaluation"]["tasks"]),
        **{name: getattr(arguments, name) for name in settings},
    }


def _arguments() -> argparse.Namespace:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nli", nargs="+", required=True, help="files of premise, hypothesis, label; or globs")
    parser.add_argument("--sts", nargs="+", required=True, help="files of sentence1, sentence2, score; or globs")
    parser.add_argument("--models", nargs="+", default=["nano-bloom"], help="sizes: folders, or names on the hub")
    parser.add_argument("--quantizers", nargs="+", help="names, null (float32), bf16 (default: all)")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--max-length", type=int, default=64)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, default=Path("runs/trade-offs"), help="receives the runs")
    parser.add_argument("--results", type=Path, default=here / "results", help="receives the table and the plot")
    arguments = parser.parse_args()
    arguments.quantizers = arguments.quantizers or offered_quantizers()
    return arguments


if __name__ == "__main__":
    sys.exit(main())
