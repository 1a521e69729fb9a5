from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

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


def _tiny(kind: str, layers: int) -> Any:
    shape = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": layers, "num_attention_heads": 4}
    shape |= {"intermediate_size": 64, "num_key_value_heads": 2, "head_dim": 8}
    if kind == "gemma3":
        return transformers.Gemma3TextConfig(**shape, sliding_window=8)
    return transformers.Qwen3Config(**shape)


@pytest.mark.parametrize("kind", ["qwen3", "gemma3"])
def test_a_model_that_lists_what_each_layer_is_takes_what_two_shallow_ones_say(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _tiny(kind, 12)
    settings.save_pretrained(tmp_path)
    assert len(settings.layer_types) == 12
    config = RunConfig.model_validate({"model": str(tmp_path), "quantizer": None, "train": {"dtype": "float32"}})
    where = placement(config, "cpu", 1, 0)
    deep = Rehearsed(config, where)
    assert len(deep._shallow) == len(depth.DEPTHS)
    kinds = set(settings.layer_types)
    for layers in depth.DEPTHS:
        with depth.with_layers(config, layers) as shallow:
            cut = transformers.AutoConfig.from_pretrained(shallow.model)
            assert (cut.num_hidden_layers, set(cut.layer_types)) == (layers, kinds)
    monkeypatch.setattr(rehearsed, "DEEP", 99)
    one, other = (vars(replace(each.try_pass(8, 16), gradients=0)) for each in (deep, Rehearsed(config, where)))
    assert one == pytest.approx(other, rel=0.02)
