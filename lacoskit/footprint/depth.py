"""A deep model's pass by those of two shallow ones: layers that are alike take alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lacoskit.backbone.loading import base_config
from lacoskit.config import RunConfig

if TYPE_CHECKING:
    from lacoskit.footprint.rehearsed import Pass, Weights

DEPTHS = (2, 4)
"""Layers of the two; going through more takes long, and tells nothing new."""

DEEP = 8
"""Layers from which a model is not gone through as a whole."""


def layers_of(config: RunConfig) -> int:
    """How many layers the model has, by its config.json."""
    return int(base_config(config.files).get_text_config().num_hidden_layers)


def are_alike(weights: Weights, layers: int) -> bool:
    """Whether all layers have the same sizes."""
    return len(set(weights.units[-layers:])) == 1


@contextmanager
def with_layers(config: RunConfig, layers: int) -> Iterator[RunConfig]:
    """The config with a model that differs in its number of layers alone."""
    settings: Any = base_config(config.files)
    settings.get_text_config().num_hidden_layers = layers
    with TemporaryDirectory() as folder:
        settings.save_pretrained(folder)
        yield config.model_copy(update={"model": folder})


def extended(shallow: tuple[Pass, Pass], layers: int, gradients: int) -> Pass:
    """The pass of a model of so many layers, whose weights have so many bytes of gradients, from those of DEPTHS.

    All grows by the same with each layer, but for the most that is taken backward: that comes when the last layer has
    been through, or when the first has, and which of the two may change with the depth.
    """
    few, more = DEPTHS
    low, high = (vars(one) for one in shallow)
    found = {name: low[name] + (high[name] - low[name]) / (more - few) * (layers - few) for name in low}
    end = gradients + found["again"] - found["kept"]
    if found["backward"] < end:
        found |= {"backward": max(found["backward"], end), "gradients": gradients}
    return type(shallow[0])(**found)
