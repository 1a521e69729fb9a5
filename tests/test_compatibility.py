"""Which quantizer and adapter can be shared out in which way: every cell of docs/compatibility.md, run.

Two processes train each combination that is not refused, and have to have the losses of one process. To write the page
anew after a change: `LACOSKIT_WRITE_DOCS=1 pytest tests/test_compatibility.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from launching import ROOT, launch

import lacoskit
from lacoskit import preflight
from lacoskit.config import RunConfig
from lacoskit.errors import ConfigError
from lacoskit.placement import placement
from lacoskit.reporting import read_metrics

PAGE = ROOT / "docs" / "compatibility.md"

QUANTIZERS = ("none", "int8", "bnb-8bit", "bnb-4bit")
ADAPTERS = ("lora", "bitfit", "full")

WAYS: dict[str, tuple[str, int, bool, dict[str, Any]]] = {
    "DDP": ("multi-gpu", 0, False, {}),
    "ZeRO-1": ("zero2", 1, False, {"stage": 1}),
    "ZeRO-2": ("zero2", 2, False, {}),
    "ZeRO-3": ("zero3", 3, False, {}),
    "ZeRO-3, offload": ("zero3", 3, False, {"offload_param": {"device": "cpu"}}),
    "FSDP2": ("fsdp2", 0, True, {}),
}
"""How weights are shared out: the file of launch/, ZeRO's stage, whether it is FSDP2, what is changed in the file."""

Cell = tuple[str, str, str]
"""Quantizer, adapter, way."""

INTRODUCTION = """# What can be combined with what

Which quantizer can be trained with which adapter, and how the weights can be shared out over several processes. This
page is written by `tests/test_compatibility.py`, which runs every cell: where it says *works*, two processes have
trained to the losses of one process; everything else is refused before anything is loaded, with the message below the
table. Nothing trains on wrong numbers in silence.

With *sharded* each process holds its part of the frozen weights and no whole copy. The runs are on a CPU; on GPUs the
same code moves the same parameters, which has not been run here.
"""

NOTES = """
The optimizer `adamw-8bit` works everywhere but under FSDP2, where it is refused: use `adamw`. A checkpoint goes on
with another number of processes, or shared out in another way, but for 8-bit moments under DeepSpeed.

LoRA with `adapter.dora` needs the base's weights whole: with `int8`, under FSDP2, and on a CPU with `bnb-8bit`, it is
refused.

DeepSpeed's own `zero_quantized_nontrainable_weights` is no way to the same: it exists for ZeRO-3 alone and by kernels
for GPUs, so no such run could go on elsewhere; on a CPU it stops before the first weight (seen with DeepSpeed 0.19.8).
"""


@pytest.fixture(scope="module")
def settings_of(tmp_path_factory: Any, tiny_bloom: Path, pairs_file: Path) -> Callable[..., dict[str, Any]]:
    """`settings_of(quantizer, adapter, way)`: three steps, long enough ones to show in the losses."""
    folder = tmp_path_factory.mktemp("compatibility")

    def make(quantizer: str, adapter: str, way: str) -> dict[str, Any]:
        return {
            "model": str(tiny_bloom),
            "output": str(folder / f"{quantizer}-{adapter}-{way}".replace(" ", "").replace(",", "-")),
            "max_length": 32,
            "quantizer": None if quantizer == "none" else {"name": quantizer},
            "adapter": {"name": adapter, **({"rank": 4} if adapter == "lora" else {})},
            "optimizer": {"name": "adamw"},
            "dataset": {"name": "pairs", "files": [str(pairs_file)], "negatives": ["negative"]},
            "train": {"batch_size": 8, "max_steps": 3, "dtype": "float32", "log_every": 1, "learning_rate": 1e-2},
        }

    return make


@pytest.fixture(scope="module")
def refusals(settings_of: Callable[..., dict[str, Any]]) -> dict[Cell, str]:
    """The messages of the combinations that are refused before anything is loaded."""
    found = {}
    for way, (_, stage, fsdp, _) in WAYS.items():
        for quantizer in QUANTIZERS:
            for adapter in ADAPTERS:
                config = RunConfig.model_validate(settings_of(quantizer, adapter, way))
                try:
                    preflight.check(config, placement(config, "cpu", 2, stage, fsdp))
                except ConfigError as error:
                    (problem,) = error.problems
                    found[quantizer, adapter, way] = problem.what
    return found


