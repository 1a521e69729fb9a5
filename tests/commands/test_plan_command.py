"""`lacoskit plan` tells what memory a run takes, without a model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit.__main__ import main


@pytest.fixture
def plan(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """`plan(config, ...)`: exit code, stdout and stderr, as on a terminal of 80 columns."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", "80")
        code = main(["plan", *map(str, words)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def config(settings: dict[str, Any], tiny_bloom: Path, tmp_path: Path) -> Path:
    """A run of a model of which nothing but config.json is there."""
    (tmp_path / "model").mkdir()
    shutil.copy(tiny_bloom / "config.json", tmp_path / "model")
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({**settings, "model": str(tmp_path / "model")}), encoding="utf-8")
    return path


def test_the_table_fits_80_columns_and_ends_with_the_line_that_launches_the_run(plan: Any, config: Path) -> None:
    code, out, err = plan(config, "--gpus", 2, "--gpu-memory", "24GB", "--set", "seed=3")
    assert (code, err) == (0, "")
    *lines, command = out.rstrip().splitlines()
    assert all(len(line) <= 80 for line in lines if "config_file" not in line and str(config.parent) not in line)
    assert command == (
        "accelerate launch --config_file launch/multi-gpu.yaml --num_processes 2 -m lacoskit.train "
        f"{config} --set seed=3"
    )
    for word in ("embedding", "activations", "at most", "It fits", "ZeRO-3"):
        assert word in out


def test_json_says_the_same_in_bytes(plan: Any, config: Path) -> None:
    code, out, _ = plan(config, "--gpu-memory", "24GB", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["fits"]
    way = found["ways"][0]
    assert way["peak_bytes"] == sum(part["size"] for part in way["parts"])
    assert way["largest_chunk_tokens"] == way["step_tokens"] == 16 * 3 * 32


def test_all_mistakes_are_told_at_once(plan: Any, config: Path) -> None:
    code, out, err = plan(config, "--gpus", "0", "--gpu-memory", "32XB", "--tokens", "many", "--set", "train.epochz=1")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"lacoskit: {config}: 4 problems",
        "  train.epochz: no such option; did you mean 'epochs'?",
        "  --gpus: expected a whole number from 1 on, got '0'",
        "  --gpu-memory: expected a size such as 32GB or 30GiB, got '32XB'",
        "  --tokens: expected a whole number from 1 on, got 'many'",
    ]


def test_gpus_without_their_memory_and_texts_longer_than_are_read_are_mistakes(
    plan: Any, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    code, _, err = plan(config, "--gpus", "8", "--tokens", "99")
    assert code == 2
    assert "--gpu-memory: how much has each GPU" in err
    assert "--tokens: texts are cut to max_length=32" in err


def test_a_model_that_cannot_be_found_is_one_message(plan: Any, config: Path) -> None:
    code, _, err = plan(config, "--set", "model=someone/something", "--gpu-memory", "24GB")
    assert code == 2
    assert err.startswith("lacoskit: model someone/something cannot be loaded")
    assert "Traceback" not in err


def test_bloom_of_176_billion_weights_needs_no_network_and_fits_eight_gpus_of_32_gb(plan: Any) -> None:
    shipped = Path(__file__).resolve().parents[2] / "configs" / "bloom-176b-zero3.yaml"
    code, out, _ = plan(shipped, "--gpus", 8, "--gpu-memory", "32GB", "--json")
    found = json.loads(out)
    assert code == 0
    assert (found["fits"], found["chosen"]) == (True, "ZeRO-3")
    way = next(way for way in found["ways"] if way["way"] == "ZeRO-3")
    weights = sum(part["size"] for part in way["parts"] if part["name"] in ("embedding", "layers"))
    assert weights == pytest.approx(22.1e9, rel=0.02)
