"""One side of a comparison, in a process of its own: what lacoskit does, and what sentence-transformers does."""

from __future__ import annotations

import json
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

RANK = 16
RATE = 1e-3
WARM_UP = 200
"""Texts encoded before the clock starts."""


def measure(spec: dict[str, Any]) -> dict[str, Any]:
    """Do what the spec says; texts/s of each step or pass, and the process's peak memory."""
    texts = json.loads(Path(spec["texts"]).read_text(encoding="utf-8"))
    ours = spec["side"] == "lacoskit"
    if spec["what"] == "training":
        figures = (_train_ours if ours else _train_theirs)(spec, texts)
    else:
        figures = (_encode_ours if ours else _encode_theirs)(spec, [text for row in texts for text in row])
    return {**figures, "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20}


def _settings(spec: dict[str, Any], folder: str) -> dict[str, Any]:
    return {
        "model": spec["model"],
        "output": f"{folder}/run",
        "max_length": spec["max_length"],
        "quantizer": None,
        "optimizer": {"name": "adamw"},
        "adapter": {"name": "lora", "rank": RANK, "alpha": 2 * RANK},
        "train": {
            "batch_size": spec.get("batch_size", 16),
            "max_steps": spec.get("steps", 1),
            "epochs": 1000,
            "learning_rate": RATE,
            "dtype": "float32",
            "log_every": 1,
            "chunk_tokens": spec.get("chunk_tokens", "auto"),
        },
    }


def _train_ours(spec: dict[str, Any], texts: list[list[str]]) -> dict[str, Any]:
    import lacoskit
    from lacoskit.reporting import read_metrics

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            for row in texts:
                named = {"anchor": row[0], "positive": row[1], "negatives": row[2:]}
                lines.write(json.dumps(named, ensure_ascii=False) + "\n")
        dataset = {"name": "pairs", "files": [str(file)], "negatives": ["negatives"]}
        lacoskit.train(_settings(spec, folder) | {"dataset": dataset})
        steps = [line for line in read_metrics(Path(folder) / "run") if "loss" in line]
    rates = [step["texts_per_second"] for step in steps]
    return _rates(rates) | {"losses": [step["loss"] for step in steps]}


def _train_theirs(spec: dict[str, Any], texts: list[list[str]]) -> dict[str, Any]:
    from datasets import Dataset
    from sentence_transformers import SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers.sentence_transformer.losses import (
        CachedMultipleNegativesRankingLoss,
        MultipleNegativesRankingLoss,
    )
    from transformers import TrainerCallback

    times: list[float] = []

    class Clock(TrainerCallback):  # type: ignore[misc]
        def on_step_begin(self, *arguments: Any, **keywords: Any) -> None:
            self.began = time.perf_counter()

        def on_step_end(self, *arguments: Any, **keywords: Any) -> None:
            times.append(time.perf_counter() - self.began)

    model = _their_model(spec)
    names = ["anchor", "positive", *(f"negative_{i}" for i in range(spec["columns"] - 2))]
    rows = Dataset.from_dict({name: [row[i] for row in texts] for i, name in enumerate(names)})
    cached = CachedMultipleNegativesRankingLoss(model, mini_batch_size=64)
    loss = cached if spec["cached"] else MultipleNegativesRankingLoss(model)
    with tempfile.TemporaryDirectory() as folder:
        settings = SentenceTransformerTrainingArguments(
            output_dir=folder,
            max_steps=spec["steps"],
            per_device_train_batch_size=spec["batch_size"],
            learning_rate=RATE,
            max_grad_norm=1.0,
            dataloader_drop_last=True,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
        )
        trainer = SentenceTransformerTrainer(model=model, args=settings, train_dataset=rows, loss=loss)
        trainer.add_callback(Clock())
        trainer.train()
    count = spec["batch_size"] * spec["columns"]
    return _rates([count / seconds for seconds in times])


def _their_model(spec: dict[str, Any]) -> Any:
    import torch
    from peft import LoraConfig, TaskType
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    kept = {"dtype": torch.float32}
    transformer = Transformer(spec["model"], max_seq_length=spec["max_length"], model_kwargs=kept)
    width = transformer.get_embedding_dimension()
    model = SentenceTransformer(modules=[transformer, Pooling(width, pooling_mode="mean")], device="cpu")
    kind = TaskType.FEATURE_EXTRACTION
    model.add_adapter(
        LoraConfig(task_type=kind, r=RANK, lora_alpha=2 * RANK, lora_dropout=0.0, target_modules="all-linear")
    )
    return model


def _encode_ours(spec: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    from lacoskit.config import RunConfig
    from lacoskit.encoder import build_encoder
    from lacoskit.placement import placement_here

    with tempfile.TemporaryDirectory() as folder:
        config = RunConfig.model_validate(_settings(spec, folder))
    return _encode(build_encoder(config, placement_here(config)), spec, texts)


def _encode_theirs(spec: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    return _encode(_their_model(spec), spec, texts)


def _encode(encoder: Any, spec: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    encoder.encode(texts[:WARM_UP])
    chosen = texts[: spec["count"]]
    began = time.perf_counter()
    encoder.encode(chosen)
    return {"texts_per_second": len(chosen) / (time.perf_counter() - began)}


def _rates(rates: list[float]) -> dict[str, Any]:
    """The median of the steps after the first, which also warms up; of the first where it is the only one."""
    from statistics import median

    return {"texts_per_second": median(rates[1:] or rates), "steps": rates}
