"""Random batches of vectors, and the comparison of a loss with a reference on them, for the tests of losses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from lacoskit import Loss, VectorBatch, plugins

WIDTH = 8


def build(name: str, **options: Any) -> Any:
    """The loss of this name with these options."""
    component = plugins.installed().select(Loss, name)
    return component.build(component.options(**options))


def random_batch(
    negatives_of_each: Sequence[int], seed: int = 0, size: float = 1.0, dtype: torch.dtype = torch.float32
) -> VectorBatch:
    """One example an entry of `negatives_of_each`; vectors of different lengths, with gradient."""
    generator = torch.Generator().manual_seed(seed)

    def vectors(count: int) -> Tensor:
        made = torch.randn(count, WIDTH, generator=generator) * (0.5 + torch.rand(count, 1, generator=generator))
        return (made * size).to(dtype).requires_grad_(True)

    count = len(negatives_of_each)
    return VectorBatch(
        anchors=vectors(count),
        positives=vectors(count),
        negatives=vectors(sum(negatives_of_each)),
        negative_of=torch.arange(count).repeat_interleave(torch.tensor(negatives_of_each)),
    )


def with_teacher(batch: VectorBatch, seed: int = 99, width: int = WIDTH, noise: float = 1.0) -> VectorBatch:
    """The batch, and a teacher's vectors of unit length that resemble those of the batch, less with more noise."""
    generator = torch.Generator().manual_seed(seed)

    def taught(vectors: Tensor) -> Tensor:
        made = torch.nn.functional.pad(vectors.detach(), (0, max(0, width - WIDTH)))[:, :width]
        made = made + noise * torch.randn(made.shape, generator=generator).to(made.dtype)
        return torch.nn.functional.normalize(made, dim=1)

    parts = {name: taught(getattr(batch, name)) for name in ("anchors", "positives", "negatives")}
    return replace(batch, teacher=VectorBatch(**parts, negative_of=batch.negative_of))


def columns(batch: VectorBatch) -> list[Tensor]:
    """Anchors, positives and one column a hard negative, as sentence-transformers takes them."""
    each = len(batch.negatives) // len(batch.anchors)
    negatives = batch.negatives.view(len(batch.anchors), each, batch.negatives.shape[1]).unbind(1)
    return [batch.anchors, batch.positives, *negatives]


def gradients(value: Tensor, batch: VectorBatch) -> list[Tensor]:
    """Of the value, with respect to all vectors."""
    vectors = [batch.anchors, batch.positives, *([batch.negatives] if len(batch.negatives) else [])]
    return [
        torch.zeros_like(vector) if gradient is None else gradient
        for vector, gradient in zip(vectors, torch.autograd.grad(value, vectors, allow_unused=True), strict=True)
    ]


def assert_same(ours: Tensor, truth: Tensor, batch: VectorBatch, tolerance: float = 1e-6) -> None:
    """Value and gradients within the tolerance, which is relative to what is larger than 1."""
    torch.testing.assert_close(ours, truth, atol=tolerance, rtol=tolerance)
    for gradient, true_gradient in zip(gradients(ours, batch), gradients(truth, batch), strict=True):
        size = max(1.0, true_gradient.abs().max().item())
        torch.testing.assert_close(gradient, true_gradient, atol=tolerance * size, rtol=0)
