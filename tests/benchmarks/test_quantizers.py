"""The sizes that are calculated from shapes are those that are measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # as when a benchmark is run

from quantizers import BLOOM, WAYS, _encoder, bytes_of, model_bytes

from lacoskit.reporting.sizes import weight_bytes


@pytest.mark.parametrize("way", [way for way in WAYS if way not in {"int8, products int8", "bnb-8bit, threshold 6"}])
def test_calculated_bytes_are_those_of_a_loaded_model(way: str) -> None:
    measured = weight_bytes(_encoder("nano-bloom", WAYS[way]))
    assert bytes_of("nano-bloom", WAYS[way], "float32") == pytest.approx(measured, rel=2e-3)


def test_int8_holds_bloom_560m_in_less_than_what_leaves_its_embedding_in_16_bits() -> None:
    ours, theirs = (model_bytes(*BLOOM["560m"], {"name": name}) for name in ("int8", "bnb-8bit"))
    assert ours < 0.6e9 < 0.8e9 < theirs
