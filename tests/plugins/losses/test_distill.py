"""The truths are sentence-transformers' DistillKLDivLoss, MarginMSELoss, EmbedDistillLoss and MSELoss."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins import blockwise
from sentence_transformers.sentence_transformer.losses import (
    DistillKLDivLoss,
    EmbedDistillLoss,
    MarginMSELoss,
    MSELoss,
)
from sentence_transformers.util import pairwise_cos_sim
from torch import Tensor
from vector_batches import WIDTH, assert_same, build, columns, gradients, random_batch, with_teacher

from lacoskit import LacoskitError, VectorBatch

EXACT = {torch.float32: 1e-6, torch.float64: 1e-12}


def loss(batch: VectorBatch, **options: Any) -> Tensor:
    return build("distill", teacher="some", **options)(batch)


def taught(negatives: list[int], dtype: torch.dtype = torch.float64, width: int = WIDTH, seed: int = 0) -> VectorBatch:
    return with_teacher(random_batch(negatives, seed, dtype=dtype), width=width)


def teacher_scores(batch: VectorBatch) -> Tensor:
    """Of each anchor with its positive, then its own negatives: [examples, 1 + negatives]."""
    assert batch.teacher is not None
    anchors, *texts = columns(batch.teacher)
    return torch.stack([(anchors * other).sum(1) for other in texts], dim=1)


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize(("scale", "teacher_scale"), [(1.0, None), (20.0, None), (20.0, 5.0)])
@pytest.mark.parametrize("each", [1, 3])
def test_own_scores_are_those_of_sentence_transformers(
    each: int, scale: float, teacher_scale: float | None, dtype: torch.dtype
) -> None:
    batch = taught([each] * 6, dtype, width=12)
    reference = DistillKLDivLoss(
        None,
        similarity_fct=pairwise_cos_sim,
        student_temperature=1 / scale,
        teacher_temperature=1 / (teacher_scale or scale),
    )
    truth = reference.compute_loss_from_embeddings(columns(batch), teacher_scores(batch)) * scale**2
    assert truth > 0.001
    ours = loss(batch, candidates="own", scale=scale, teacher_scale=teacher_scale)
    assert_same(ours, truth, batch, 2 * EXACT[dtype])


@given(
    negatives=st.lists(st.integers(0, 3), min_size=1, max_size=9),
    candidates=st.sampled_from(["batch", "own"]),
    seed=st.integers(0, 99),
    block=st.integers(1, 90),
)
@settings(max_examples=40, deadline=None)
def test_scores_over_the_batch_are_those_of_one_matrix(
    negatives: list[int], candidates: str, seed: int, block: int
) -> None:
    batch = taught(negatives, seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK", block)
        patch.setattr(blockwise, "ROWS", 1)
        ours = loss(batch, candidates=candidates)
    logs = []
    for vectors in (batch, batch.teacher):
        assert vectors is not None
        anchors, texts = F.normalize(vectors.anchors), F.normalize(torch.cat([vectors.positives, vectors.negatives]))
        scores = 20 * anchors @ texts.T
        if candidates == "own":
            of = torch.cat([torch.arange(len(anchors)), batch.negative_of])
            scores = scores.masked_fill(of != torch.arange(len(anchors))[:, None], -1e9)
        logs.append(scores.log_softmax(1))
    truth = F.kl_div(logs[0], logs[1], reduction="batchmean", log_target=True)
    assert_same(ours, truth, batch, 1e-9)


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("each", [1, 3])
def test_margins_are_those_of_sentence_transformers(each: int, dtype: torch.dtype) -> None:
    batch = taught([each] * 6, dtype, width=12)
    reference = MarginMSELoss(None, similarity_fct=pairwise_cos_sim)
    truth = reference.compute_loss_from_embeddings(columns(batch), teacher_scores(batch))
    assert_same(loss(batch, match="margins"), truth, batch, EXACT[dtype])


def test_a_batch_without_negatives_has_no_margin_to_learn() -> None:
    batch = taught([0] * 4)
    value = loss(batch, match="margins")
    assert value == 0
    assert not any(gradient.any() for gradient in gradients(value, batch))


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("each", [0, 2])
@pytest.mark.parametrize("match", ["cosine", "mse"])
def test_vectors_are_those_of_sentence_transformers(match: str, each: int, dtype: torch.dtype) -> None:
    batch = taught([each] * 6, dtype)
    assert batch.teacher is not None
    reference = MSELoss(None) if match == "mse" else EmbedDistillLoss(None)
    truth = reference.compute_loss_from_embeddings(columns(batch), columns(batch.teacher))
    assert_same(loss(batch, match=match), truth, batch, EXACT[dtype])


def test_of_longer_vectors_the_first_values_count() -> None:
    batch = taught([1] * 3, width=WIDTH + 4)
    assert batch.teacher is not None
    truth = torch.stack(
        [
            1 - F.cosine_similarity(ours, theirs[:, :WIDTH])
            for ours, theirs in zip(columns(batch), columns(batch.teacher), strict=True)
        ]
    ).mean()
    assert_same(loss(batch, match="cosine"), truth, batch, 1e-12)


@pytest.mark.parametrize("match", ["cosine", "mse"])
def test_shorter_vectors_are_refused(match: str) -> None:
    with pytest.raises(LacoskitError, match=r"have 4 values, those in training 8; use match: scores"):
        loss(taught([1] * 3, width=4), match=match)


@pytest.mark.parametrize("match", ["scores", "margins", "cosine"])
def test_a_student_that_is_its_teacher_has_nothing_to_learn(match: str) -> None:
    batch = with_teacher(random_batch([2] * 4, dtype=torch.float64), noise=0.0)
    value = loss(batch, match=match)
    assert value.item() == pytest.approx(0, abs=1e-12)
    assert all(gradient.abs().max() < 1e-7 for gradient in gradients(value, batch))
