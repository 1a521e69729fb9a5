"""Take the state of a text's first token."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from lacoskit import Options, PackedStates, Pooler, hookimpl


class FirstOptions(Options):
    """The state of the first token: `[CLS]` of BERT and its kin.

    Useless for decoders, whose first token sees itself only.
    """


class First(nn.Module):
    """The first real token, wherever the padding was."""

    def forward(self, batch: PackedStates) -> Tensor:
        """Map states [tokens, width] to vectors [texts, width], float32."""
        return batch.states[batch.lengths.cumsum(0) - batch.lengths].float()


@hookimpl
def lacoskit_poolers() -> Sequence[Pooler[FirstOptions]]:
    """Offer `first`."""
    return [Pooler(name="first", options=FirstOptions, build=lambda options, width: First(), saved_as="cls")]
