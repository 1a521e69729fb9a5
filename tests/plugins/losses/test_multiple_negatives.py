"""The truth is sentence-transformers' MultipleNegativesRankingLoss on the same vectors."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lacoskit_builtins import blockwise
from pydantic import ValidationError
from sentence_transformers.sentence_transformer.losses import (
    MultipleNegativesRankingLoss,
    MultipleNegativesSymmetricRankingLoss,
)
from torch import Tensor
from vector_batches import WIDTH, assert_same, build, columns, gradients, random_batch

from lacoskit import Loss, VectorBatch, plugins

ONE_WAY: dict[str, Any] = {}
SYMMETRIC = {"directions": ("query_to_doc", "doc_to_query"), "partition": "per_direction"}
BOTH = pytest.mark.parametrize("way", [ONE_WAY, SYMMETRIC], ids=["one way", "symmetric"])


def loss(batch: VectorBatch, **options: object) -> Tensor:
    return build("multiple-negatives", **options)(batch)


def by_sentence_transformers(batch: VectorBatch, scale: float, way: dict[str, Any]) -> Tensor:
    kind = MultipleNegativesSymmetricRankingLoss if way else MultipleNegativesRankingLoss
    columns = [batch.anchors, batch.positives, *([batch.negatives] if len(batch.negatives) else [])]
    return kind(None, scale=scale).compute_loss_from_embeddings(columns, None)


def test_nothing_but_vectors_is_needed() -> None:
    component = plugins.installed().select(Loss, "multiple-negatives")
    assert not component.needs_scores
    assert component.teacher(component.options()) is None


@BOTH
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
    negatives: list[int], dtype: torch.dtype, scale: float, tolerance: float, way: dict[str, Any]
) -> None:
    batch = random_batch(negatives, dtype=dtype)
    ours = loss(batch, scale=scale, **way)
    truth = by_sentence_transformers(batch, scale, way)
    torch.testing.assert_close(ours, truth, atol=tolerance, rtol=tolerance)
    for gradient, true_gradient in zip(gradients(ours, batch), gradients(truth, batch), strict=True):
        size = max(1.0, true_gradient.abs().max().item())
        torch.testing.assert_close(gradient, true_gradient, atol=tolerance * size, rtol=0)


@BOTH
@given(
    negatives=st.lists(st.integers(0, 2), min_size=2, max_size=40),
    block=st.integers(1, 700),
    scale=st.sampled_from([1.0, 20.0, 100.0]),
)
@settings(max_examples=40, deadline=None)
def test_the_size_of_a_block_of_scores_does_not_matter(
    way: dict[str, Any], negatives: list[int], block: int, scale: float
) -> None:
    batch = random_batch(negatives)
    truth = by_sentence_transformers(batch, scale, way)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK", block)
        patch.setattr(blockwise, "ROWS", 1)
        ours = loss(batch, scale=scale, **way)
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
@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=7),
    st.randoms(use_true_random=False),
    st.sampled_from([ONE_WAY, SYMMETRIC]),
)
def test_the_order_of_examples_and_negatives_does_not_matter(
    negatives: list[int], random: object, way: dict[str, Any]
) -> None:
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
    torch.testing.assert_close(loss(shuffled, **way), loss(batch, **way), atol=1e-5, rtol=0)


@BOTH
def test_only_directions_count(way: dict[str, Any]) -> None:
    batch, larger = random_batch([1] * 6, size=1.0), random_batch([1] * 6, size=1e4)
    torch.testing.assert_close(loss(larger, **way), loss(batch, **way), atol=1e-5, rtol=0)


@BOTH
def test_a_scale_at_which_exponentials_overflow_is_computed_right(way: dict[str, Any]) -> None:
    batch = random_batch([1] * 300)
    exact = VectorBatch(
        anchors=batch.anchors.double(),
        positives=batch.positives.double(),
        negatives=batch.negatives.double(),
        negative_of=batch.negative_of,
    )
    ours = loss(batch, scale=2000.0, **way)
    truth = by_sentence_transformers(exact, 2000.0, way)
    assert truth > 100
    torch.testing.assert_close(ours.double(), truth, atol=0, rtol=1e-5)
    assert all(torch.isfinite(gradient).all() for gradient in gradients(ours, batch))


def test_a_text_that_is_its_own_positive_twice_ties() -> None:
    # Two equal pairs: each anchor cannot tell its positive from the other, so the loss is log 2.
    vectors = torch.ones(2, WIDTH)
    nothing = torch.zeros(0, WIDTH)
    batch = VectorBatch(anchors=vectors, positives=vectors, negatives=nothing, negative_of=torch.zeros(0).long())
    assert loss(batch).item() == pytest.approx(0.693147, abs=1e-6)
    assert loss(batch, **SYMMETRIC).item() == pytest.approx(0.693147, abs=1e-6)


def test_hard_negatives_make_the_loss_larger() -> None:
    batch = random_batch([2] * 4)
    without = VectorBatch(
        anchors=batch.anchors,
        positives=batch.positives,
        negatives=batch.negatives[:0],
        negative_of=batch.negative_of[:0],
    )
    assert loss(batch) > loss(without)


ALL = ("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")
WAYS = [ALL[:1], ALL[:2], ("query_to_doc", "doc_to_query"), ("query_to_doc", "doc_to_doc"), ALL]


@pytest.mark.parametrize("each", [0, 1, 3])
@pytest.mark.parametrize("directions", WAYS, ids=["+".join(way) for way in WAYS])
def test_joint_directions_are_those_of_sentence_transformers(directions: tuple[str, ...], each: int) -> None:
    for dtype, tolerance in ((torch.float32, 2e-6), (torch.float64, 1e-12)):
        batch = random_batch([each] * 6, dtype=dtype)
        truth = MultipleNegativesRankingLoss(None, directions=directions).compute_loss_from_embeddings(
            columns(batch), None
        )
        assert_same(loss(batch, directions=directions[::-1]), truth, batch, tolerance)


@pytest.mark.parametrize("each", [0, 1, 3])
@pytest.mark.parametrize("mode", ["hard_negatives", "in_batch_negatives", "all_negatives"])
@pytest.mark.parametrize("directions", [ALL[:1], ALL])
def test_hardness_is_that_of_sentence_transformers(directions: tuple[str, ...], mode: str, each: int) -> None:
    batch = random_batch([each] * 6, dtype=torch.float64)
    truth = MultipleNegativesRankingLoss(
        None, directions=directions, hardness_mode=mode, hardness_strength=5.0
    ).compute_loss_from_embeddings(columns(batch), None)
    ours = loss(batch, directions=directions, hardness=5.0, hardness_of=mode)
    assert_same(ours, truth, batch, 1e-12)
    assert (ours != loss(batch, directions=directions)) == (each > 0 or mode != "hard_negatives")


def naive(batch: VectorBatch, **options: Any) -> Tensor:
    """The loss in float64, one score at a time."""
    o = plugins.installed().select(Loss, "multiple-negatives").options(**options)
    a, p, n = (
        torch.nn.functional.normalize(v.double(), dim=1) for v in (batch.anchors, batch.positives, batch.negatives)
    )
    count, of = len(a), batch.negative_of.tolist()
    ids = [[f"a{i}" for i in range(count)], [f"p{i}" for i in range(count)], [f"n{k}" for k in range(len(n))]]
    if batch.anchor_texts is not None:
        ids = [numbers.tolist() for numbers in (batch.anchor_texts, batch.positive_texts, batch.negative_texts)]
    doc = [(p[j], ids[1][j], j, False) for j in range(count)] + [(n[k], ids[2][k], of[k], True) for k in range(len(n))]
    query = [(a[j], ids[0][j], j, False) for j in range(count)]

    def negatives_of(i: int, direction: str) -> list[Tensor]:
        row, text = (a[i], ids[0][i]) if direction.startswith("query") else (p[i], ids[1][i])
        scores = []
        for vector, candidate, example, hard in doc if direction.endswith("doc") else query:
            cosine = row @ vector
            its_own = example == i and not (hard and direction == "query_to_doc")
            partner = ids[1 if direction.endswith("query") else 0][example]
            same = candidate in (ids[0][i], ids[1][i]) or (not hard and partner == text)
            too_near = o.false_negative_margin is not None and cosine > a[i] @ p[i] + o.false_negative_margin
            if its_own or same or too_near or (hard and example != i and o.hard_negatives == "own"):
                continue
            score = o.scale * cosine
            weighed = {
                "hard_negatives": hard and example == i,
                "in_batch_negatives": example != i,
                "all_negatives": True,
            }
            if direction == "query_to_doc" and weighed[o.hardness_of]:
                score = score + o.hardness * cosine.detach()
            scores.append(score)
        return scores

    losses = []
    for i in range(count):
        own = o.scale * a[i] @ p[i]
        # in doc_to_query the pair stands once more, beside query_to_doc's
        sets = [[*([own] if d in ("query_to_doc", "doc_to_query") else []), *negatives_of(i, d)] for d in o.directions]
        sets = [[score for scores in sets for score in scores]] if o.partition == "joint" else sets
        losses.append(torch.stack([torch.stack(scores).logsumexp(0) - own for scores in sets]).mean())
    return torch.stack(losses).mean()


def with_texts(batch: VectorBatch, texts: list[int]) -> VectorBatch:
    """The batch, whose texts have these numbers by turns; what is the same text has the same vector."""
    vectors = torch.randn(max(texts) + 1, WIDTH, generator=torch.Generator().manual_seed(7))
    given = torch.tensor(texts * 40)
    count, start, parts = len(batch.anchors), 0, {}
    for role, size in (("anchor", count), ("positive", count), ("negative", len(batch.negatives))):
        numbers = given[start : start + size]
        parts |= {f"{role}_texts": numbers, f"{role}s": vectors[numbers].requires_grad_(True)}
        start += size
    return replace(batch, **parts)


@given(
    negatives=st.lists(st.integers(0, 2), min_size=2, max_size=7),
    texts=st.lists(st.integers(0, 30), min_size=1, max_size=40),
    directions=st.sampled_from(WAYS),
    partition=st.sampled_from(["joint", "per_direction"]),
    hard_negatives=st.sampled_from(["batch", "own"]),
    hardness=st.sampled_from([0.0, 5.0]),
    hardness_of=st.sampled_from(["hard_negatives", "in_batch_negatives", "all_negatives"]),
    false_negative_margin=st.sampled_from([None, 0.0, 0.1]),
    block=st.integers(1, 60),
)
@settings(max_examples=80, deadline=None)
def test_any_options_give_the_loss_that_a_double_loop_gives(
    negatives: list[int], texts: list[int], block: int, **options: Any
) -> None:
    assume(options["partition"] == "joint" or not {"query_to_query", "doc_to_doc"} & {*options["directions"]})
    batch = with_texts(random_batch(negatives), texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blockwise, "BLOCK", block)
        patch.setattr(blockwise, "ROWS", 1)
        ours = loss(batch, **options)
    assert_same(ours, naive(batch, **options).float(), batch, 2e-6)


def test_a_batch_without_repeated_texts_gives_the_same_bits_with_and_without_their_numbers() -> None:
    batch = random_batch([1] * 5)
    told = replace(
        batch, anchor_texts=torch.arange(5), positive_texts=torch.arange(5, 10), negative_texts=torch.arange(10, 15)
    )
    assert loss(told, directions=ALL) == loss(batch, directions=ALL)


def test_texts_that_are_right_do_not_count_as_negatives() -> None:
    """Example 1 has example 0's positive, example 2 its anchor; its anchor and positive stand among the negatives."""
    batch = replace(
        random_batch([2, 1, 1]),
        anchor_texts=torch.tensor([10, 11, 10]),
        positive_texts=torch.tensor([20, 20, 22]),
        negative_texts=torch.tensor([20, 10, 33, 34]),
    )
    a, p, n = (torch.nn.functional.normalize(v, dim=1) for v in (batch.anchors, batch.positives, batch.negatives))
    told_from = [[p[0], n[2], n[3]], [p[1], p[2], n[1], n[2], n[3]], [p[2], p[1], n[0], n[2], n[3]]]
    logits = [20 * torch.stack(texts) @ anchor for anchor, texts in zip(a, told_from, strict=True)]
    truth = torch.stack([-scores.log_softmax(0)[0] for scores in logits]).mean()
    assert_same(loss(batch), truth, batch)


