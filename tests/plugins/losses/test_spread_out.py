"""The truth is sentence-transformers' GlobalOrthogonalRegularizationLoss, the second moment, plus 1 / width."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from lacoskit_builtins.losses.spread_out import mean_squared_cosine
from sentence_transformers.sentence_transformer.losses import GlobalOrthogonalRegularizationLoss
from torch import Tensor
from vector_batches import WIDTH, assert_same, build, random_batch

from lacoskit import VectorBatch


def loss(batch: VectorBatch, **options: Any) -> Tensor:
    return build("spread-out", **options)(batch)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("count", [3, 12], ids=["fewer texts than values", "more"])
def test_the_sum_is_that_of_sentence_transformers(count: int, dtype: torch.dtype) -> None:
    batch = random_batch([1] * count, dtype=dtype)
    near = 2 * torch.randn(WIDTH, generator=torch.Generator().manual_seed(1)).to(dtype)
    anchors, positives = batch.anchors + near, batch.positives + near  # so that no relu of the reference is at work
    reference = GlobalOrthogonalRegularizationLoss(None, mean_weight=None, aggregation="sum")
    truth = reference.compute_loss_from_embeddings([anchors, positives])["gor_second_moment"] + 2 / WIDTH
    assert truth > 2.05 / WIDTH
    tolerance = 1e-6 if dtype == torch.float32 else 1e-12
    assert_same(mean_squared_cosine(anchors) + mean_squared_cosine(positives), truth, batch, tolerance)


def test_it_is_added_to_the_wrapped_loss() -> None:
    batch = random_batch([1] * 5, dtype=torch.float64)
    inner = build("multiple-negatives", scale=7.0)(batch)
    more = mean_squared_cosine(batch.anchors) + mean_squared_cosine(batch.positives)
    ours = loss(batch, weight=0.3, loss={"name": "multiple-negatives", "scale": 7.0})
    assert_same(ours, inner + 0.3 * more, batch, 1e-12)
    assert loss(batch, weight=0.0) == build("multiple-negatives")(batch)


def test_the_sum_is_the_formula() -> None:
    vectors = torch.tensor([[3.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    # cosines: 0, 1/sqrt(2), 1/sqrt(2)
    assert mean_squared_cosine(vectors).item() == pytest.approx((0 + 0.5 + 0.5) / 3)


def test_a_single_pair_has_nothing_to_be_far_from() -> None:
    assert mean_squared_cosine(torch.randn(1, WIDTH)).item() == pytest.approx(0, abs=1e-6)
