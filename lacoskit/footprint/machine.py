"""What a plan is made for: GPUs and memory, this machine's or another's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lacoskit.budget import memory_of_the_machine

UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}

CONTEXT = 600 * 10**6
"""What a process takes of a GPU before it holds any tensor: CUDA's context and the libraries' own workspaces."""

SLACK = 0.03
"""The share of a GPU's memory that is left over between tensors, where nothing fits."""

PROCESS = {"cpu": 800 * 10**6, "cuda": 3 * 10**9}
"""What a process takes of the host's memory before it holds any tensor: Python, torch, the libraries of CUDA."""


@dataclass(frozen=True)
class Machine:
    """Memory in bytes; with no GPU, the run is one process on the CPU."""

    name: str
    gpus: int
    gpu_memory: int
    host_memory: int | None
    """None where the GPUs are another machine's, of which nobody has told."""

    @property
    def memory(self) -> int:
        """What there is for one process: a GPU's, or without GPUs the host's."""
        if self.gpus:
            return self.gpu_memory
        assert self.host_memory is not None  # a machine without GPUs is this one, or one that was told of
        return self.host_memory

    @property
    def room(self) -> int:
        """What the tensors of one process may take."""
        return int(self.memory * (1 - SLACK)) - CONTEXT if self.gpus else self.memory - PROCESS["cpu"]


def parse_bytes(text: str) -> int:
    """`32GB`, `32GiB`, `40g` or `512MB` in bytes; a ValueError says what was expected."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?\s*", text.lower())
    if found is None or found[2] not in UNITS:
        raise ValueError(f"expected a size such as 32GB or 30GiB, got {text!r}")
    size = int(float(found[1]) * UNITS[found[2]])
    if size < 10**8:
        raise ValueError(f"{text!r} is {size:,} bytes, too little for any run; is the unit missing, as in 32GB?")
    return size


def this_machine() -> Machine:
    """The machine that this runs on."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    memory = min((torch.cuda.mem_get_info(i)[1] for i in range(count)), default=0)
    name = torch.cuda.get_device_name() if count else "CPU"
    return Machine(name, count, memory, memory_of_the_machine())
