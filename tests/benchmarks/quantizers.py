"""How near to float32, how small and how fast each way to hold the weights is, with no adapter and no training.

    python tests/benchmarks/quantizers.py --sts data/sts/stsb_en_dev.jsonl.gz data/sts/sickr_en_dev.jsonl.gz

writes results/quantizers.json and results/quantizers.md beside this file. Vectors of sentences (of --sts, else
generated) are compared for the bundled model, and for a random BLOOM whose weights have heavy tails and a few large
columns, as those of large language models have. Sizes of BLOOM models are calculated from shapes; nothing is loaded.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scored import scored_pairs, sts_tasks

RESULTS = Path(__file__).parent / "results"

WAYS: dict[str, dict[str, Any] | None] = {
    "float32": None,
    "int8": {"name": "int8"},
    "int8, block_size 64": {"name": "int8", "block_size": 64},
    "int8, products int8": {"name": "int8", "products": "int8"},
    "bnb-8bit, threshold 0": {"name": "bnb-8bit", "threshold": 0.0},
    "bnb-8bit, threshold 6": {"name": "bnb-8bit", "threshold": 6.0},
    "bnb-4bit": {"name": "bnb-4bit"},
}

BLOOM = {"560m": (1024, 24, 16), "1b7": (2048, 24, 16), "7b1": (4096, 30, 32), "176b": (14336, 70, 112)}
"""Width, layers and heads."""

BLOOM_TOKENS = 250_880

SENTENCES, TIMED = 500, 48

SLOW = {"int8, products int8": 60}
"""Ways that are slow on a CPU, and how many sentences they get; these are timed once, and not scored."""


def main() -> None:
    """Measure each model with each way, calculate sizes, and write what came out."""
    arguments = _arguments()
    sets = {path.name.removesuffix(".jsonl.gz"): str(path) for path in _files(arguments.sts)}
    texts = _sentences(list(sets.values()))
    with tempfile.TemporaryDirectory() as folder:
        models = {"nano-bloom": "nano-bloom", "heavy-tailed": heavy_tailed(Path(folder) / "heavy")}
        measured = {}
        for name, model in models.items():
            scored = sets if name == "nano-bloom" else {}
            measured[name] = _measure(model, texts, scored, arguments.turns)
    sizes = {
        size: {way: model_bytes(*shape, quantizer) for way, quantizer in CALCULATED.items()}
        for size, shape in BLOOM.items()
    }
    _write(measured, sizes, list(sets), len(texts), arguments)


def heavy_tailed(folder: Path, width: int = 256, layers: int = 4, columns: int = 3) -> str:
    """A random BLOOM with matrices of Student's t (3 degrees of freedom, std 0.02), some columns 20 times as large."""
    import torch
    from transformers import BloomConfig, BloomModel

    from lacoskit.backbone import ModelFiles, load_tokenizer

    torch.manual_seed(0)
    tokenizer = load_tokenizer(ModelFiles("nano-bloom"))
    tokenizer.save_pretrained(folder)
    model = BloomModel(BloomConfig(vocab_size=len(tokenizer), hidden_size=width, n_layer=layers, n_head=8))
    student = torch.distributions.StudentT(3.0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                drawn = student.sample(weight.shape)
                weight.copy_(drawn * (0.02 / drawn.std()))
                weight[:, torch.randperm(weight.shape[1])[:columns]] *= 20
    model.save_pretrained(folder)
    return str(folder)


CALCULATED: dict[str, dict[str, Any] | None] = {
    "bfloat16": None,
    "int8": {"name": "int8"},
    "int8, block_size 64": {"name": "int8", "block_size": 64},
    "bnb-8bit": {"name": "bnb-8bit"},
    "bnb-4bit": {"name": "bnb-4bit"},
}


def model_bytes(width: int, layers: int, heads: int, quantizer: dict[str, Any] | None, dtype: str = "bfloat16") -> int:
    """Bytes of all weights of a BLOOM, the embedding and scales included, from its shapes."""
    from transformers import BloomConfig

    config = BloomConfig(hidden_size=width, n_layer=layers, n_head=heads, vocab_size=BLOOM_TOKENS)
    with tempfile.TemporaryDirectory() as folder:
        config.save_pretrained(folder)
        return bytes_of(folder, quantizer, dtype)


def bytes_of(model: str, quantizer: dict[str, Any] | None, dtype: str) -> int:
    """Bytes of all weights of a model that has a configuration, and may have no weights."""
    from torch import nn

    from lacoskit.backbone import ModelFiles
    from lacoskit.backbone.streaming import StreamedModel
    from lacoskit.base import convert_of
    from lacoskit.placement import placement_here

    config = _config(model, quantizer, dtype)
    skeleton = StreamedModel(ModelFiles(model), dtype, convert_of(config, placement_here(config))).model
    held = sum(weight.nbytes for weight in skeleton.parameters())
    packed = {"bnb-8bit": _bnb_8bit, "bnb-4bit": _bnb_4bit}.get((quantizer or {}).get("name", ""))
    if packed is not None:
        linears = [module.weight for module in skeleton.modules() if isinstance(module, nn.Linear)]
        held += sum(packed(*weight.shape) - weight.nbytes for weight in linears)
    return held


def _bnb_8bit(outputs: int, inputs: int) -> int:
    """A byte a weight, and a float32 scale for each row."""
    return outputs * inputs + 4 * outputs


def _bnb_4bit(outputs: int, inputs: int) -> int:
    """Half a byte a weight, a byte for each 64, a float32 for 256 of those, their mean, and both tables of values."""
    blocks = -(-outputs * inputs // 64)
    return -(-outputs * inputs // 2) + blocks + 4 * -(-blocks // 256) + 4 * (1 + 16 + 256)


def _config(model: str, quantizer: dict[str, Any] | None, dtype: str = "float32") -> Any:
    from lacoskit.config import RunConfig

    return RunConfig.model_validate({"model": model, "quantizer": quantizer, "train": {"dtype": dtype}})


def _encoder(model: str, quantizer: dict[str, Any] | None) -> Any:
    """The base model as the quantizer holds it, with the default pooler and no adapter."""
    from lacoskit.backbone import load_tokenizer
    from lacoskit.base import read_base
    from lacoskit.encoder import assemble, width_of
    from lacoskit.placement import placement_here

    config = _config(model, quantizer)
    placement = placement_here(config)
    base = read_base(config, placement)
    return assemble(config, placement, base, load_tokenizer(config.files), width_of(base)).eval()


def _measure(model: str, texts: Sequence[str], sets: dict[str, str], turns: int) -> dict[str, dict[str, Any]]:
    import numpy as np
    from accelerate import PartialState

    from lacoskit import RunConfig
    from lacoskit.evaluation import evaluate, load
    from lacoskit.reporting.sizes import sizes, weight_bytes

    tasks = RunConfig.model_validate({"evaluation": {"tasks": sts_tasks(sets.values())}}).evaluation.tasks
    data, alone = load(tasks), PartialState(cpu=True)
    encoders = {way: _encoder(model, quantizer) for way, quantizer in WAYS.items()}
    weights, _ = sizes(encoders["float32"])
    times = _times(encoders, texts[:TIMED], turns)
    exact = encoders["float32"].encode(texts)
    spread = float(np.linalg.norm(exact - exact.mean(axis=0), axis=1).mean())
    rows: dict[str, dict[str, Any]] = {}
    for way, encoder in encoders.items():
        count = SLOW.get(way, len(texts))
        vectors = encoder.encode(texts[:count])
        cosines = np.einsum("ij,ij->i", vectors.astype(np.float64), exact[:count].astype(np.float64))
        ratios = [own / plain for own, plain in zip(times[way], times["float32"], strict=False)]
        scores = {} if way in SLOW else evaluate(encoder, tasks, data, alone)
        rows[way] = {
            "cosine_mean": float(cosines.mean()),
            "cosine_min": float(cosines.min()),
            "error": float(np.linalg.norm(vectors - exact[:count], axis=1).mean()) / spread,
            "spearman": {name: 100 * found.figures["spearman"] for name, found in scores.items()},
            "bytes_per_weight": weight_bytes(encoder) / weights,
            "time_ratio": statistics.median(ratios),
            "time_ratios": ratios,
            "sentences": count,
        }
        print(f"{Path(model).name:12s} {way:24s} {json.dumps(rows[way])}", flush=True)
    return rows


def _times(encoders: dict[str, Any], texts: Sequence[str], turns: int) -> dict[str, list[float]]:
    """Seconds of a forward pass over the texts, turn by turn; the first, which warms up, is left out."""
    import numpy as np
    import torch

    from lacoskit.tokens import tokenize

    some = next(iter(encoders.values()))
    gathered = tokenize(some.tokenizer, texts, some.config.max_length).gather(np.arange(len(texts)))
    ids, lengths = (torch.from_numpy(array).to(torch.int64) for array in gathered)
    times: dict[str, list[float]] = {way: [] for way in encoders}
    with torch.no_grad():
        for turn in range(turns + 1):
            for way in encoders if turn % 2 == 0 else reversed(encoders):
                if way in SLOW and turn != 1:
                    continue
                started = time.perf_counter()
                encoders[way](ids, lengths)
                if turn:
                    times[way].append(time.perf_counter() - started)
    return times


def _sentences(sets: Sequence[str]) -> list[str]:
    """Different sentences: of the scored pairs, in equal numbers of each set, or generated in ten languages."""
    from lacoskit import plugins
    from lacoskit.components import Dataset

    if not sets:
        templates = plugins.installed().select(Dataset, "templates")
        examples = templates.load(templates.options(size=SENTENCES))
        return list(dict.fromkeys(example.anchor for example in examples))
    share = -(-SENTENCES // len(sets))
    chosen = (list(dict.fromkeys(first for first, *_ in scored_pairs(path)))[:share] for path in sets)
    return list(dict.fromkeys(text for texts in chosen for text in texts))


def _files(patterns: Sequence[str]) -> Iterator[Path]:
    from lacoskit import find_files

    return (path for pattern in patterns for path in find_files([pattern]))


def _write(
    measured: dict[str, dict[str, dict[str, Any]]],
    sizes: dict[str, dict[str, int]],
    sets: Sequence[str],
    texts: int,
    arguments: argparse.Namespace,
) -> None:
    versions = {name: version(name) for name in ("torch", "transformers", "bitsandbytes")}
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU",
        "versions": versions,
        "sentences": texts,
        "sets": list(sets),
        "turns": arguments.turns,
    }
    arguments.results.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "measured": measured, "bytes": sizes}, indent=1)
    (arguments.results / "quantizers.json").write_text(text + "\n", encoding="utf-8")
    lines = [
        "# Ways to hold the weights: how near to float32, how small, how fast",
        "",
        f"{about['date']}; {about['machine']}; "
        + ", ".join(f"{name} {known}" for name, known in versions.items())
        + f". {texts} sentences ({', '.join(sets) or 'generated'}); no adapter, no training; what is not "
        "quantized has 32 bits. "
        "Error: the mean distance to float32's vectors, over the mean distance of those from their own mean. Time of a "
        f"forward pass of {TIMED} sentences over float32's, median of {arguments.turns} turns. "
        + ", ".join(f"{way}: slow on a CPU, hence {count} sentences and one turn" for way, count in SLOW.items())
        + ".",
    ]
    for name, rows in measured.items():
        heads = [f"{s}, difference" for s in rows["float32"]["spearman"]]
        lines += ["", f"## {name}", ""]
        lines.append(
            "| weights | cosine, mean | cosine, minimum | error | bytes a weight | time | " + " | ".join(heads)
        )
        lines[-1] = lines[-1].rstrip(" |") + " |"
        lines.append("|---|" + "---:|" * (5 + len(heads)))
        for way, row in rows.items():
            cells = [f"{row['cosine_mean']:.6f}", f"{row['cosine_min']:.6f}", f"{100 * row['error']:.2f} %"]
            cells += [f"{row['bytes_per_weight']:.2f}", f"{row['time_ratio']:.2f}"]
            plain, own = rows["float32"]["spearman"], row["spearman"]
            cells += [
                f"{own[s]:.2f}" if way == "float32" else f"{own[s] - plain[s]:+.2f}" if own else "" for s in plain
            ]
            lines.append(f"| {way} | " + " | ".join(cells) + " |")
    lines += ["", "## Sizes of BLOOM, GB of 10^9 bytes", ""]
    lines.append("Calculated: all weights with their scales; what is not quantized has 16 bits.")
    lines += ["", "| weights | " + " | ".join(sizes) + " |", "|---|" + "---:|" * len(sizes)]
    for way in CALCULATED:
        lines.append(f"| {way} | " + " | ".join(f"{sizes[size][way] / 1e9:,.2f}" for size in sizes) + " |")
    table = "\n".join(lines) + "\n"
    (arguments.results / "quantizers.md").write_text(table, encoding="utf-8")
    print(table)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sts", nargs="+", default=[], help="scored pairs: sentence1, sentence2, score")
    parser.add_argument("--turns", type=int, default=5, help="of each forward pass that is timed")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
