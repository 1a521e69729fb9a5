"""The truth is sentence-transformers' AnglELoss on the same vectors."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.losses import AnglELoss
from torch import Tensor
from vector_batches import assert_same, build, random_batch

from lacoskit import Loss, VectorBatch, plugins


def scored(scores: list[float], seed: int = 0, width: int = 8, dtype: torch.dtype = torch.float64) -> VectorBatch:
    batch = random_batch([0] * len(scores), seed, dtype=dtype)
    parts = {role: getattr(batch, role).detach()[:, :width].requires_grad_(True) for role in ("anchors", "positives")}
    return replace(batch, **parts, scores=torch.tensor(scores, dtype=torch.float32))


def by_sentence_transformers(batch: VectorBatch, scale: float = 20.0) -> Tensor:
    return AnglELoss(None, scale=scale).compute_loss_from_embeddings([batch.anchors, batch.positives], batch.scores)


@pytest.mark.parametrize("scale", [1.0, 20.0])
@pytest.mark.parametrize("width", [8, 7], ids=["even", "odd"])
def test_loss_and_gradient_are_those_of_sentence_transformers(width: int, scale: float) -> None:
    for dtype, tolerance in ((torch.float32, 2e-6), (torch.float64, 1e-12)):
        batch = scored([5, 0, 5, 2.5, 2.5, 0, 1], width=width, dtype=dtype)
        ours = build("angle", scale=scale)(batch)
        assert ours > 0.1
        assert_same(ours, by_sentence_transformers(batch, scale), batch, tolerance)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.integers(0, 99))
def test_any_scores_give_the_loss_of_sentence_transformers(scores: list[float], seed: int) -> None:
    batch = scored(scores, seed)
    assert_same(build("angle")(batch), by_sentence_transformers(batch), batch, 1e-11)


def test_the_similarity_is_that_of_complex_numbers() -> None:
    batch = scored([2, 1])
    z, w = (torch.complex(*v.detach().chunk(2, dim=1)) for v in (batch.anchors, batch.positives))
    inner = (z * w.conj()).sum(1) / (z.abs().square().sum(1) * w.abs().square().sum(1)).sqrt()
    first, second = (inner.real + inner.imag).abs().tolist()
    assert build("angle")(batch).item() == pytest.approx(torch.tensor(20 * (second - first)).exp().log1p().item())


def test_every_pair_needs_a_score() -> None:
    assert plugins.installed().select(Loss, "angle").needs_scores
