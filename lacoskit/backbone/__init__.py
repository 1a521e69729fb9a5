"""The base model: found, loaded with frozen weights as the quantizer says, and run on packed token rows."""

from __future__ import annotations

from typing import TypeAlias

from torch import nn

from lacoskit.backbone.bloom import PackedBloom, find_bloom
from lacoskit.backbone.loading import load_base, load_tokenizer
from lacoskit.backbone.padded import PaddedBackbone

Backbone: TypeAlias = PackedBloom | PaddedBackbone
"""What runs a model on packed rows: `forward(ids, lengths) -> states`, `slots(lengths)`, and the `model` itself."""


def choose(model: nn.Module, pad_id: int) -> Backbone:
    """Return the fastest backbone for a model, bare or wrapped by an adapter."""
    return PackedBloom(model) if find_bloom(model) is not None else PaddedBackbone(model, pad_id)


__all__ = ["Backbone", "PackedBloom", "PaddedBackbone", "choose", "load_base", "load_tokenizer"]
