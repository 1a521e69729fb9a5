from __future__ import annotations

from dataclasses import replace

import pytest
import transformers

from lacoskit.config import RunConfig
from lacoskit.footprint import depth, rehearsed
from lacoskit.footprint.rehearsed import Rehearsed
from lacoskit.placement import placement


def test_a_deep_model_takes_what_two_shallow_ones_say(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    transformers.BloomConfig(vocab_size=400, hidden_size=64, n_layer=14, n_head=4).save_pretrained(str(tmp_path))
    config = RunConfig.model_validate({"model": str(tmp_path), "quantizer": None, "train": {"dtype": "float32"}})
    where = placement(config, "cpu", 1, 0)
    deep = Rehearsed(config, where)
    assert len(deep._shallow) == len(depth.DEPTHS)
    monkeypatch.setattr(rehearsed, "DEEP", 99)
    whole = Rehearsed(config, where)
    assert not whole._shallow
    for texts in (1, 32):
        one, other = (vars(replace(each.try_pass(texts, 16), gradients=0)) for each in (deep, whole))
        assert one == pytest.approx(other, rel=0.02)
