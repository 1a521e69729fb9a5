"""BLOOM of a real size on the GPU at hand, trained by lacoskit and by sentence-transformers with PEFT and bitsandbytes.

The weights are made at random from the size's shape (speed and memory do not depend on their values), so no network is
used. Both sides get the same weights, triplets, batch, LoRA and 8-bit Adam, under the same cap of GPU memory; where one
graph over the batch does not fit the cap, sentence-transformers computes its cached loss, in chunks as large as fit.

    python tests/benchmarks/gpu.py --size 7b1 --cap-gb 32 --results results

writes gpu-7b1.json, gpu-7b1.md and gpu-7b1.png: tokens/s, peak memory, and the share of what a large matrix product
reaches on this GPU in bfloat16. It is done within --minutes (8), leaving out what time is left for no more. Without a
GPU, `--size nano` goes through the same steps on the CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

SHAPES = {  # layers, width, heads
    "nano": (2, 256, 4),
    "560m": (24, 1024, 16),
    "1b1": (24, 1536, 16),
    "1b7": (24, 2048, 16),
    "3b": (30, 2560, 32),
    "7b1": (30, 4096, 32),
}
TEXTS = {"NLI lengths": 128, "512 tokens": 512}
"""What is trained on, and its max_length."""

SIDES = ("lacoskit", "sentence-transformers")


def main() -> None:
    """Make the model, measure each side with each kind of weights in a process of its own, write the figures."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        from gpu_sides import measure

        for figures in measure(json.loads(sys.argv[2])):
            print("measured " + json.dumps(figures), flush=True)
        return
    arguments = _arguments()
    end = time.monotonic() + 60 * arguments.minutes
    folder = Path(tempfile.mkdtemp(dir=arguments.scratch))
    rows: list[dict[str, Any]] = []
    try:
        _make_model(arguments.size, folder / "model")
        _make_texts(arguments, folder)
        for weights in arguments.weights:
            for side in SIDES:
                rows += _run(side, weights, arguments, folder, end)
                _write(arguments, rows)
    finally:
        shutil.rmtree(folder)


def _run(side: str, weights: str, arguments: argparse.Namespace, folder: Path, end: float) -> list[dict[str, Any]]:
    spec = {
        "side": side,
        "weights": weights,
        "folder": str(folder),
        "texts": TEXTS,
        "batch_sizes": {"NLI lengths": arguments.batch_size, "512 tokens": max(arguments.batch_size // 8, 2)},
        "cap_gb": arguments.cap_gb,
        "steps": arguments.steps,
    }
    left = end - time.monotonic()
    about = {"side": side, "weights": weights, "size": arguments.size}
    if left < 20:
        return [{**about, "error": "no time was left"}]
    command = [sys.executable, __file__, "--child", json.dumps(spec)]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTORCH_CUDA_ALLOC_CONF": "expandable_segments:True"}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=left)
        printed, error = done.stdout, done.stderr[-1500:] if done.returncode else ""
    except subprocess.TimeoutExpired as expired:
        printed, error = (expired.stdout or b"").decode(), "stopped: the time was over"
    lines = [line.removeprefix("measured ") for line in printed.splitlines() if line.startswith("measured ")]
    rows = [{**about, **json.loads(line)} for line in lines]
    for row in rows:
        print(json.dumps(row), flush=True)
    if error:
        print(error, flush=True)
    return rows + ([{**about, "error": error}] if error else [])


def _make_model(size: str, folder: Path) -> None:
    """Save a random BLOOM of this shape in bfloat16, with the vocabulary of the real ones and the bundled tokenizer."""
    import torch
    from transformers import BloomConfig, BloomModel

    from lacoskit.backbone import ModelFiles, load_tokenizer

    layers, width, heads = SHAPES[size]
    vocabulary = 16_384 if size == "nano" else 250_880
    config = BloomConfig(vocab_size=vocabulary, hidden_size=width, n_layer=layers, n_head=heads, dtype="bfloat16")
    torch.manual_seed(0)
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        model = BloomModel(config)
    torch.set_default_dtype(default)
    model.save_pretrained(folder, max_shard_size="2GB")
    del model  # the memory is for those that are measured
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    load_tokenizer(ModelFiles("nano-bloom")).save_pretrained(folder)


def _make_texts(arguments: argparse.Namespace, folder: Path) -> None:
    from texts import nli_triplets, rows_of_length

    count = arguments.batch_size * arguments.steps
    rows = {"NLI lengths": nli_triplets(count), "512 tokens": rows_of_length(max(count // 8, 2 * arguments.steps), 512)}
    (folder / "texts.json").write_text(json.dumps(rows), encoding="utf-8")


def _write(arguments: argparse.Namespace, rows: list[dict[str, Any]]) -> None:
    arguments.results.mkdir(parents=True, exist_ok=True)
    stem = arguments.results / f"gpu-{arguments.size}"
    about = {"cap_gb": arguments.cap_gb, "steps": arguments.steps, "rows": rows}
    stem.with_suffix(".json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    measured = [row for row in rows if "tokens_per_second" in row]
    device = measured[0]["device"] if measured else "no figure"
    lines = [
        f"# BLOOM-{arguments.size} on {device}",
        "",
        f"LoRA of rank 16 on all Linear layers, 8-bit Adam, {arguments.cap_gb:g} GB cap. Tokens are real ones, without "
        "padding; the share is of the rate of a bfloat16 product of 8,192 x 8,192 matrices in the same process.",
        "",
        "| weights | texts | batch | side | loss | tokens/s | share of peak | peak GiB |",
        "|---|---|---:|---|---|---:|---:|---:|",
    ]
    for row in measured:
        cells = (row["weights"], row["texts"], row["batch_size"], row["side"], row["loss"])
        figures = f"{row['tokens_per_second']:,.0f} | {row['share_of_peak']:.1%} | {row['peak_gib']:.1f}"
        lines.append(f"| {' | '.join(map(str, cells))} | {figures} |")
    lines += [f"\n{row['side']}, {row['weights']}: {row['error'].splitlines()[-1]}" for row in rows if row.get("error")]
    stem.with_suffix(".md").write_text("\n".join([*lines, ""]), encoding="utf-8")
    if measured:
        _plot(measured, stem.with_suffix(".png"))


def _plot(rows: list[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 0.4 * len(rows) + 1.2), layout="constrained", sharey=True)
    names = [f"{row['weights']}, {row['texts']}: {row['side']}" for row in rows]
    colours = ["#1f6f8b" if row["side"] == SIDES[0] else "#d9a441" for row in rows]
    for one, key, label in zip(axes, ("tokens_per_second", "peak_gib"), ("tokens/s", "peak memory, GiB"), strict=True):
        one.barh(names, [row[key] for row in rows], color=colours)
        one.set_xlabel(label)
        one.spines[["top", "right"]].set_visible(False)
    axes[0].invert_yaxis()
    figure.savefig(path, dpi=120)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SHAPES, default="7b1")
    parser.add_argument("--cap-gb", type=float, default=32.0, help="memory that a side may use on the GPU")
    parser.add_argument("--weights", nargs="+", choices=["int8", "bf16"], default=["int8", "bf16"])
    parser.add_argument("--batch-size", type=int, default=256, help="triplets of NLI lengths; an eighth of 512 tokens")
    parser.add_argument("--steps", type=int, default=3, help="steps of each measurement, after one to warm up")
    parser.add_argument("--minutes", type=float, default=8.0)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--scratch", type=Path, default=None, help="where the model is written: 14 GB for 7b1")
    return parser.parse_args()


if __name__ == "__main__":
    main()
