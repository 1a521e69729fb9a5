"""A deep model's pass by those of two shallow ones: layers that are alike take alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle, islice
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
    """The config with a model that differs in its number of layers alone, every kind of which it has in turn."""
    settings: Any = base_config(config.files)
    text = settings.get_text_config()
    told = _of_each_layer(text)
    text.num_hidden_layers = layers
    chosen = _one_of_each_kind(told, layers)
    for name, values in told.items():
        setattr(text, name, [values[layer] for layer in chosen])
    with TemporaryDirectory() as folder:
        settings.save_pretrained(folder)
        yield config.model_copy(update={"model": folder})


def _of_each_layer(settings: Any) -> dict[str, list[Any]]:
    """What a configuration lists layer by layer, such as which kind of attention each has (`layer_types`)."""
    layers = settings.num_hidden_layers
    return {name: value for name, value in vars(settings).items() if isinstance(value, list) and len(value) == layers}


def _one_of_each_kind(told: Mapping[str, list[Any]], layers: int) -> list[int]:
    """So many layers, the first of each kind in turn: a whole model has the masks of all its kinds at once."""
    first: dict[str, int] = {}
    for layer, values in enumerate(zip(*told.values(), strict=True)):
        first.setdefault(repr(values), layer)
    return list(islice(cycle(first.values()), layers)) if first else []


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
