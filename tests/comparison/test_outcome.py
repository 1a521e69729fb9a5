"""A finished run as one row of figures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from lacoskit.comparison import outcome
from lacoskit.comparison.outcome import steady


def lines(rates: list[float]) -> list[dict[str, Any]]:
    evaluated = {"step": 0, "dev/spearman": 0.5}
    return [evaluated, *({"step": i + 1, "loss": 1.0, "texts_per_second": rate} for i, rate in enumerate(rates))]


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ([], None),
        ([7.0], 7.0),
        ([1.0, 9.0], 9.0),
        ([1.0, 5.0, 9.0, 7.0], 7.0),
        ([1.0] * 2 + [5.0] * 18, 5.0),
        ([1.0] * 5 + [5.0] * 4, 3.0),
    ],
)
def test_a_rate_is_the_median_without_warming_up(rates: list[float], told: float | None) -> None:
    assert steady(lines(rates), "texts_per_second") == told


def write(folder: Path, after: dict[str, float], **more: Any) -> Path:
    def results(values: dict[str, float]) -> dict[str, Any]:
        return {
            name: {"figures": {"spearman": value / 100, "pearson": 0.0}, "main": "spearman", "units": 9}
            for name, value in values.items()
        }

    report = {"parameters": 7, "evaluation": {"before": results(dict.fromkeys(after, 10.0)), "after": results(after)}}
    (folder / "run.json").write_text(json.dumps(report | more))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines([1.0, 2.0])))
    return folder


def test_quality_is_the_mean_of_the_sets(tmp_path: Path) -> None:
    row = outcome(write(tmp_path, {"one": 20.0, "two": 31.0}, weight_bytes=12))
    assert row["evaluation"] == {
        "mean_before": 10.0,
        "mean_after": 25.5,
        "before": {"one": 10.0, "two": 10.0},
        "after": {"one": 20.0, "two": 31.0},
    }
    assert (row["parameters"], row["weight_bytes"], row["texts_per_second"]) == (7, 12, 2.0)


@pytest.mark.parametrize("after", [{}, {"one": math.nan, "two": 3.0}])
def test_what_is_not_known_is_not_made_up(after: dict[str, float], tmp_path: Path) -> None:
    row = outcome(write(tmp_path, after))  # as an older lacoskit has written it: without the bytes of the weights
    assert (row["weight_bytes"], row["tokens_per_second"], row["evaluation"]["mean_after"]) == (None, None, None)
    json.loads(json.dumps(row, allow_nan=False))
