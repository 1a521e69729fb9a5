"""The truth is sentence-transformers' MultipleNegativesRankingLoss on the same vectors."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins import blockwise
from sentence_transformers.sentence_transformer.losses import (
    MultipleNegativesRankingLoss,
    MultipleNegativesSymmetricRankingLoss,
)
from torch import Tensor

from lacoskit import Loss, VectorBatch, plugins

WIDTH = 8


def loss(batch: VectorBatch, **options: object) -> Tensor:
    component = plugins.installed().select(Loss, "multiple-negatives")
    assert not component.needs_scores
    return component.build(component.options(**options))(batch)


def random_batch(
    negatives_of_each: list[int], seed: int = 0, size: float = 1.0, dtype: torch.dtype = torch.float32
) -> VectorBatch:
    """One example an entry of `negatives_of_each`; vectors of different lengths."""
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


def by_sentence_transformers(batch: VectorBatch, scale: float, symmetric: bool) -> Tensor:
    kind = MultipleNegativesSymmetricRankingLoss if symmetric else MultipleNegativesRankingLoss
    columns = [batch.anchors, batch.positives, *([batch.negatives] if len(batch.negatives) else [])]
    return kind(None, scale=scale).compute_loss_from_embeddings(columns, None)


def gradients(value: Tensor, batch: VectorBatch) -> list[Tensor]:
    vectors = [batch.anchors, batch.positives, *([batch.negatives] if len(batch.negatives) else [])]
    return list(torch.autograd.grad(value, vectors))


@pytest.mark.parametrize("symmetric", [False, True], ids=["one way", "symmetric"])
@pytest.mark.parametrize(
    ("dtype", "scale", "tolerance"),
    [(torch.float32, 20.0, 1e-6), (torch.float64, 1.0, 1e-12), (torch.float64, 100.0, 1e-12)],
    ids=["float32", "scale 1", "scale 100"],
)
@pytest.mark.parametrize(
    "negatives",
    [[0] * 6, [1] * 6, [3] * 6, [2, 0, 1, 5, 0, 1], [0]],
    ids=["none", "one", "three", "ragged", "single pair"],
)
def test_loss_and_gradient_are_those_of_sentence_transformers(
    negatives: list[int], dtype: torch.dtype, scale: float, tolerance: float, symmetric: bool
) -> None:
    batch = random_batch(negatives, dtype=dtype)
    ours = loss(batch, scale=scale, symmetric=symmetric)
    truth = by_sentence_transformers(batch, scale, symmetric)
    torch.testing.assert_close(ours, truth, atol=tolerance, rtol=tolerance)
    for gradient, true_gradient in zip(gradients(ours, batch), gradients(truth, batch), strict=True):
        size = max(1.0, true_gradient.abs().max().item())
        torch.testing.assert_close(gradient, true_gradient, atol=tolerance * size, rtol=0)


@pytest.mark.parametrize("symmetric", [False, True], ids=["one way", "symmetric"])
@given(
    negatives=st.lists(st.integers(0, 2), min_size=2, max_size=40),
    block=st.integers(1, 700),
    scale=st.sampled_from([1.0, 20.0, 100.0]),
)
@settings(max_examples=40, deadline=None)
def test_the_size_of_a_block_of_scores_does_not_matter(
    symmetric: bool, negatives: list[int], block: int, scale: float
) -> None:
    batch = random_batch(negatives)
    truth = by_sentence_transformers(batch, scale, symmetric)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK", block)
        patch.setattr(blockwise, "ROWS", 1)
        ours = loss(batch, scale=scale, symmetric=symmetric)
    torch.testing.assert_close(ours, truth, atol=1e-6, rtol=1e-6)
    for gradient, true_gradient in zip(gradients(ours, batch), gradients(truth, batch), strict=True):
        size = max(1.0, true_gradient.abs().max().item()) * max(1.0, scale / 20)  # as the rounding of scores grows
        torch.testing.assert_close(gradient, true_gradient, atol=2e-6 * size, rtol=0)


def test_no_tensor_is_kept_that_grows_with_the_square_of_the_batch() -> None:
    sizes = []

    def note(tensor: Tensor) -> Tensor:
        sizes.append(tensor.numel())
        return tensor

    batch = random_batch([1] * 500)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        loss(batch)
    assert 0 < max(sizes) <= 2 * 500 * WIDTH


def test_the_defaults_are_those_of_sentence_transformers() -> None:
    batch = random_batch([1] * 5)
    columns = [batch.anchors, batch.positives, batch.negatives]
    truth = MultipleNegativesRankingLoss(None).compute_loss_from_embeddings(columns, None)
    torch.testing.assert_close(loss(batch), truth, atol=1e-6, rtol=0)


def test_the_loss_is_the_formula() -> None:
    batch = random_batch([1, 0, 2])
    anchors, positives, negatives = (
        torch.nn.functional.normalize(v.detach().double(), dim=1).tolist()
        for v in (batch.anchors, batch.positives, batch.negatives)
    )
    losses = []
    for own, anchor in enumerate(anchors):
        logits = [20 * sum(a * b for a, b in zip(anchor, text, strict=True)) for text in positives + negatives]
        losses.append(-torch.tensor(logits, dtype=torch.float64).log_softmax(0)[own])
    assert loss(batch).item() == pytest.approx(float(sum(losses)) / 3, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=2, max_size=7), st.randoms(use_true_random=False), st.booleans())
def test_the_order_of_examples_and_negatives_does_not_matter(negatives: list[int], random: object, way: bool) -> None:
    batch = random_batch(negatives)
    order = list(range(len(negatives)))
    random.shuffle(order)  # type: ignore[attr-defined]
    starts = torch.tensor([0, *negatives]).cumsum(0).tolist()
    ranges = list(pairwise(starts))
    rows = [row for example in order for row in range(*ranges[example])]
    new_place = torch.tensor(order).argsort()
    shuffled = VectorBatch(
        anchors=batch.anchors[order],
        positives=batch.positives[order],
        negatives=batch.negatives[rows],
        negative_of=new_place[batch.negative_of[rows]],
    )
    torch.testing.assert_close(loss(shuffled, symmetric=way), loss(batch, symmetric=way), atol=1e-5, rtol=0)


@pytest.mark.parametrize("symmetric", [False, True])
def test_only_directions_count(symmetric: bool) -> None:
    batch, larger = random_batch([1] * 6, size=1.0), random_batch([1] * 6, size=1e4)
    torch.testing.assert_close(loss(larger, symmetric=symmetric), loss(batch, symmetric=symmetric), atol=1e-5, rtol=0)


@pytest.mark.parametrize("symmetric", [False, True])
def test_a_scale_at_which_exponentials_overflow_is_computed_right(symmetric: bool) -> None:
    batch = random_batch([1] * 300)
    exact = VectorBatch(
        anchors=batch.anchors.double(),
        positives=batch.positives.double(),
        negatives=batch.negatives.double(),
        negative_of=batch.negative_of,
    )
    ours = loss(batch, scale=2000.0, symmetric=symmetric)
    truth = by_sentence_transformers(exact, 2000.0, symmetric)
    assert truth > 100
    torch.testing.assert_close(ours.double(), truth, atol=0, rtol=1e-5)
    assert all(torch.isfinite(gradient).all() for gradient in gradients(ours, batch))


def test_a_text_that_is_its_own_positive_twice_ties() -> None:
    # Two equal pairs: each anchor cannot tell its positive from the other, so the loss is log 2.
    vectors = torch.ones(2, WIDTH)
    nothing = torch.zeros(0, WIDTH)
    batch = VectorBatch(anchors=vectors, positives=vectors, negatives=nothing, negative_of=torch.zeros(0).long())
    assert loss(batch).item() == pytest.approx(0.693147, abs=1e-6)
    assert loss(batch, symmetric=True).item() == pytest.approx(0.693147, abs=1e-6)


def test_hard_negatives_make_the_loss_larger() -> None:
    batch = random_batch([2] * 4)
    without = VectorBatch(
        anchors=batch.anchors,
        positives=batch.positives,
        negatives=batch.negatives[:0],
        negative_of=batch.negative_of[:0],
    )
    assert loss(batch) > loss(without)
