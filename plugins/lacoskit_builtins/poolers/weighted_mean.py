"""Average the states of a text's tokens, later tokens weighing more."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from lacoskit import Options, PackedStates, Pooler, hookimpl


class WeightedMeanOptions(Options):
    """The average weighted by position, for decoders (SGPT, 2202.08904).

    A later token has seen more of the text.
    """


class WeightedMean(nn.Module):
    """The mean in which the i-th token of a text, counted from 1 whatever the padding, weighs i."""

    def forward(self, batch: PackedStates) -> Tensor:
        """Map states [tokens, width] to vectors [texts, width], float32."""
        starts = batch.lengths.cumsum(0) - batch.lengths
        tokens = torch.arange(1, len(batch.states) + 1, device=batch.states.device)
        positions = tokens - starts.repeat_interleave(batch.lengths)
        weighted = batch.states.float() * positions.unsqueeze(1)
        sums = torch.segment_reduce(weighted, "sum", lengths=batch.lengths, axis=0, unsafe=True)
        return sums / (batch.lengths * (batch.lengths + 1) / 2).unsqueeze(1)


@hookimpl
def lacoskit_poolers() -> Sequence[Pooler[WeightedMeanOptions]]:
    """Offer `weighted-mean`."""
    return [
        Pooler(
            name="weighted-mean",
            options=WeightedMeanOptions,
            build=lambda options, width: WeightedMean(),
            saved_as="weightedmean",
        )
    ]
