"""A run's encoder without weights: every module and every shape of it, made from the model's config.json alone."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from lacoskit.backbone.streaming import convertible, token_embedding, without_weights
from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.encoder import Encoder, assemble, set_precision, width_of
from lacoskit.errors import LacoskitError


def skeleton(config: RunConfig, placement: Placement) -> Encoder:
    """Build the encoder as `build_encoder` does, on the meta device."""
    adapter = config.adapter.component
    dtype = getattr(torch, "float32" if adapter.trains_base else placement.dtype)
    model = without_weights(config.files, dtype, flash=False)
    width = width_of(model)
    with torch.device("meta"):
        _quantize(model, config, placement)
        model = adapter.attach(model, config.adapter.options)
        encoder = assemble(config, placement, model, SimpleNamespace(pad_token_id=0), width)
        set_precision(encoder, placement)
    return encoder


def give_shapes(encoder: nn.Module) -> None:
    """Turn the parameters and buffers of a skeleton into tensors of the rehearsal in which this is called."""
    _replace(encoder, lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype))


def _replace(model: nn.Module, make: Callable[[Tensor], Tensor]) -> None:
    """Put other tensors in the place of all parameters and buffers; what two modules share, they go on sharing."""
    made: dict[int, Any] = {id(None): None}
    for module in model.modules():
        for name, weight in module._parameters.items():
            if weight is not None and id(weight) not in made:
                made[id(weight)] = nn.Parameter(make(weight.detach()), requires_grad=weight.requires_grad)
                made[id(weight)].__dict__.update(weight.__dict__)
            module._parameters[name] = made[id(weight)]
        for name, buffer in module._buffers.items():
            if buffer is not None and id(buffer) not in made:
                made[id(buffer)] = make(buffer)
            module._buffers[name] = made[id(buffer)]


def _quantize(model: Any, config: RunConfig, placement: Placement) -> None:
    quantizer = config.quantizer
    if quantizer is None:
        return
    convert = quantizer.component.convert or quantizer.component.outline
    if convert is None:
        raise LacoskitError(f"quantizer: {quantizer.name} has no outline, by which its layers could be counted")
    embedding = token_embedding(model)
    for path, layer in list(model.named_modules()):
        converted = convert(path, layer, quantizer.options, placement) if convertible(layer, embedding) else None
        if converted is not None:
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, converted)
