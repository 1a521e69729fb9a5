"""The base model: found, loaded with frozen weights as the quantizer says, and run on packed token rows."""

from __future__ import annotations

from typing import TypeAlias

from torch import nn

from lacoskit.backbone.bloom import PackedBloom, find_bloom
from lacoskit.backbone.loading import flash_is_installed, load_base, load_tokenizer
from lacoskit.backbone.padded import PaddedBackbone
from lacoskit.location import ModelFiles

Backbone: TypeAlias = PackedBloom | PaddedBackbone
"""What runs a model on packed rows: `forward(ids, lengths) -> states`, and the `model` itself.

`layers(ids, lengths)` yields the states of the embedding and after each layer, for those who look into a model.
`attention` names the attention that it runs, `slots(lengths)` counts what a pass computes, `exact()` lists the weights
that stay in float32.
"""


def choose(model: nn.Module, pad_id: int, checkpoint_activations: bool = False) -> Backbone:
    """Return the fastest backbone for a model, bare or wrapped by an adapter."""
    if find_bloom(model) is not None:
        return PackedBloom(model, checkpoint_activations)
    return PaddedBackbone(model, pad_id, checkpoint_activations)


__all__ = [
    "Backbone",
    "ModelFiles",
    "PackedBloom",
    "PaddedBackbone",
    "choose",
    "flash_is_installed",
    "load_base",
    "load_tokenizer",
]
