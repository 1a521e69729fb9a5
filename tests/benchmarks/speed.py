"""lacoskit beside sentence-transformers: training, encoding and memory, with the same weights, texts and threads.

Each measurement is a process of its own; the two take turns, and what counts is the ratio of each pair of turns.

    python tests/benchmarks/speed.py training --nli 'data/nli/*.jsonl.gz'
    python tests/benchmarks/speed.py retrieval
    python tests/benchmarks/speed.py encoding --nli 'data/nli/*.jsonl.gz'
    python tests/benchmarks/speed.py memory --nli 'data/nli/*.jsonl.gz'

Each writes JSON, a table and a plot into results/ beside this file (--results names another folder). Without --nli the
texts are generated, of the same lengths as real NLI. A step of sentence-transformers is timed from the moment at which
its batch is tokenised and padded; lacoskit tokenises once, before the first step.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from report import Comparison, write

LENGTH = 128
"""max_length of NLI texts, the default of lacoskit."""


def main() -> None:
    """Measure what is asked for, or, in a process of its own, one side of it."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        from sides import measure

        print("measured " + json.dumps(measure(json.loads(sys.argv[2]))))
        return
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as folder:
        cases = list(CASES[arguments.what](arguments, Path(folder)))
        comparisons = []
        for name, spec in cases:
            turns = min(spec.get("turns") or arguments.turns, arguments.turns)
            comparisons.append(_compare(name, {**spec, "threads": arguments.threads}, turns))
            write(arguments.what, comparisons, arguments.results, arguments.nli)


def _compare(name: str, spec: dict[str, Any], turns: int) -> Comparison:
    comparison = Comparison(name, spec)
    for turn in range(turns):
        sides = ["lacoskit"] if spec.get("alone") else ["lacoskit", "sentence-transformers"]
        for side in sides if turn % 2 == 0 else reversed(sides):
            figures = _run({**spec, "side": side})
            comparison.add(side, figures)
            rate, peak = figures.get("texts_per_second", 0), figures["peak_gib"]
            print(f"{name:34s} {side:22s} {rate:9,.1f} texts/s  {peak:6.2f} GiB  {figures.get('note', '')}", flush=True)
    return comparison


def _run(spec: dict[str, Any]) -> dict[str, Any]:
    """One side in a process of its own; a note says where it could not do it."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": str(spec["threads"]),
        "TOKENIZERS_PARALLELISM": "true",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, __file__, "--child", json.dumps(spec)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("measured ")]
    if done.returncode or not lines:
        raise SystemExit(
            f"{spec} failed with exit code {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
    figures: dict[str, Any] = json.loads(lines[-1].removeprefix("measured "))
    return figures


def _training(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    texts = _triplets_file(arguments, folder, 4096)
    cut = "" if arguments.max_length == LENGTH else f", at most {arguments.max_length} tokens"
    cut += "" if arguments.threads == os.cpu_count() else f", {arguments.threads} thread{'s'[: arguments.threads > 1]}"
    for model in arguments.models:
        for size in arguments.batch_sizes:
            spec = _nli_spec(_model(model, folder), texts, size, arguments.max_length)
            work = size * {"nano": 1, "wide": 5}[model]  # of a step, by the time that it takes
            spec["steps"] = 6 if work == 64 else 2 if work < 512 else 1
            spec["turns"] = None if work == 64 else 2 if work <= 512 else 1
            yield f"{model}, batch {size:,}{cut}", spec


def _retrieval(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    from texts import retrieval_rows

    texts = folder / "retrieval.json"
    texts.write_text(json.dumps(retrieval_rows(64)), encoding="utf-8")
    for model in arguments.models:
        spec = _nli_spec(_model(model, folder), texts, 16, 512)
        spec |= {"columns": 9, "steps": {"nano": 3, "wide": 2}[model], "turns": {"nano": 2, "wide": 1}[model]}
        yield f"{model}, 16 queries, 128 passages", spec


def _encoding(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    texts = _triplets_file(arguments, folder, 2000)
    for model in arguments.models:
        count = {"nano": 6000, "wide": 1200}[model]
        spec = {"what": "encoding", "model": _model(model, folder), "texts": str(texts), "max_length": LENGTH}
        yield f"{model}, {count:,} texts", spec | {"count": count}


def _memory(arguments: argparse.Namespace, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    texts = _triplets_file(arguments, folder, 4096)
    for size in arguments.batch_sizes:
        spec = _nli_spec(_model("nano", folder), texts, size, LENGTH)
        spec |= {"chunk_tokens": 4096, "turns": 1, "alone": size > 64, "steps": 1, "cached": True}
        yield f"nano, batch {size:,}", spec


def _nli_spec(model: str, texts: Path, size: int, max_length: int) -> dict[str, Any]:
    return {
        "what": "training",
        "model": model,
        "texts": str(texts),
        "columns": 3,
        "batch_size": size,
        "max_length": max_length,
        "cached": size >= 512,  # of which one graph would take over 24 GB
    }


CASES = {"training": _training, "retrieval": _retrieval, "encoding": _encoding, "memory": _memory}


def _triplets_file(arguments: argparse.Namespace, folder: Path, count: int) -> Path:
    from texts import nli_triplets

    path = folder / "triplets.json"
    path.write_text(json.dumps(nli_triplets(count, arguments.nli)), encoding="utf-8")
    return path


def _model(name: str, folder: Path) -> str:
    """The bundled model, or a random BLOOM as wide as bloom-560m, of two layers."""
    from lacoskit.location import locate

    if name == "nano":
        return locate("nano-bloom")
    path = folder / name
    if not path.is_dir():
        import torch
        from transformers import BloomConfig, BloomModel

        from lacoskit.backbone import ModelFiles, load_tokenizer

        torch.manual_seed(0)
        tokenizer = load_tokenizer(ModelFiles("nano-bloom"))
        tokenizer.save_pretrained(path)
        BloomModel(BloomConfig(vocab_size=len(tokenizer), hidden_size=1024, n_layer=2, n_head=16)).save_pretrained(path)
    return str(path)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=CASES)
    parser.add_argument("--nli", nargs="+", default=[], help="NLI files: premise, hypothesis, label")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--models", nargs="+", choices=["nano", "wide"], default=["nano", "wide"])
    parser.add_argument("--batch-sizes", nargs="+", type=int, default=[64, 512, 4096])
    parser.add_argument("--max-length", type=int, default=LENGTH, help="of training on NLI")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    return parser.parse_args()


if __name__ == "__main__":
    main()
