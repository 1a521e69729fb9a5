"""The base model of a run: opened as the quantizer says, and put where the placement says once an adapter is on it."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import nn

from lacoskit.backbone import flash_is_installed, load_base
from lacoskit.backbone.streaming import Convert, StreamedModel
from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.sharding import shard_with_deepspeed, shard_with_fsdp


class LoadedBase:
    """A base model that transformers has loaded, weights and all."""

    def __init__(self, model: nn.Module, placed: bool) -> None:
        self.model = model
        self._placed = placed

    def read(self, device: torch.device) -> nn.Module:
        """Return the model."""
        return self.model

    def place(self, encoder: Any, placement: Placement) -> None:
        """Move the encoder to its device; of one whose base is there, the pooler, which came later."""
        moved = encoder.pooler if self._placed else encoder
        moved.to(placement.device)


class StreamedBase:
    """A base model whose weights are read once it is clear where each belongs."""

    def __init__(self, streamed: StreamedModel) -> None:
        self.model: nn.Module = streamed.model
        self._streamed = streamed

    def read(self, device: torch.device) -> nn.Module:
        """Read the weights and return the model, whole."""
        self._streamed.make_room(device)
        self._streamed.read()
        self.model.to(device)
        return self.model

    def place(self, encoder: Any, placement: Placement) -> None:
        """Shard the encoder, or move it to its device, then read the weights into place."""
        device = torch.device(placement.device)
        if placement.zero_stage == 3:
            shard_with_deepspeed(self._streamed.weights())
        elif placement.fsdp:
            make_room = partial(self._streamed.make_room, device)
            shard_with_fsdp(encoder, encoder.backbone.units(), device, make_room, _offload())
        else:
            self._streamed.make_room(device)
        if not placement.fsdp:
            encoder.to(device)
        self._streamed.read()


def open_base(config: RunConfig, placement: Placement) -> LoadedBase | StreamedBase:
    """Open the base model, frozen, in the dtype of the run; what trains it has it in float32.

    transformers loads it, with the quantizer's arguments; but where layers are converted or FSDP2 shards it, it is
    streamed, so that no process has to hold it whole.
    """
    adapter = config.adapter.component
    dtype = "float32" if adapter.trains_base else placement.dtype
    flash = flash_is_installed(placement.device, placement.dtype)
    convert = convert_of(config, placement)
    if convert is not None or placement.fsdp:
        return StreamedBase(StreamedModel(config.files, dtype, convert, flash))
    arguments = arguments_of(config, placement)
    return LoadedBase(load_base(config.files, dtype, arguments, flash), bool(arguments.get("device_map")))


def _offload() -> Any:
    """How FSDP2 keeps the shares in the host's memory, if the launch file says so; without a GPU they are there."""
    from accelerate.state import AcceleratorState

    return AcceleratorState().fsdp_plugin.cpu_offload if torch.cuda.is_available() else None


def without_values(config: RunConfig, placement: Placement) -> nn.Module:
    """The base model as its own configuration describes it, with weights that have no values and take no memory."""
    model: nn.Module = StreamedModel(config.files, placement.dtype).model
    return model


def read_base(config: RunConfig, placement: Placement) -> nn.Module:
    """The base model as the quantizer holds it, whole in this process, with no adapter on it."""
    return open_base(config, placement).read(torch.device(placement.device))


def arguments_of(config: RunConfig, placement: Placement) -> dict[str, Any]:
    """What the selected quantizer asks transformers for."""
    quantizer = config.quantizer
    if quantizer is None or quantizer.component.load_arguments is None:
        return {}
    return dict(quantizer.component.load_arguments(quantizer.options, placement))


def arguments_elsewhere(config: RunConfig, placement: Placement) -> dict[str, Any]:
    """What programs that do not know the selected quantizer should ask transformers for."""
    quantizer = config.quantizer
    if quantizer is None or quantizer.component.opened_with is None:
        return arguments_of(config, placement)
    return dict(quantizer.component.opened_with(quantizer.options, placement))


def convert_of(config: RunConfig, placement: Placement) -> Convert | None:
    """What the selected quantizer makes of a layer; None if it asks transformers for its own kind of model."""
    quantizer = config.quantizer
    if quantizer is None or quantizer.component.convert is None:
        return None
    convert = quantizer.component.convert
    return lambda name, layer: convert(name, layer, quantizer.options, placement)
