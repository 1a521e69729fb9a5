"""Weights of which each process holds a share, under DeepSpeed ZeRO-3 or FSDP2: made so, filled, and made whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor


@dataclass(frozen=True)
class Share:
    """What this process holds of a weight: `values` [elements], which begin at element `start` of the whole."""

    values: Tensor
    start: int
    whole: torch.Size
    """The shape of the whole weight."""

    @property
    def row_elements(self) -> int:
        """Elements of a row of the weight."""
        return self.whole[1:].numel()

    @property
    def rows(self) -> tuple[int, int]:
        """The rows of the weight that the share touches, from the first to after the last."""
        stop = min(self.start + self.values.numel(), self.whole.numel())
        return (self.start // self.row_elements, -(-stop // self.row_elements)) if stop > self.start else (0, 0)

    def write(self, rows: Tensor, first: int) -> None:
        """Take what belongs to the share from rows of the weight, of which the first has this number."""
        given, begins = rows.reshape(-1), first * self.row_elements
        start, stop = max(begins, self.start), min(begins + given.numel(), self.start + self.values.numel())
        if start < stop:
            self.values[start - self.start : stop - self.start].copy_(given[start - begins : stop - begins])


def share_of(weight: Any) -> Share:
    """The share that this process holds of a weight, sharded or not."""
    if hasattr(weight, "ds_tensor"):  # ZeRO-3 cuts the flat weight into equal parts, the last one padded
        held: Tensor = weight.ds_tensor
        return Share(held.view(-1), weight.ds_zero_partition_rank * held.numel(), torch.Size(weight.ds_shape))
    if isinstance(weight, DTensor):
        local, first = weight.to_local(), _first_row(weight)
        return Share(local.detach().view(-1), first * weight.shape[1:].numel(), weight.shape)
    return Share(weight.detach().view(-1), 0, weight.shape)


def dtype_of(weight: Any) -> torch.dtype:
    """The dtype in which a weight is held; that of ZeRO-3's empty stand-in between two passes may be another."""
    dtype: torch.dtype = getattr(weight, "ds_tensor", weight).dtype
    return dtype


def cast(weight: Any, dtype: torch.dtype) -> None:
    """Hold a weight, or this process's share of it, in a dtype; DeepSpeed chooses that of what ZeRO-3 trains."""
    if not hasattr(weight, "ds_tensor"):
        weight.data = weight.data.to(dtype)
    elif not weight.requires_grad:
        weight.data, weight.ds_tensor.data = weight.data.to(dtype), weight.ds_tensor.data.to(dtype)


def is_sharded(weight: Any) -> bool:
    """Whether other processes hold parts of the weight."""
    return hasattr(weight, "ds_id") or isinstance(weight, DTensor)


def shard_with_deepspeed(weights: Sequence[nn.Parameter]) -> None:
    """Give each process of a ZeRO-3 run its share of weights whose values are still to come, on its own device.

    DeepSpeed's own way would have one process send the whole of every weight to all others.
    """
    import deepspeed
    from transformers.integrations.deepspeed import deepspeed_config

    zero = deepspeed.zero.Init(config_dict_or_path=deepspeed_config())
    for weight in weights:
        weight.data = torch.empty(weight.shape, dtype=weight.dtype)  # takes no memory: of its pages, none is written
        zero._convert_to_deepspeed_param(weight)
        weight.partition()  # type: ignore[attr-defined]  # given by the line above


def shard_with_fsdp(
    model: nn.Module,
    units: Iterable[Sequence[nn.Module]],
    device: torch.device,
    make_room: Callable[[Iterable[nn.Module]], None],
    offload: Any = None,
) -> None:
    """Give each process its rows of all weights on a device; the weights of a unit are gathered together.

    A unit is modules whose forwards run one after the other. `make_room(modules)` gives them memory just before they
    are sharded, so that no process holds more than its shares and one unit.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import OffloadPolicy, fully_shard

    settings: dict[str, Any] = {
        "mesh": init_device_mesh(device.type, (torch.distributed.get_world_size(),)),
        "reshard_after_forward": True,  # of the root too, whose weights are looked at by name between two passes
        "offload_policy": offload or OffloadPolicy(),
    }
    for unit in units:
        make_room(unit)
        fully_shard(list(unit) if len(unit) > 1 else unit[0], **settings)
    make_room([model])
    fully_shard(model, **settings)


@contextmanager
def unsharded_loading() -> Iterator[None]:
    """Keep transformers from sharding by itself, in a ZeRO-3 run, a model that is made while the block runs."""
    from transformers.integrations import deepspeed as integration

    remembered: Any = getattr(integration, "_hf_deepspeed_config_weak_ref", None)
    integration.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        integration._hf_deepspeed_config_weak_ref = remembered


def in_full(weights: Mapping[str, nn.Parameter], keep: bool) -> dict[str, Tensor]:
    """Return weights whole, on the CPU; every process has to call it, those that do not `keep` get an empty result.

    Sharded ones are gathered one at a time.
    """
    kept: dict[str, Tensor] = {}
    for name, weight in weights.items():
        with _gathered(weight) as whole:
            if keep:
                kept[name] = whole.detach().cpu().clone()
    return kept


def put(weight: Any, value: Tensor) -> None:
    """Give a weight, or this process's share of it, the values [of the weight's whole shape]."""
    with torch.no_grad():
        share_of(weight).write(value.to(weight.device), 0)
        if hasattr(weight, "ds_id") and weight.data.numel() == value.numel():  # a small one that stays gathered
            weight.data.copy_(value)


def full(tensor: Tensor) -> Tensor:
    """A tensor that may be sharded by FSDP2, whole; every process has to call it."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def sharded_like(value: Tensor, like: Tensor) -> Tensor:
    """This process's share of a whole tensor of the shape of `like`, sharded as that is."""
    if not isinstance(like, DTensor) or value.shape != like.shape:
        return value
    shared = torch.empty_like(like, dtype=value.dtype)
    share_of(shared).write(value.to(like.device), 0)
    return shared


@contextmanager
def _gathered(weight: Any) -> Iterator[Tensor]:
    if hasattr(weight, "ds_id"):
        import deepspeed

        with deepspeed.zero.GatheredParameters([weight]):
            yield weight
    else:
        yield full(weight)


def _first_row(weight: DTensor) -> int:
    from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

    _, offset = compute_local_shape_and_global_offset(weight.shape, weight.device_mesh, weight.placements)
    return int(offset[0]) if offset else 0