def test_a_pair_that_is_one_text_twice_is_still_told_from_the_others() -> None:
    batch = random_batch([0] * 4)
    numbers = torch.arange(4)
    told = replace(batch, anchor_texts=numbers, positive_texts=numbers, negative_texts=numbers[:0])
    assert loss(told) == loss(batch)


def test_a_false_negative_is_dropped_beyond_the_margin_and_only_there() -> None:
    anchors = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    positives = torch.tensor([[0.8, 0.6], [0.0, 1.0]])
    negatives = torch.tensor([[0.95, (1 - 0.95**2) ** 0.5]])
    batch = VectorBatch(anchors=anchors, positives=positives, negatives=negatives, negative_of=torch.tensor([0]))
    without = replace(batch, negatives=negatives[:0], negative_of=torch.zeros(0).long())
    assert loss(batch, false_negative_margin=0.1).item() == pytest.approx(loss(without).item(), abs=1e-6)
    assert loss(batch, false_negative_margin=0.2).item() == pytest.approx(loss(batch).item(), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"directions": ["doc_to_query"]}, "query_to_doc is the direction that has the pair; add it"),
        ({"directions": ["query_to_doc", "query_to_doc"]}, "stands there twice"),
        ({"directions": []}, "at least 1 item"),
        ({"directions": ["query_to_doc", "doc_to_doc"], "partition": "per_direction"}, "use partition: joint"),
        ({"false_negative_margin": -0.1}, "greater than or equal to 0"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        loss(random_batch([0]), **options)
