"""A loss, an adapter and a pooler, each with options of its own, as a stranger would write them."""

import torch
import torch.nn.functional as F
from pydantic import PositiveFloat, PositiveInt
from torch import nn

from lacoskit import Adapter, Loss, Options, PackedStates, Pooler, VectorBatch, hookimpl


class MarginOptions(Options):
    """The positive nearer than the nearest other text, by a margin."""

    margin: PositiveFloat = 0.2
    """How much nearer, as a difference of cosines."""


class Margin(nn.Module):
    """A hinge on the hardest negative of the batch."""

    def __init__(self, margin: float) -> None:
        super().__init__()
        self.margin = margin

    def forward(self, batch: VectorBatch) -> torch.Tensor:
        others = F.normalize(torch.cat([batch.positives, batch.negatives]), dim=1)
        cosines = F.normalize(batch.anchors, dim=1) @ others.T
        own = cosines.diagonal()
        hardest = (cosines - 2 * torch.eye(*cosines.shape, device=cosines.device)).amax(dim=1)
        return F.relu(self.margin + hardest - own).mean()


class NormsOptions(Options):
    """The layer norms of the last layers."""

    layers: PositiveInt = 1
    """How many layers, counted from the last."""


def attach(model: nn.Module, options: NormsOptions) -> nn.Module:
    model.requires_grad_(False)
    for layer in list(model.h)[-options.layers :]:
        for module in layer.modules():
            if isinstance(module, nn.LayerNorm):
                module.requires_grad_(True)
    return model


class SoftmaxOptions(Options):
    """A learned query decides how much each token weighs."""

    temperature: PositiveFloat = 1.0
    """The higher, the more equal the weights."""


class Softmax(nn.Module):
    """One learned vector; its products with the states, softmaxed over each text, are the weights."""

    def __init__(self, width: int, temperature: float) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(width))
        self.temperature = temperature

    def forward(self, batch: PackedStates) -> torch.Tensor:
        texts = batch.states.float().split(batch.lengths.tolist())
        weights = [((text @ self.query) / self.temperature).softmax(dim=0) for text in texts]
        return torch.stack([weight @ text for weight, text in zip(weights, texts, strict=True)])


@hookimpl
def lacoskit_losses():
    return [Loss(name="margin", options=MarginOptions, build=lambda options: Margin(options.margin))]


@hookimpl
def lacoskit_adapters():
    return [Adapter(name="norms", options=NormsOptions, attach=attach, trains_base=True)]


@hookimpl
def lacoskit_poolers():
    return [
        Pooler(name="softmax", options=SoftmaxOptions, build=lambda options, width: Softmax(width, options.temperature))
    ]
