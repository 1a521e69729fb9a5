"""Runs and figures made by hand, of which everything is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import scored

from lacoskit.components import TaskResult
from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.evaluating.intervals import difference, interval
from lacoskit.evaluating.measuring import Evaluation, Measured, ModelAbout
from lacoskit.page.gathering import RunFolder


@pytest.fixture
def made_run() -> Callable[..., RunFolder]:
    """`made_run(name, rank=8, model="nano-bloom", ...)`: a run; other keywords go into run.json."""

    def make(name: str, rank: int = 8, model: str = "nano-bloom", **about: Any) -> RunFolder:
        config = {
            "model": model,
            "max_length": 64,
            "output": f"runs/{name}",
            "adapter": {"name": "lora", "rank": rank},
            "dataset": {"name": "templates"},
            "train": {"batch_size": 16, "max_steps": 3},
        }
        known = {
            "versions": {"lacoskit": "0.1.0"}, "device": "CPU, 1 thread", "examples": 100, "steps": 3,
            "seconds": 90 + rank, "parameters": 1000, "trained_parameters": 10 * rank, "weight_bytes": 5000 * rank,
            "memory_gib": 1 + rank / 100, "data_sha256": "0" * 64,
            "evaluation": {"before": {}, "after": {"scored": scored(0.615)}},
        }  # fmt: skip
        metrics = [
            {"step": step, "loss": 3.0 - step, "learning_rate": 1e-3, "gradient_norm": 1.0, "tokens_per_second": 100.0}
            for step in range(1, 4)
        ]
        metrics.append({"step": 3, "mean": 0.615, "scored/spearman": 0.615, "scored/pearson": 0.6})
        return RunFolder(f"runs/{name}", name, config, known | about, metrics)

    return make


@pytest.fixture
def made_evaluation() -> Callable[..., tuple[Evaluation, EvaluateConfig]]:
    """`made_evaluation({model: {task: values of the units}})`: figures are means of the units' values."""

    def make(
        units: dict[str, dict[str, Sequence[float]]], languages: dict[str, str] | None = None
    ) -> tuple[Evaluation, EvaluateConfig]:
        names = list(next(iter(units.values())))
        file = Path(__file__)
        config = EvaluateConfig.model_validate(
            {"models": list(units), "tasks": {name: {"name": "sts", "files": [str(file)]} for name in names}}
        )
        measured, first = [], units[config.models[0]]
        for model, tasks in units.items():
            for task, values in tasks.items():
                result = _result(values, model, (languages or {}).get(task, ""))
                against = None if tasks is first else difference(result, _result(first[task], "", ""), 1000, 0)
                measured.append(Measured(model, task, result, interval(result, 1000, 0), against, 0.1))
        return Evaluation([ModelAbout(model, "f", 2, 1, 0, {}) for model in units], measured), config

    return make


def _result(values: Sequence[float], model: str, language: str) -> TaskResult:
    known = np.array(values, np.float64)
    return TaskResult(
        figures={"accuracy": float(known.mean())},
        main="accuracy",
        units=len(known),
        resampled=lambda chosen: float(known[chosen].mean()),
        languages=(language,) if language else (),
        by_unit=known,
        shown=lambda unit: {"text": f"text <{unit}>", "told": f"by {model}"},
    )
