"""Run a whole training of a BLOOM of real size, with weights made at random, on the GPU at hand; no network is used.

It answers whether a size fits a GPU of a given memory and how fast it trains: speed and memory do not depend on the
values of the weights. Without a GPU, `--size nano` goes through the same steps on the CPU.

    python tests/benchmarks/gpu_run.py --size 7b1 --cap-gb 32 --results results

writes gpu_run-7b1.json into the results folder: peak memory, texts/s, tokens/s, by quantizer.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

SHAPES = {  # layers, width, heads
    "nano": (6, 256, 4),
    "560m": (24, 1024, 16),
    "1b1": (24, 1536, 16),
    "1b7": (24, 2048, 16),
    "3b": (30, 2560, 32),
    "7b1": (30, 4096, 32),
}


def main() -> None:
    """Make the model, train it with each quantizer, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SHAPES, default="7b1")
    parser.add_argument("--cap-gb", type=float, default=32.0, help="memory that the run may use on the GPU")
    parser.add_argument("--quantizers", nargs="+", default=["bnb-8bit", "bnb-4bit", "none"])
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--results", type=Path, default=Path("results"))
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    try:
        _make_model(arguments.size, folder / "model")
        rows = [_train(folder, quantizer, arguments) for quantizer in arguments.quantizers]
    finally:
        shutil.rmtree(folder)
    arguments.results.mkdir(parents=True, exist_ok=True)
    path = arguments.results / f"gpu_run-{arguments.size}.json"
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=1))


def _make_model(size: str, folder: Path) -> None:
    """Save a random BLOOM of this shape in bfloat16, with the vocabulary of the real ones and the bundled tokenizer."""
    import torch
    from transformers import BloomConfig, BloomModel

    from lacoskit.backbone import load_tokenizer

    layers, width, heads = SHAPES[size]
    vocabulary = 16_384 if size == "nano" else 250_880
    config = BloomConfig(vocab_size=vocabulary, hidden_size=width, n_layer=layers, n_head=heads, dtype="bfloat16")
    torch.manual_seed(0)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        default = torch.get_default_dtype()
        torch.set_default_dtype(torch.bfloat16)
        model = BloomModel(config)
        torch.set_default_dtype(default)
    model.save_pretrained(folder, max_shard_size="2GB")
    load_tokenizer("nano-bloom", None, False).save_pretrained(folder)


def _train(folder: Path, quantizer: str, arguments: argparse.Namespace) -> dict[str, Any]:
    import torch

    import lacoskit
    from lacoskit.reporting import read_metrics

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        share = arguments.cap_gb * 1e9 / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(share, 1.0))
    output = folder / f"run-{quantizer}"
    row: dict[str, Any] = {"size": arguments.size, "quantizer": quantizer, "batch_size": arguments.batch_size}
    try:
        report = lacoskit.train(
            {
                "model": str(folder / "model"),
                "output": str(output),
                "quantizer": None if quantizer == "none" else {"name": quantizer},
                "dataset": {"name": "templates", "size": arguments.batch_size * arguments.steps, "held_out_size": 20},
                "train": {"batch_size": arguments.batch_size, "log_every": max(1, arguments.steps // 2)},
            }
        )
    except lacoskit.LacoskitError as error:
        return {**row, "error": str(error)}
    last = [line for line in read_metrics(output) if "loss" in line][-1]
    return {
        **row,
        "device": report["device"],
        "dtype": report["placement"]["dtype"],
        "parameters": report["parameters"],
        "trained_parameters": report["trained_parameters"],
        "memory_gib": report["memory_gib"],
        "texts_per_second": last["texts_per_second"],
        "tokens_per_second": last["tokens_per_second"],
        "verification": report["verification"],
    }


if __name__ == "__main__":
    main()
