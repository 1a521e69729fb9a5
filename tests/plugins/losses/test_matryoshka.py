"""The truth is sentence-transformers' MatryoshkaLoss on the same vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
from torch import Tensor, nn
from vector_batches import WIDTH, assert_same, build, columns, random_batch, with_teacher

from lacoskit import LacoskitError, RunConfig, VectorBatch
from lacoskit.errors import ConfigError
from lacoskit.placement import placement_here
from lacoskit.preflight import check


def loss(batch: VectorBatch, **options: Any) -> Tensor:
    return build("matryoshka", **options)(batch)


class _Given(nn.Module):
    """A model that returns the vectors it is given."""

    def forward(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return dict(features)

    def get_embedding_dimension(self) -> int:
        return WIDTH


def by_sentence_transformers(batch: VectorBatch, dims: list[int], weights: list[float] | None) -> Tensor:
    model = _Given()
    truth = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model), dims, weights)
    return truth([{"sentence_embedding": column} for column in columns(batch)], None)


@pytest.mark.parametrize("each", [0, 1, 2])
@pytest.mark.parametrize(
    ("options", "dims", "weights"),
    [
        ({"dims": [4, 2]}, [8, 4, 2], None),
        ({"dims": [2, 4], "weights": [0.5, 2.0]}, [8, 4, 2], [1.0, 2.0, 0.5]),
        ({"dims": [8, 3], "weights": [3.0, 0.1]}, [8, 3], [3.0, 0.1]),
    ],
    ids=["equal", "weights", "a weight for the whole"],
)
def test_loss_and_gradient_are_those_of_sentence_transformers(
    options: dict[str, Any], dims: list[int], weights: list[float] | None, each: int
) -> None:
    for dtype, tolerance in ((torch.float32, 2e-6), (torch.float64, 1e-12)):
        batch = random_batch([each] * 6, dtype=dtype)
        assert_same(loss(batch, **options), by_sentence_transformers(batch, dims, weights), batch, tolerance)


def test_any_loss_may_be_wrapped_and_wrap() -> None:
    batch = with_teacher(random_batch([1] * 6, dtype=torch.float64), width=12)
    gist = {"name": "gist", "teacher": "some"}
    ours = loss(batch, dims=[4], loss={"name": "spread-out", "weight": 0.5, "loss": gist})
    assert batch.teacher is not None
    truth = torch.zeros((), dtype=torch.float64)
    for dim in (4, 8):
        cut = VectorBatch(
            anchors=batch.anchors[:, :dim],
            positives=batch.positives[:, :dim],
            negatives=batch.negatives[:, :dim],
            negative_of=batch.negative_of,
            teacher=batch.teacher,
        )
        truth = truth + build("gist", teacher="some")(cut)
        for vectors in (cut.anchors, cut.positives):
            cosines = F.normalize(vectors) @ F.normalize(vectors).T
            truth = truth + 0.5 * (cosines - torch.eye(6)).square().sum() / 30
    assert_same(ours, truth, batch, 1e-12)


def test_a_length_beyond_the_model_is_refused_before_the_model_is_loaded(tiny_bloom: Path) -> None:
    loss = {"name": "matryoshka", "dims": [100_000, 4]}
    config = RunConfig.model_validate({"model": str(tiny_bloom), "loss": loss})
    with pytest.raises(ConfigError, match=r"loss: vectors of \d+ values cannot be cut to 100000; give shorter dims"):
        check(config, placement_here(config))


def test_a_length_that_the_vectors_do_not_have_is_told() -> None:
    with pytest.raises(LacoskitError, match="vectors of 8 values cannot be cut to 64"):
        loss(random_batch([1] * 3), dims=[64, 4])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"dims": [4, 4]}, "a length stands there twice"),
        ({"dims": []}, "at least 1 item"),
        ({"dims": [0]}, "greater than 0"),
        ({"dims": [4, 2], "weights": [1.0]}, "1 weights for 2 dims; give one for each"),
    ],
)
def test_options_that_mean_nothing_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        loss(random_batch([0]), **options)
