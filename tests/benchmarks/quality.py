"""Train the bundled model with lacoskit and with sentence-transformers' own trainer, on the same data, and compare.

Same base weights, LoRA, examples, batch size, number of steps, learning rate, warm-up, schedule, clipping, precision
and optimizer; each shuffles the examples by its own seed. Both are measured by the same code on the same scored pairs.

    python tests/benchmarks/quality.py --nli 'data/nli/*_train*.jsonl.gz' --sts 'data/sts/stsb_*_dev.jsonl.gz'

writes results/quality.json and results/quality.md beside this file.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scored import scored_pairs, sts_tasks

RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Run both trainers with each seed, and write what came out."""
    arguments = _arguments()
    examples = _triplets(arguments.nli, arguments.examples)
    sets = {path.name.removesuffix(".jsonl.gz"): str(path) for pattern in arguments.sts for path in _files(pattern)}
    rows = []
    for seed in range(arguments.seeds):
        for name, train in (("lacoskit", _train_ours), ("sentence-transformers", _train_theirs)):
            figures = train(examples, sets, arguments, seed)
            rows.append({"trainer": name, "seed": seed, **figures})
            print(f"seed {seed}  {name:22s} mean {figures['mean']:.2f}", flush=True)
    _write(rows, sets, arguments, len(examples))


def _train_ours(
    examples: Sequence[Any], sets: dict[str, str], arguments: argparse.Namespace, seed: int
) -> dict[str, Any]:
    import lacoskit

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "triplets.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            for example in examples:
                row = {"anchor": example.anchor, "positive": example.positive, "negative": example.negatives[0]}
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
        report = lacoskit.train(
            {
                "output": str(Path(folder) / "run"),
                "seed": seed,
                "quantizer": None,
                "optimizer": {"name": "adamw"},
                "adapter": {"name": "lora", "rank": arguments.rank, "alpha": 2 * arguments.rank},
                "dataset": {"name": "pairs", "files": [str(file)], "negatives": ["negative"]},
                "train": {
                    "batch_size": arguments.batch_size,
                    "max_steps": arguments.steps,
                    "epochs": 1000,
                    "learning_rate": arguments.learning_rate,
                    "dtype": "float32",
                    "log_every": 50,
                },
                "evaluation": {"tasks": sts_tasks(sets.values())},
            }
        )
    after = {name: 100 * result["figures"]["spearman"] for name, result in report["evaluation"]["after"].items()}
    return {**after, "mean": statistics.mean(after.values()), "seconds": report["seconds"]}


def _train_theirs(
    examples: Sequence[Any], sets: dict[str, str], arguments: argparse.Namespace, seed: int
) -> dict[str, Any]:
    import torch
    from datasets import Dataset
    from peft import LoraConfig, TaskType
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    from lacoskit.location import locate

    torch.manual_seed(seed)
    transformer = Transformer(locate("nano-bloom"), max_seq_length=128, model_kwargs={"dtype": torch.float32})
    model = SentenceTransformer(modules=[transformer, Pooling(256, pooling_mode="mean")], device="cpu")
    model.add_adapter(
        LoraConfig(
            task_type=TaskType.FEATURE_EXTRACTION,
            r=arguments.rank,
            lora_alpha=2 * arguments.rank,
            lora_dropout=0.0,
            target_modules="all-linear",
        )
    )
    rows = Dataset.from_dict(
        {
            "anchor": [example.anchor for example in examples],
            "positive": [example.positive for example in examples],
            "negative": [example.negatives[0] for example in examples],
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        settings = SentenceTransformerTrainingArguments(
            output_dir=folder,
            max_steps=arguments.steps,
            per_device_train_batch_size=arguments.batch_size,
            learning_rate=arguments.learning_rate,
            warmup_steps=round(0.1 * arguments.steps),
            lr_scheduler_type="linear",
            max_grad_norm=1.0,
            seed=seed,
            dataloader_drop_last=True,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
            logging_steps=50,
        )
        trainer = SentenceTransformerTrainer(
            model=model, args=settings, train_dataset=rows, loss=MultipleNegativesRankingLoss(model)
        )
        seconds = trainer.train().metrics["train_runtime"]
    after = {name: _spearman(model, path) for name, path in sets.items()}
    return {**after, "mean": statistics.mean(after.values()), "seconds": seconds}


def _spearman(model: Any, path: str) -> float:
    from scipy.stats import spearmanr

    firsts, seconds, scores = zip(*scored_pairs(path), strict=True)
    first = model.encode(list(firsts), normalize_embeddings=True, show_progress_bar=False)
    second = model.encode(list(seconds), normalize_embeddings=True, show_progress_bar=False)
    return 100 * float(spearmanr((first * second).sum(axis=1), scores).statistic)


def _triplets(patterns: Sequence[str], limit: int) -> list[Any]:
    """Entailment pairs with exactly one hard negative each, which both trainers can read."""
    from lacoskit import plugins
    from lacoskit.components import Dataset, Example

    nli = plugins.installed().select(Dataset, "nli")
    options = nli.options(files=[str(path) for pattern in patterns for path in _files(pattern)], hard_negatives=True)
    examples = [e for e in nli.load(options) if e.negatives]
    return [Example(e.anchor, e.positive, e.negatives[:1]) for e in examples[:limit]]


def _files(pattern: str) -> list[Path]:
    from lacoskit import find_files

    return find_files([pattern])


def _write(rows: list[dict[str, Any]], sets: dict[str, str], arguments: argparse.Namespace, examples: int) -> None:
    means = {
        name: [row["mean"] for row in rows if row["trainer"] == name] for name in ("lacoskit", "sentence-transformers")
    }
    differences = [ours - theirs for ours, theirs in zip(*means.values(), strict=True)]
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU",
        "examples": examples,
        "settings": {key: value for key, value in vars(arguments).items() if key not in {"nli", "sts"}},
        "differences": differences,
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "quality.json").write_text(json.dumps({**about, "rows": rows}, indent=1) + "\n", encoding="utf-8")
    lines = [
        "# Quality beside sentence-transformers",
        "",
        f"{about['date']}; {about['machine']}. Spearman x100 on scored pairs after {arguments.steps} steps of "
        f"{arguments.batch_size} triplets out of {examples:,}, learning rate {arguments.learning_rate:g}, LoRA rank "
        f"{arguments.rank}, float32; mean of {arguments.seeds} seeds.",
        "",
        "| trainer | " + " | ".join(sets) + " | mean | mean by seed |",
        "|---|" + "---:|" * (len(sets) + 2),
    ]
    for name, values in means.items():
        own = [row for row in rows if row["trainer"] == name]
        cells = [f"{statistics.mean(row[s] for row in own):.1f}" for s in sets]
        by_seed = ", ".join(f"{value:.2f}" for value in values)
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {statistics.mean(values):.2f} | {by_seed} |")
    lines += ["", f"lacoskit minus sentence-transformers, by seed: {', '.join(f'{d:+.2f}' for d in differences)}", ""]
    (RESULTS / "quality.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nli", nargs="+", required=True, help="NLI files: premise, hypothesis, label")
    parser.add_argument("--sts", nargs="+", required=True, help="scored pairs: sentence1, sentence2, score")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--seeds", type=int, default=2)
    return parser.parse_args()


if __name__ == "__main__":
    main()
