"""Train the biases only."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from lacoskit import Adapter, LacoskitError, Options, hookimpl


class BitFitOptions(Options):
    """The biases of all layers, about 0.1 % of the weights.

    It wants a high learning rate: 1e-4 to 4e-4 for BLOOM (Ben Zaken et al., 2106.10199).
    """


def attach(model: nn.Module, options: BitFitOptions) -> nn.Module:
    """Freeze everything but the biases."""
    biases = 0
    for name, weight in model.named_parameters():
        trained = name.rpartition(".")[2] == "bias"
        weight.requires_grad_(trained)
        biases += trained
    if not biases:
        raise LacoskitError("adapter: bitfit trains biases, and this model has none; use adapter.name=lora")
    return model


@hookimpl
def lacoskit_adapters() -> Sequence[Adapter[BitFitOptions]]:
    """Offer `bitfit`."""
    return [Adapter(name="bitfit", options=BitFitOptions, attach=attach, trains_base=True)]
