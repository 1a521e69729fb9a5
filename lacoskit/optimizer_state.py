"""The state of an optimizer as a checkpoint holds it: whole tensors, whichever way the run shards them.

So a run can go on with another number of processes, or sharded in another way.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from lacoskit.sharding import Share, full, sharded_like


def whole_state(optimizer: Any) -> dict[str, Any]:
    """The state dict of an optimizer, with the tensors that FSDP2 has sharded whole; every process has to call it."""
    state: dict[str, Any] = tree_map_only(Tensor, full, optimizer.state_dict())
    return state


def load_whole_state(optimizer: Any, state: Mapping[str, Any]) -> None:
    """Give an optimizer what `whole_state` or `whole_deepspeed_state` returned."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    of_weights = {
        number: {key: sharded_like(value, weights[number]) if isinstance(value, Tensor) else value
                 for key, value in values.items()}
        for number, values in state["state"].items()
    }  # fmt: skip
    optimizer.load_state_dict({**state, "state": of_weights})


def whole_deepspeed_state(optimizer: Any, trained: Mapping[str, nn.Parameter]) -> dict[str, Any] | None:
    """What `whole_state` would return without DeepSpeed, for optimizers that keep numbers for each weight, as Adam.

    None for others: the blocks of 8-bit states lie otherwise in other shares. Every process has to call it.
    """
    from deepspeed.utils import safe_get_full_optimizer_state

    if not hasattr(optimizer.optimizer, "optimizer"):  # ZeRO-0 in float32, which shares nothing out
        return whole_state(optimizer.optimizer)
    inner = optimizer.optimizer.optimizer
    keys, steps = _of_each_weight(inner)
    if keys is None:
        return None
    state = {
        number: copy.deepcopy(steps) | {key: safe_get_full_optimizer_state(weight, key).cpu() for key in keys}
        for number, weight in enumerate(trained.values())  # a count of steps each: they are counted up in place
    }
    group = {key: value for key, value in inner.param_groups[0].items() if key != "params"}
    return {"state": state, "param_groups": [{**group, "params": list(range(len(trained)))}]}


def load_whole_deepspeed_state(
    optimizer: Any, state: Mapping[str, Any], trained: Mapping[str, nn.Parameter], weights: Mapping[str, Tensor]
) -> None:
    """Give DeepSpeed's shares what belongs to them of a whole state, and its own copy of the weights their values."""
    if not hasattr(optimizer.optimizer, "optimizer"):
        load_whole_state(optimizer.optimizer, state)
        return
    saved = [state["state"][number] for number in range(len(trained))]
    _begin_states(optimizer.optimizer, saved[0])
    for (name, weight), values in zip(trained.items(), saved, strict=True):
        _put(weight, weights[name])
        for key, value in values.items():
            if _of_elements(value):
                _put(weight, value, key)


def _begin_states(deepspeed: Any, like: Mapping[str, Tensor]) -> None:
    """Make what the optimizer would make in its first step, for DeepSpeed's flat shares of all weights."""
    names = ("fp32_partitioned_groups_flat", "single_partition_of_fp32_groups", "fp32_groups_flat_partition")
    for share in next(getattr(deepspeed, name) for name in names if hasattr(deepspeed, name)):
        deepspeed.optimizer.state[share] = {
            key: torch.zeros_like(share) if _of_elements(value) else copy.deepcopy(value) for key, value in like.items()
        }
    if hasattr(deepspeed, "_lazy_init_hp_params_optimizer_state"):  # ZeRO-1 and 2 look at them through each weight
        deepspeed._lazy_init_hp_params_optimizer_state()


def _put(weight: Any, value: Tensor, key: str | None = None) -> None:
    """Give DeepSpeed's float32 copy of a weight, or of what its optimizer keeps under a key, this process's share."""
    value = value.to(weight.device)
    if hasattr(weight, "ds_id"):  # whose own function does not know that the last share may be padded
        held, _ = weight._z3_optimizer._get_fp32_opt_state_partition(weight, True, key)
        start = weight.ds_zero_partition_rank * held.numel()
        Share(held.data.view(-1), start, torch.Size(weight.ds_shape)).write(value, 0)
    else:
        weight.set_full_hp_param(value, key)


def _of_elements(value: Any) -> bool:
    """Whether it is kept for every element of a weight; a count of steps is a number or a tensor of one."""
    return isinstance(value, Tensor) and value.dim() > 0


def _of_each_weight(inner: Any) -> tuple[list[str] | None, dict[str, Any]]:
    """The names of what is kept for every element, and all else (a count of steps); None if it is not plain numbers."""
    keys, others = [], {}
    for weight, values in inner.state.items():
        for key, value in values.items():
            if not _of_elements(value):
                others[key] = value
            elif value.dtype == torch.float32 and value.numel() == weight.numel():
                keys.append(key)
            else:
                return None, {}
    return sorted(set(keys)), others
