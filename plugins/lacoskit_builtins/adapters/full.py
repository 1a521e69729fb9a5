"""Train every weight."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from lacoskit import Adapter, Options, hookimpl


class FullOptions(Options):
    """All weights of the base model, held in float32."""


def attach(model: nn.Module, options: FullOptions) -> nn.Module:
    """Freeze nothing."""
    return model.requires_grad_(True)


@hookimpl
def lacoskit_adapters() -> Sequence[Adapter[FullOptions]]:
    """Offer `full`."""
    return [Adapter(name="full", options=FullOptions, attach=attach, trains_base=True, trains_matrices=True)]
