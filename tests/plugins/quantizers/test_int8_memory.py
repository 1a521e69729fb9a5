"""How large BLOOM models are in int8, by their shapes: nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import BloomConfig

from lacoskit import Placement, Quantizer, plugins
from lacoskit.backbone import ModelFiles
from lacoskit.backbone.streaming import StreamedModel


@pytest.fixture
def bytes_in_int8(tmp_path: Path) -> Callable[..., int]:
    """`bytes_in_int8(hidden_size=..., n_layer=..., n_head=...)`: of all weights, the embedding and scales included."""

    def count(**shape: int) -> int:
        BloomConfig(vocab_size=250_880, **shape).save_pretrained(tmp_path)
        component = plugins.installed().select(Quantizer, "int8")
        options, placement = component.options(), Placement(device="cpu", dtype="bfloat16")
        convert = component.convert
        assert convert is not None
        skeleton = StreamedModel(
            ModelFiles(str(tmp_path)), "bfloat16", lambda name, layer: convert(name, layer, options, placement)
        ).model
        matrices = {name: weight for name, weight in skeleton.named_parameters() if weight.dim() == 2}
        assert all(weight.dtype in (torch.int8, torch.int32) for weight in matrices.values())
        return sum(weight.nbytes for weight in skeleton.parameters())

    return count


def test_bloom_560m_takes_under_six_tenths_of_a_gigabyte(bytes_in_int8: Callable[..., int]) -> None:
    assert 0.55e9 < bytes_in_int8(hidden_size=1024, n_layer=24, n_head=16) < 0.6e9


def test_an_eighth_of_bloom_176b_takes_under_23_gigabytes(bytes_in_int8: Callable[..., int]) -> None:
    assert 22e9 < bytes_in_int8(hidden_size=14336, n_layer=70, n_head=112) / 8 < 23e9
