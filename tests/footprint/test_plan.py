from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit.config import RunConfig
from lacoskit.errors import LacoskitError
from lacoskit.footprint.counting import Counter
from lacoskit.footprint.machine import Machine
from lacoskit.footprint.plan import Plan, differences, make_plan, write_plan
from lacoskit.footprint.texts import Texts
from lacoskit.placement import placement

ROOT = Path(__file__).resolve().parents[2]
TEXTS = Texts(3, 32)


@pytest.fixture
def config(settings: dict[str, Any]) -> RunConfig:
    return RunConfig.model_validate(settings)


@pytest.fixture
def plan(config: RunConfig) -> Any:
    def make(gpus: int, room: float, host: float = 1e12, **train: Any) -> Plan:
        changed = config.model_copy(update={"train": config.train.model_copy(update=train)})
        machine = Machine("GPU", gpus, int((room + 6e8) / 0.97) + 1, int(host))
        return make_plan(changed, machine, TEXTS, ROOT / "launch")

    return make


def _peak(config: RunConfig, chunk: int, **train: Any) -> int:
    config = config.model_copy(update={"train": config.train.model_copy(update=train)})
    return Counter(config, placement(config, "cuda", 1, 0), TEXTS).count(chunk).peak


def test_the_largest_chunk_fits_and_a_larger_one_does_not(config: RunConfig, plan: Any) -> None:
    room = _peak(config, 1024)
    found = plan(1, room, chunk_tokens="auto")
    assert found.fits
    largest = found.chosen.largest_chunk
    assert 512 <= largest <= 1024
    assert _peak(config, largest) <= room < _peak(config, largest + 512)


def test_what_does_not_fit_is_told_what_would_make_it_fit(config: RunConfig, plan: Any) -> None:
    room = _peak(config, 1536, checkpoint_activations=True)
    found = plan(1, room, chunk_tokens=1536)
    assert not found.fits
    assert {"train.chunk_tokens": "auto"} in [dict(change.settings) for change in found.changes]
    assert all(change.outlook.fits for change in found.changes)


def test_with_several_gpus_every_way_is_weighed_and_one_that_is_refused_says_why(plan: Any) -> None:
    found = plan(4, 1e9)
    assert [one.way.name for one in found.outlooks][:3] == ["DDP", "ZeRO-2", "ZeRO-3"]
    assert found.chosen.way.name == "DDP"
    uneven = plan(3, 1e9, batch_size=18)
    assert uneven.fits
    with pytest.raises(LacoskitError, match=r"train\.batch_size=16 cannot be shared evenly by 3 processes"):
        plan(3, 1e9)


def test_what_is_written_reads_back_to_the_run_and_says_only_what_differs(
    config: RunConfig, plan: Any, tmp_path: Path
) -> None:
    found = plan(4, 1e9)
    found = replace(found, outlooks=tuple(one for one in found.outlooks if one.way.name == "ZeRO-3"))
    command = write_plan(found, tmp_path / "plan")
    written = yaml.safe_load((tmp_path / "plan" / "config.yaml").read_text(encoding="utf-8"))
    assert written.keys() == differences(config).keys()
    again = RunConfig.load(tmp_path / "plan" / "config.yaml")
    assert again.as_mapping() == config.as_mapping() | {
        "train": again.train.model_dump(mode="json"),
    }
    accelerate = yaml.safe_load((tmp_path / "plan" / "accelerate.yaml").read_text(encoding="utf-8"))
    assert accelerate["num_processes"] == 4
    deepspeed = accelerate["deepspeed_config"]["deepspeed_config_file"]
    assert json.loads(Path(deepspeed).read_text(encoding="utf-8"))["zero_optimization"]["stage"] == 3
    assert command.startswith(f"accelerate launch --config_file {tmp_path / 'plan' / 'accelerate.yaml'}")
    with pytest.raises(LacoskitError, match=r"holds config\.yaml, accelerate\.yaml, deepspeed\.json already"):
        write_plan(found, tmp_path / "plan")


def test_every_shipped_config_is_what_its_differences_say() -> None:
    for path in sorted((ROOT / "configs").glob("*.yaml")):
        if path.stem == "retrofit":  # a recipe of several
            continue
        config = RunConfig.load(path)
        assert RunConfig.model_validate(differences(config)).as_mapping() == config.as_mapping()
