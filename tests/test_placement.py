from __future__ import annotations

from typing import Any

import pytest
import torch

from lacoskit import placement
from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.placement import dtype_of, why_slow


@pytest.mark.parametrize("made_for_it", [True, False])
def test_bfloat16_on_a_cpu_is_what_auto_takes_or_is_said_to_be_slow(
    made_for_it: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: made_for_it)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = why_slow(Placement(device="cpu", dtype="bfloat16"))
    if made_for_it:
        assert (dtype_of(RunConfig()), said) == ("bfloat16", None)
    else:
        assert dtype_of(RunConfig()) == "float32"
        assert said is not None
        assert "train.dtype=auto" in said


@pytest.mark.parametrize("where", [{"device": "cpu", "dtype": "float32"}, {"device": "cuda", "dtype": "bfloat16"}])
def test_elsewhere_nothing_is_said(where: Any) -> None:
    assert why_slow(Placement(**where)) is None


@pytest.mark.parametrize(("free", "device"), [(1250, "cuda"), (1249, "cpu")])
def test_a_further_model_is_opened_on_a_gpu_that_has_room_for_it(
    free: int, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placement, "free_on_gpu", lambda device: free)
    where = Placement(device="cuda", dtype="bfloat16", processes=4)
    assert placement.with_room(where, 1000) == Placement(device=device, dtype="bfloat16")  # type: ignore[arg-type]


@pytest.mark.parametrize("way", [{"zero_stage": 3}, {"fsdp": True}])
def test_of_a_sharded_run_it_is_opened_on_the_cpu(way: Any) -> None:
    where = Placement(device="cuda", dtype="bfloat16", processes=4, **way)
    assert placement.with_room(where, 0) == Placement(device="cpu", dtype="bfloat16")
