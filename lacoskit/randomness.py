"""The state of the random number generators that dropout draws from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


class RandomState:
    """What the generators of the CPU and of this process's device will draw, as it was when this was made."""

    def __init__(self, device: torch.device) -> None:
        self.devices = [device] if device.type == "cuda" else []
        self.cpu = torch.get_rng_state()
        self.cuda = [torch.cuda.get_rng_state(one) for one in self.devices]

    def restore(self) -> None:
        """Go back to this state."""
        torch.set_rng_state(self.cpu)
        for device, state in zip(self.devices, self.cuda, strict=True):
            torch.cuda.set_rng_state(state, device)

    @contextmanager
    def replayed(self) -> Iterator[None]:
        """Draw the same numbers again in the block, and go on afterwards as if it had not been."""
        with torch.random.fork_rng(self.devices):
            self.restore()
            yield
