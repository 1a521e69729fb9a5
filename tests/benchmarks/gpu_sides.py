"""One side of the comparison on a GPU, in a process of its own: one model, trained on each set of texts."""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

import torch

RANK = 16
CACHED_CHUNKS = (128, 64, 32, 16, 8, 4, 2, 1)
"""Texts of a chunk of sentence-transformers' cached loss, the first of which that fits is used."""


def measure(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the figures of each set of texts."""
    if torch.cuda.is_available():
        share = spec["cap_gb"] * 1e9 / torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(share, 1.0))
    peak_rate = _matrix_rate()
    sets = json.loads((Path(spec["folder"]) / "texts.json").read_text(encoding="utf-8"))
    side = _Ours(spec, sets) if spec["side"] == "lacoskit" else _Theirs(spec)
    weights = sum(w for name, w in _sizes(f"{spec['folder']}/model").items() if "word_embeddings" not in name)
    for name, length in spec["texts"].items():
        size = spec["batch_sizes"][name]
        rows = sets[name]
        batches = [rows[start : start + size] for start in range(0, spec["steps"] * size, size)]
        step, loss = side.stepper(name, batches, length)
        step(0)  # finds what fits, and warms up
        _reset_peak()
        rates = []
        for number in range(len(batches)):
            _wait()
            began = time.perf_counter()
            tokens = step(number)
            _wait()
            rates.append(tokens / (time.perf_counter() - began))
        rate = median(rates)
        yield {
            "texts": name,
            "batch_size": size,
            "loss": loss(),
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
            "tokens_per_second": rate,
            "rates": rates,
            "peak_gib": _peak_gib(),
            # forward, and backward to the inputs: two operations each a weight and token; the weights are frozen
            "share_of_peak": 4 * weights * rate / peak_rate,
            "matrix_teraflops": peak_rate / 1e12,
        }


class _Ours:
    """The training step of lacoskit's loop."""

    def __init__(self, spec: dict[str, Any], sets: dict[str, Any]) -> None:
        from accelerate import Accelerator

        from lacoskit import run as runs
        from lacoskit.config import RunConfig
        from lacoskit.placement import placement_here

        folder = Path(spec["folder"])
        for name, rows in sets.items():
            lines = [json.dumps({"anchor": a, "positive": p, "negatives": [n]}) + "\n" for a, p, n in rows]
            (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
        self.folder, self.spec = folder, spec
        self.runs, self.config_of = runs, RunConfig.model_validate
        config = self.config_of(self._settings(next(iter(sets)), max(spec["texts"].values())))
        placement = placement_here(config)
        precision = {"bfloat16": "bf16", "float16": "fp16", "float32": "no"}[placement.dtype]
        self.run = runs.prepare(config, Accelerator(mixed_precision=precision), placement, "benchmark")
        self.run.model.train()

    def _settings(self, name: str, length: int) -> dict[str, Any]:
        return {
            "model": str(self.folder / "model"),
            "output": str(self.folder / "run"),
            "max_length": length,
            "quantizer": {"name": "bnb-8bit"} if self.spec["weights"] == "int8" else None,
            "adapter": {"name": "lora", "rank": RANK, "alpha": 2 * RANK},
            "dataset": {"name": "pairs", "files": [str(self.folder / f"{name}.jsonl")], "negatives": ["negatives"]},
            "train": {"batch_size": self.spec["batch_sizes"][name]},
        }

    def stepper(self, name: str, batches: list[Any], length: int) -> tuple[Callable[[int], int], Callable[[], str]]:
        """A function that takes a step and returns its tokens, and one that names the loss."""
        from lacoskit import data
        from lacoskit.gradients import Gradients

        config, run = self.config_of(self._settings(name, length)), self.run
        examples = config.dataset.component.load(config.dataset.options)
        prepared = data.prepare(examples, run.encoder.tokenizer, length, {}, False)
        run.batches = data.Batches(prepared, config.train.batch_size, 0, run.encoder.device)
        run.chunk_tokens = self.runs.fitting_tokens(run)
        gradients = Gradients(run)

        def step(number: int) -> int:
            batch = run.batches[number]
            gradients(batch)
            run.accelerator.clip_grad_norm_(run.encoder.parameters(), 1.0)
            run.optimizer.step()
            run.optimizer.zero_grad()
            return len(batch.ids)

        return step, lambda: f"multiple-negatives, {run.chunk_tokens:,} tokens at once"


class _Theirs:
    """The same step with sentence-transformers, PEFT and bitsandbytes."""

    def __init__(self, spec: dict[str, Any]) -> None:
        import bitsandbytes
        from peft import LoraConfig, TaskType
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
        from transformers import BitsAndBytesConfig

        device = "cuda" if torch.cuda.is_available() else "cpu"
        loading: dict[str, Any] = {"dtype": torch.bfloat16, "device_map": {"": 0 if device == "cuda" else "cpu"}}
        if spec["weights"] == "int8":
            loading["quantization_config"] = BitsAndBytesConfig(load_in_8bit=True)
        transformer = Transformer(f"{spec['folder']}/model", max_seq_length=512, model_kwargs=loading)
        pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
        self.model = SentenceTransformer(modules=[transformer, pooling], device=device)
        kind = TaskType.FEATURE_EXTRACTION
        self.model.add_adapter(LoraConfig(task_type=kind, r=RANK, lora_alpha=2 * RANK, target_modules="all-linear"))
        self.model.train()
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        for weight in trained:
            weight.data = weight.data.float()
        self.optimizer = bitsandbytes.optim.AdamW8bit(trained, lr=1e-4)
        self.trained = trained

    def stepper(self, name: str, batches: list[Any], length: int) -> tuple[Callable[[int], int], Callable[[], str]]:
        """A function that takes a step and returns its tokens, and one that names the loss."""
        from sentence_transformers.sentence_transformer.losses import (
            CachedMultipleNegativesRankingLoss,
            MultipleNegativesRankingLoss,
        )

        self.model.max_seq_length = length
        losses: list[tuple[str, Any]] = [("plain", MultipleNegativesRankingLoss(self.model))]
        for size in CACHED_CHUNKS:
            loss = CachedMultipleNegativesRankingLoss(self.model, mini_batch_size=size)
            losses.append((f"cached, {size} texts at once", loss))
        device = self.model.device
        ready = []
        for batch in batches:
            columns = [self.model.preprocess(list(column)) for column in zip(*batch, strict=True)]
            columns = [{k: v.to(device) for k, v in c.items() if torch.is_tensor(v)} for c in columns]
            ready.append((columns, sum(int(c["attention_mask"].sum()) for c in columns)))

        def step(number: int) -> int:
            columns, tokens = ready[number]
            while True:
                try:
                    self._step(losses[0][1], columns)
                    return tokens
                except torch.OutOfMemoryError:
                    if len(losses) == 1:
                        raise
                losses.pop(0)
                self.optimizer.zero_grad()
                gc.collect()
                torch.cuda.empty_cache()

        return step, lambda: losses[0][0]

    def _step(self, loss: Any, columns: list[dict[str, Any]]) -> None:
        with torch.autocast(self.model.device.type, torch.bfloat16):
            value = loss([dict(column) for column in columns], None)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()


def _sizes(folder: str) -> dict[str, int]:
    from safetensors import safe_open

    sizes = {}
    for path in Path(folder).glob("*.safetensors"):
        with safe_open(path, "pt") as file:
            for name in file.keys():  # noqa: SIM118 - not a mapping
                shape = file.get_slice(name).get_shape()
                sizes[name] = int(torch.Size(shape).numel())
    return sizes


def _matrix_rate() -> float:
    """Operations a second of a large bfloat16 matrix product."""
    on_gpu = torch.cuda.is_available()
    size, device = (8192, "cuda") if on_gpu else (512, "cpu")
    left, right = (torch.randn(size, size, device=device, dtype=torch.bfloat16) for _ in range(2))
    times = []
    for _ in range(8):
        _wait()
        began = time.perf_counter()
        for _ in range(4):
            left @ right
        _wait()
        times.append((time.perf_counter() - began) / 4)
    return 2 * size**3 / min(times)


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def _reset_peak() -> None:
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def _peak_gib() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
