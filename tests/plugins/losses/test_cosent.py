"""The truth is sentence-transformers' CoSENTLoss on the same vectors."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.losses import CoSENTLoss
from torch import Tensor

from lacoskit import Loss, VectorBatch, plugins

WIDTH = 8


def loss(batch: VectorBatch, **options: object) -> Tensor:
    component = plugins.installed().select(Loss, "cosent")
    assert component.needs_scores
    return component.build(component.options(**options))(batch)


def batch_of(scores: list[float], seed: int = 0, dtype: torch.dtype = torch.float32) -> VectorBatch:
    generator = torch.Generator().manual_seed(seed)
    anchors, positives = (torch.randn(len(scores), WIDTH, generator=generator).to(dtype) for _ in range(2))
    return VectorBatch(
        anchors=anchors.requires_grad_(True),
        positives=positives.requires_grad_(True),
        negatives=torch.zeros(0, WIDTH),
        negative_of=torch.zeros(0, dtype=torch.long),
        scores=torch.tensor(scores, dtype=torch.float32),
    )


def by_sentence_transformers(batch: VectorBatch, scale: float = 20.0) -> Tensor:
    return CoSENTLoss(None, scale=scale).compute_loss_from_embeddings([batch.anchors, batch.positives], batch.scores)


@pytest.mark.parametrize(
    ("dtype", "scale", "tolerance"),
    [(torch.float32, 20.0, 1e-6), (torch.float64, 1.0, 1e-12), (torch.float64, 100.0, 1e-12)],
    ids=["float32", "scale 1", "scale 100"],
)
@pytest.mark.parametrize(
    "scores",
    [[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], [5, 0, 5, 2.5, 2.5, 0, 1], [1, 0], [-1e6, 1e6, 0]],
    ids=["graded", "ties", "labels", "far apart"],
)
def test_loss_and_gradient_are_those_of_sentence_transformers(
    scores: list[float], dtype: torch.dtype, scale: float, tolerance: float
) -> None:
    batch = batch_of(scores, dtype=dtype)
    ours, truth = loss(batch, scale=scale), by_sentence_transformers(batch, scale)
    assert truth > 0.1
    torch.testing.assert_close(ours, truth, atol=tolerance, rtol=tolerance)
    ours_of, truth_of = (torch.autograd.grad(value, [batch.anchors, batch.positives]) for value in (ours, truth))
    for gradient, true_gradient in zip(ours_of, truth_of, strict=True):
        size = max(1.0, true_gradient.abs().max().item())
        torch.testing.assert_close(gradient, true_gradient, atol=tolerance * size, rtol=0)


def test_the_loss_is_the_formula() -> None:
    batch = batch_of([3, 1, 2, 2])
    cosines = torch.nn.functional.cosine_similarity(batch.anchors.double(), batch.positives.double()).tolist()
    ordered = [(0, 1), (0, 2), (0, 3), (2, 1), (3, 1)]  # the first of each should be the nearer pair
    truth = math.log(1 + sum(math.exp(20 * (cosines[worse] - cosines[better])) for better, worse in ordered))
    assert loss(batch).item() == pytest.approx(truth, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.integers(0, 99))
def test_any_scores_give_the_loss_of_sentence_transformers(scores: list[float], seed: int) -> None:
    batch = batch_of(scores, seed)
    torch.testing.assert_close(loss(batch), by_sentence_transformers(batch), atol=1e-5, rtol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.permutations(range(7)), st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_the_order_of_the_pairs_does_not_matter(order: list[int], scores: list[float]) -> None:
    batch = batch_of(scores)
    assert batch.scores is not None
    shuffled = VectorBatch(
        anchors=batch.anchors[order],
        positives=batch.positives[order],
        negatives=batch.negatives,
        negative_of=batch.negative_of,
        scores=batch.scores[order],
    )
    torch.testing.assert_close(loss(shuffled), loss(batch), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scores", [[2.0], [2.0, 2.0, 2.0]])
def test_pairs_of_equal_scores_have_nothing_to_learn(scores: list[float]) -> None:
    batch = batch_of(scores)
    value = loss(batch)
    assert value.item() == 0
    for gradient in torch.autograd.grad(value, [batch.anchors, batch.positives]):
        assert not gradient.any()


def test_a_scale_at_which_exponentials_overflow_is_computed_right() -> None:
    batch = batch_of([float(i % 7) for i in range(200)])
    value = loss(batch, scale=2000.0)
    cosines = torch.nn.functional.cosine_similarity(batch.anchors.double(), batch.positives.double())
    assert batch.scores is not None
    better = batch.scores[:, None] > batch.scores
    truth = (2000 * (cosines[None, :] - cosines[:, None]))[better].max()  # one exponential outweighs all others
    assert truth > 1000
    assert value.item() == pytest.approx(truth.item(), rel=1e-3)
    assert all(torch.isfinite(g).all() for g in torch.autograd.grad(value, [batch.anchors, batch.positives]))


def test_pairs_in_the_right_order_lose_less() -> None:
    batch = batch_of([0, 1, 2, 3, 4])
    cosines = torch.nn.functional.cosine_similarity(batch.anchors, batch.positives)
    ranks = cosines.argsort().argsort().float()
    right, wrong = (
        VectorBatch(
            anchors=batch.anchors,
            positives=batch.positives,
            negatives=batch.negatives,
            negative_of=batch.negative_of,
            scores=scores,
        )
        for scores in (ranks, -ranks)
    )
    assert loss(right) < 1 < loss(wrong)
