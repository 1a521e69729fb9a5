"""The table of trade-offs: rows of sweeps under the names of the weights, and no path of a machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # as when a benchmark is run

from trade_offs import offered_quantizers, portable, write

ABOUT = {
    "date": "today", "machine": "any", "versions": {"torch": "2"}, "sets": ["dev"], "rank": 16, "steps": 5,
    "batch_size": 8,
}  # fmt: skip


def row(quantizer: str | None, dtype: str, peak: float, after: float) -> dict[str, Any]:
    """A row as a sweep has it, and the dtype of that sweep."""
    return {
        "dtype": dtype,
        "name": "model-bloom",
        "log": "model-bloom/log.txt",
        "options": {"model": "/home/somebody/bloom", "quantizer.name": quantizer},
        "shown": {"model": "bloom", "quantizer.name": quantizer or "none"},
        "status": "finished",
        **dict.fromkeys(("parameters", "trained_parameters", "weight_bytes", "seconds"), 100),
        **{"memory_gib": peak, "texts_per_second": 7.0, "tokens_per_second": 70.0},
        "evaluation": {"mean_before": 40.0, "mean_after": after},
    }


@pytest.mark.parametrize(
    ("quantizer", "dtype", "held"),
    [(None, "float32", "float32"), (None, "bfloat16", "bfloat16"), ("bnb-8bit", "float32", "bnb-8bit")],
)
def test_weights_are_called_by_what_holds_them(quantizer: str | None, dtype: str, held: str) -> None:
    assert portable(row(quantizer, dtype, 1.0, 50.0))["shown"] == {"model": "bloom", "weights": held}


def test_one_table_and_one_plot_hold_all_rows(tmp_path: Path) -> None:
    rows = [portable(row(None, "float32", 2.0, 60.0)), portable(row("bnb-8bit", "float32", 1.0, 59.0))]
    write(rows, ABOUT, tmp_path)
    table = (tmp_path / "trade-offs.md").read_text(encoding="utf-8")
    assert "| bloom | float32 | 100 | 100 | 100 bytes | 2.00 | 7 | 70 | 1:40 | 40.0 | **60.0** |" in table
    assert "| bloom | bnb-8bit | 100 | 100 | 100 bytes | **1.00** | 7 | 70 | 1:40 | 40.0 | 59.0 |" in table
    assert "somebody" not in (tmp_path / "trade-offs.json").read_text(encoding="utf-8")
    assert len(json.loads((tmp_path / "trade-offs.json").read_text(encoding="utf-8"))["runs"]) == 2
    assert (tmp_path / "trade-offs.png").read_bytes().startswith(b"\x89PNG")


def test_every_quantizer_that_is_compared_is_offered() -> None:
    names = offered_quantizers()
    assert {"null", "bnb-8bit", "bnb-4bit"} <= set(names) <= {"null", "bf16", "int8", "bnb-8bit", "bnb-4bit"}
