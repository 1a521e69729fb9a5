"""The truth is sentence-transformers' GISTEmbedLoss, whose models give the vectors of the batch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins import blockwise
from sentence_transformers.sentence_transformer.losses import GISTEmbedLoss
from torch import Tensor, nn
from vector_batches import assert_same, build, columns, gradients, random_batch, with_teacher

from lacoskit import Loss, VectorBatch, plugins
from lacoskit.components import Placement


def loss(batch: VectorBatch, **options: Any) -> Tensor:
    return build("gist", teacher="some", **options)(batch)


def by_sentence_transformers(batch: VectorBatch, scale: float = 100.0, **options: Any) -> Tensor:
    truth = GISTEmbedLoss.__new__(GISTEmbedLoss)
    nn.Module.__init__(truth)
    truth.similarity_fct, truth.cross_entropy_loss = nn.CosineSimilarity(dim=-1), nn.CrossEntropyLoss()
    truth.temperature, truth.gather_across_devices, truth.must_retokenize = 1 / scale, False, False
    settings = {"margin_strategy": "absolute", "margin": 0.0, "contrast_anchors": True, "contrast_positives": True}
    for name, value in (settings | options).items():
        setattr(truth, name, value)
    assert batch.teacher is not None
    vectors = {"model": columns(batch), "guide": columns(batch.teacher)}
    with pytest.MonkeyPatch.context() as patch:
        truth.model, truth.guide = nn.Linear(1, 1), nn.Linear(2, 2)
        given_to = {id(truth.model): vectors["model"], id(truth.guide): vectors["guide"]}
        module = "sentence_transformers.sentence_transformer.losses.gist_embed.embed_columns"
        patch.setattr(module, lambda model, features: given_to[id(model)])
        return truth([{}] * len(vectors["model"]), None)


@pytest.mark.parametrize("contrast", [(True, True), (True, False), (False, True), (False, False)])
@pytest.mark.parametrize(("strategy", "margin"), [("absolute", 0.0), ("absolute", 0.3), ("relative", 0.2)])
@pytest.mark.parametrize("each", [0, 1])
def test_loss_and_gradient_are_those_of_sentence_transformers(
    each: int, strategy: str, margin: float, contrast: tuple[bool, bool]
) -> None:
    options = {"margin_strategy": strategy, "margin": margin}
    options |= {"contrast_anchors": contrast[0], "contrast_positives": contrast[1]}
    for dtype, scale, tolerance in ((torch.float32, 20.0, 2e-6), (torch.float64, 100.0, 1e-12)):
        batch = with_teacher(random_batch([each] * 7, dtype=dtype), width=12)
        ours, truth = loss(batch, scale=scale, **options), by_sentence_transformers(batch, scale, **options)
        assert truth > 0.1
        assert_same(ours, truth, batch, tolerance)


def test_the_guide_drops_some_texts_and_not_all() -> None:
    """Or the comparison above would be of nothing."""
    batch = with_teacher(random_batch([1] * 7))
    only_positives = {"contrast_anchors": False, "contrast_positives": False}
    assert 0.01 < loss(batch, **only_positives) < 0.99 * build("multiple-negatives", scale=100.0)(batch)


@given(
    negatives=st.lists(st.integers(0, 3), min_size=1, max_size=9),
    margin=st.sampled_from([-0.2, 0.0, 0.2]),
    seed=st.integers(0, 99),
    block=st.integers(1, 90),
)
@settings(max_examples=40, deadline=None)
def test_any_number_of_negatives_in_blocks_of_any_size(
    negatives: list[int], margin: float, seed: int, block: int
) -> None:
    batch = with_teacher(random_batch(negatives, seed, dtype=torch.float64))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK", block)
        patch.setattr(blockwise, "ROWS", 1)
        ours = loss(batch, margin=margin, scale=20.0)
    assert_same(ours, _dense(batch, margin), batch, 1e-12)


def _dense(batch: VectorBatch, margin: float) -> Tensor:
    """All scores in one matrix."""
    assert batch.teacher is not None
    a, p, n = (F.normalize(v, dim=1) for v in (batch.anchors, batch.positives, batch.negatives))
    ta, tp, tn = batch.teacher.anchors, batch.teacher.positives, batch.teacher.negatives
    scores = torch.cat([a @ p.T, a @ n.T, a @ a.T, p @ p.T], dim=1)
    guide = torch.cat([ta @ tp.T, ta @ tn.T, ta @ ta.T, tp @ tp.T], dim=1)
    count, first = len(a), len(a) + len(n)
    dropped = guide > (ta * tp).sum(1, keepdim=True) - margin
    own = torch.arange(count)
    dropped[own, own] = False
    dropped[own, first + own] = dropped[own, first + count + own] = True  # the text itself
    return F.cross_entropy(20 * scores.masked_fill(dropped, -torch.inf), own)


def test_a_text_that_is_right_does_not_count_whatever_the_guide_says() -> None:
    batch = with_teacher(random_batch([0] * 3))
    told = replace(
        batch,
        anchor_texts=torch.tensor([0, 1, 2]),
        positive_texts=torch.tensor([3, 3, 4]),
        negative_texts=torch.zeros(0).long(),
    )
    options = {"margin": -9.0, "contrast_anchors": False, "contrast_positives": False}  # this guide drops nothing
    a, p = F.normalize(batch.anchors), F.normalize(batch.positives)
    scores = 100 * a @ p.T
    scores = scores.masked_fill(torch.tensor([[0, 1, 0], [1, 0, 0], [0, 0, 0]]).bool(), -torch.inf)
    assert_same(loss(told, **options), F.cross_entropy(scores, torch.arange(3)), batch)


def test_no_gradient_goes_to_the_teacher() -> None:
    batch = with_teacher(random_batch([1] * 4))
    assert batch.teacher is not None
    teacher = replace(batch.teacher, anchors=batch.teacher.anchors.clone().requires_grad_(True))
    value = loss(replace(batch, teacher=teacher))
    assert all(gradient.any() for gradient in gradients(value, batch))
    assert torch.autograd.grad(loss(replace(batch, teacher=teacher)), teacher.anchors, allow_unused=True) == (None,)


@pytest.mark.parametrize("name", ["gist", "distill"])
def test_a_teacher_has_to_be_named(name: str) -> None:
    component = plugins.installed().select(Loss, name)
    here = Placement(device="cpu", dtype="float32")
    assert "teacher: FOLDER_OR_NAME" in (component.refuse(component.options(), here) or "")
    named = component.options(teacher="runs/strong")
    assert component.refuse(named, here) is None
    assert component.teacher(named) == "runs/strong"