@pytest.fixture(scope="module")
def outcomes(
    settings_of: Callable[..., dict[str, Any]], refusals: dict[Cell, str], tmp_path_factory: Any
) -> dict[Cell, dict[str, Any]]:
    """What two processes made of every other combination."""
    folder = tmp_path_factory.mktemp("launching")
    found: dict[Cell, dict[str, Any]] = {}
    for file in dict.fromkeys(way[0] for way in WAYS.values()):
        cells = [
            (quantizer, adapter, way)
            for way in WAYS
            if WAYS[way][0] == file
            for quantizer in QUANTIZERS
            for adapter in ADAPTERS
            if (quantizer, adapter, way) not in refusals
        ]
        runs = [[settings_of(*cell), None, *([WAYS[cell[2]][3]] if WAYS[cell[2]][3] else [])] for cell in cells]
        found |= dict(zip(cells, launch(file, folder / file, *runs, timeout=400), strict=True))
    return found


@pytest.fixture(scope="module")
def alone(settings_of: Callable[..., dict[str, Any]], outcomes: dict[Cell, Any]) -> dict[tuple[str, str], Path]:
    """The output of one process for every quantizer and adapter."""
    folders = {}
    for quantizer, adapter in dict.fromkeys(cell[:2] for cell in outcomes):
        settings = settings_of(quantizer, adapter, "alone")
        lacoskit.train(settings)
        folders[quantizer, adapter] = Path(settings["output"])
    return folders


def losses(folder: Path) -> list[float]:
    return [line["loss"] for line in read_metrics(folder) if "loss" in line]


@pytest.mark.timeout(1500)
def test_what_is_not_refused_trains_to_the_losses_of_one_process(
    outcomes: dict[Cell, dict[str, Any]], alone: dict[tuple[str, str], Path], settings_of: Callable[..., dict[str, Any]]
) -> None:
    wrong = {}
    for cell, outcome in outcomes.items():
        expected = losses(alone[cell[:2]])
        found = outcome.get("message") or losses(Path(settings_of(*cell)["output"]))
        if found != pytest.approx(expected, rel=1e-4):
            wrong[cell] = (found, expected)
    assert not wrong


def test_where_weights_are_sharded_no_process_holds_them_all(
    outcomes: dict[Cell, dict[str, Any]], alone: dict[tuple[str, str], Path]
) -> None:
    for (quantizer, adapter, way), outcome in outcomes.items():
        whole = json.loads((alone[quantizer, adapter] / "run.json").read_text(encoding="utf-8"))["weight_bytes"]
        if way.startswith(("ZeRO-3", "FSDP2")):
            assert outcome["weight_bytes"] < (0.75 if quantizer == "bnb-4bit" else 0.55) * whole, (quantizer, adapter)


def test_int8_with_lora_and_bitfit_works_everywhere(outcomes: dict[Cell, dict[str, Any]]) -> None:
    for way in WAYS:
        assert ("int8", "lora", way) in outcomes
        assert ("int8", "bitfit", way) in outcomes


def test_every_refusal_says_what_to_use_instead(refusals: dict[Cell, str]) -> None:
    assert refusals
    assert all("use " in message or "leave it out" in message for message in refusals.values())


def test_the_page_says_what_was_found(refusals: dict[Cell, str], outcomes: dict[Cell, dict[str, Any]]) -> None:
    page = _page(refusals, outcomes)
    if os.environ.get("LACOSKIT_WRITE_DOCS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page


def _page(refusals: dict[Cell, str], outcomes: dict[Cell, dict[str, Any]]) -> str:
    numbers = {message: number for number, message in enumerate(dict.fromkeys(refusals.values()), start=1)}
    lines = [f"| quantizer | adapter | {' | '.join(WAYS)} |", f"|---|---|{'---|' * len(WAYS)}"]
    for quantizer in QUANTIZERS:
        for adapter in ADAPTERS:
            cells = []
            for way in WAYS:
                refusal = refusals.get((quantizer, adapter, way))
                sharded = ", sharded" if way.startswith(("ZeRO-3", "FSDP2")) else ""
                worked = "message" not in outcomes.get((quantizer, adapter, way), {"message": ""})
                cells.append(
                    f"refused ({numbers[refusal]})" if refusal else f"works{sharded}" if worked else "**fails**"
                )
            lines.append(f"| {quantizer} | {adapter} | {' | '.join(cells)} |")
    messages = [f"{number}. {message}" for message, number in numbers.items()]
    return "\n".join([INTRODUCTION, *lines, "", *messages]) + "\n" + NOTES
