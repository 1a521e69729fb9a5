"""What a finished run has come to, as one row of figures."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from lacoskit.layout import METRICS, finished

FIGURES = ("parameters", "trained_parameters", "memory_gib", "weight_bytes", "seconds", "steps", "first_step", "device")
"""What is taken over from run.json as it is; a run of an older lacoskit may lack some."""


def outcome(output: Path) -> dict[str, Any]:
    """Sizes, peak memory, speed, and the main figures x100 by task and as their mean, before and after."""
    report = finished(output)
    assert report is not None, f"{output} is not finished"
    lines = (output / METRICS).read_text(encoding="utf-8").splitlines()
    metrics = [json.loads(line) for line in lines]
    before, after = (_main_figures(report["evaluation"][when]) for when in ("before", "after"))
    return {
        **{name: report.get(name) for name in FIGURES},
        "texts_per_second": steady(metrics, "texts_per_second"),
        "tokens_per_second": steady(metrics, "tokens_per_second"),
        "evaluation": {
            "mean_before": mean(before.values()),
            "mean_after": mean(after.values()),
            "before": before,
            "after": after,
        },
    }


def steady(metrics: Sequence[Mapping[str, Any]], name: str) -> float | None:
    """The median of a rate over the lines of training, but for the first tenth of them, one at least: warming up."""
    rates = [float(line[name]) for line in metrics if "loss" in line and name in line]
    if not rates:
        return None
    warm = max(1, len(rates) // 10) if len(rates) > 1 else 0
    return round(median(rates[warm:]), 1)


def mean(figures: Any) -> float | None:
    """The mean; None of nothing, and where a figure is missing."""
    known = list(figures)
    return round(fmean(known), 3) if known and None not in known else None


def _main_figures(results: Mapping[str, Any]) -> dict[str, float | None]:
    values = {name: 100 * float(result["figures"][result["main"]]) for name, result in results.items()}
    return {name: round(value, 3) if math.isfinite(value) else None for name, value in values.items()}
