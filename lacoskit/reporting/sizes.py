"""How large things are: weights, memory, the device."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from typing import Any

import torch

from lacoskit.components import Placement
from lacoskit.encoder import Encoder
from lacoskit.sharding import is_sharded, share_of
from lacoskit.units import GIB


def sizes(encoder: Encoder) -> tuple[int, int]:
    """How many weights the encoder has, packed and sharded ones counted in full, and how many are trained."""
    total = trained = 0
    for module in encoder.modules():
        for name, weight in module.named_parameters(recurse=False):
            if hasattr(module, "pack") and name not in ("weight", "bias"):  # what a quantized weight needs beside it
                continue
            count = _elements(weight)
            total += count
            trained += count if weight.requires_grad else 0
    return total, trained


def weight_bytes(encoder: Encoder) -> int:
    """Bytes of the weights that this process holds (of sharded ones its share), with the scales of quantized ones."""
    held = {id(tensor): tensor for module in encoder.modules() for tensor in _tensors(module)}
    return sum(tensor.numel() * tensor.element_size() for tensor in held.values())


def memory_gib(placement: Placement) -> float:
    """The most memory this process has used so far: the GPU's, or the host's where there is none."""
    if placement.device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / GIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB


def device_name(placement: Placement) -> str:
    """The GPU's name, or how many threads of the CPU are used."""
    if placement.device == "cuda":
        return torch.cuda.get_device_name()
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def _tensors(module: Any) -> Iterator[torch.Tensor]:
    """What a module itself holds: its weights and buffers, and what bitsandbytes keeps beside the weights."""
    yield from module.buffers(recurse=False)
    for weight in module.parameters(recurse=False):
        yield share_of(weight).values if is_sharded(weight) else weight
        four_bits = getattr(weight, "quant_state", None)
        for state in (four_bits, getattr(four_bits, "state2", None)):  # scales, and the scales of those
            yield from (part for part in vars(state).values() if torch.is_tensor(part)) if state is not None else ()
        for holder in (weight, getattr(module, "state", None)):  # of 8 bits: in one before, in the other after a pass
            scales = getattr(holder, "SCB", None)
            if torch.is_tensor(scales):
                yield scales


def _elements(weight: Any) -> int:
    if hasattr(weight, "ds_numel"):  # sharded by ZeRO-3
        return int(weight.ds_numel)
    state = getattr(weight, "quant_state", None)
    if state is not None and getattr(state, "shape", None) is not None:  # two weights of 4 bits in a byte
        return int(torch.Size(state.shape).numel())
    return int(weight.numel())
