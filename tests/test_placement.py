from __future__ import annotations

from typing import Any

import pytest
import torch

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
