"""Average the states of a text's tokens."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lacoskit import Options, PackedStates, Pooler, hookimpl


class MeanOptions(Options):
    """The average of all token states."""


class Mean(nn.Module):
    """The mean over each text, summed in float32."""

    def forward(self, batch: PackedStates) -> Tensor:
        """Map states [tokens, width] to vectors [texts, width], float32."""
        return torch.segment_reduce(batch.states.float(), "mean", lengths=batch.lengths, axis=0, unsafe=True)


@hookimpl
def lacoskit_poolers() -> Sequence[Pooler[MeanOptions]]:
    """Offer `mean`."""
    return [Pooler(name="mean", options=MeanOptions, build=lambda options, width: Mean(), saved_as="mean")]
