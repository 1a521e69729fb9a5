"""How many tokens' activations fit in memory: measured with the texts that a run begins with."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

SHARE = {"cpu": 0.25, "cuda": 0.8}
"""Of the memory that is there, how much activations may take: on a GPU, of what the weights have left."""

CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def tokens_that_fit(
    model: nn.Module, ids: Tensor, lengths: Tensor, processes_here: int, reserved: int = 0
) -> tuple[int, float]:
    """Return how many tokens' activations fit, and the bytes of one token's.

    `model(ids, lengths)` is called once, with its graph, on ids int64 [tokens] and lengths int64 [texts];
    `processes_here` share the memory of this machine. `reserved` bytes of a GPU are left for what is still to come.
    """
    bytes_a_token = _bytes_kept(model, ids, lengths) / len(ids)
    if ids.is_cuda:
        room = SHARE["cuda"] * (free_on_gpu(ids.device) - reserved)
    else:
        room = SHARE["cpu"] * memory_of_the_machine() / processes_here
    return max(int(room / bytes_a_token) // 1024 * 1024, 1024), bytes_a_token


def memory_of_the_machine() -> int:
    """Bytes of the host's memory, or what the container may have of it."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in CGROUP_LIMITS:
        with suppress(OSError, ValueError):  # no such file, or "max"
            total = min(total, int(path.read_text()))
    return total


def free_on_gpu(device: torch.device) -> float:
    """Bytes that this process may still take: what is free, or less where the process has a limit of its own."""
    free, total = torch.cuda.mem_get_info(device)
    reserved, allocated = torch.cuda.memory_reserved(device), torch.cuda.memory_allocated(device)
    limit = total * torch.cuda.get_per_process_memory_fraction(device)
    return min(free, limit - reserved) + reserved - allocated


def _bytes_kept(model: nn.Module, ids: Tensor, lengths: Tensor) -> int:
    """Bytes that a forward pass keeps for the backward pass."""
    if ids.is_cuda:  # whose allocator also knows what quantized layers keep by other ways
        before = torch.cuda.memory_allocated(ids.device)
        vectors = model(ids, lengths)
        kept = torch.cuda.memory_allocated(ids.device) - before
        del vectors
        return kept
    sizes: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        base: Any = tensor._base if tensor._is_view() else tensor
        if not isinstance(base, nn.Parameter):  # weights are there anyway
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        vectors = model(ids, lengths)
    del vectors
    return sum(sizes.values())
