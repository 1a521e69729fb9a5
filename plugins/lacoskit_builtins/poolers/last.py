"""Take the state of a text's last token."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from lacoskit import Options, PackedStates, Pooler, hookimpl


class LastOptions(Options):
    """The state of the last token, for decoders.

    It is the only one of a decoder that has seen the whole text.
    """


class Last(nn.Module):
    """The last real token, wherever the padding was."""

    def forward(self, batch: PackedStates) -> Tensor:
        """Map states [tokens, width] to vectors [texts, width], float32."""
        return batch.states[batch.lengths.cumsum(0) - 1].float()


@hookimpl
def lacoskit_poolers() -> Sequence[Pooler[LastOptions]]:
    """Offer `last`."""
    return [Pooler(name="last", options=LastOptions, build=lambda options, width: Last(), saved_as="lasttoken")]
