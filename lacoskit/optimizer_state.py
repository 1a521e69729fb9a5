"""The state of an optimizer as a checkpoint holds it: whole tensors, whichever way the run shards them.

So a run can go on with another number of processes, or sharded in another way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

from lacoskit.sharding import full, sharded_like


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

    inner = _inner(optimizer)
    keys, steps = _of_each_weight(inner)
    if keys is None:
        return None
    state = {
        number: {**steps, **{key: safe_get_full_optimizer_state(weight, key).cpu() for key in keys}}
        for number, weight in enumerate(trained.values())
    }
    group = {key: value for key, value in inner.param_groups[0].items() if key != "params"}
    return {"state": state, "param_groups": [{**group, "params": list(range(len(trained)))}]}


def load_whole_deepspeed_state(optimizer: Any, state: Mapping[str, Any], trained: Mapping[str, nn.Parameter]) -> None:
    """Give DeepSpeed's shares what belongs to them of a whole state."""
    from deepspeed.utils import safe_set_full_optimizer_state

    inner = _inner(optimizer)
    keys, steps = _of_each_weight(inner)
    for number, weight in enumerate(trained.values()):
        for key in keys or ():
            safe_set_full_optimizer_state(weight, state["state"][number][key].to(weight.device), key)
    for values in inner.state.values():
        for key in steps:
            values[key] = state["state"][0][key]


def _inner(optimizer: Any) -> Any:
    """The optimizer that DeepSpeed's own, which accelerate has wrapped, calls."""
    return optimizer.optimizer.optimizer


def _of_each_weight(inner: Any) -> tuple[list[str] | None, dict[str, Any]]:
    """The names of what is kept for every element, and all else (a count of steps); None if it is not plain numbers."""
    keys, others = [], {}
    for weight, values in inner.state.items():
        for key, value in values.items():
            if not isinstance(value, Tensor) or value.numel() == 1:
                others[key] = value
            elif value.dtype == torch.float32 and value.numel() == weight.numel():
                keys.append(key)
            else:
                return None, {}
    return sorted(set(keys)), others
