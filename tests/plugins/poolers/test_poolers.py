"""Every pooler gives what sentence-transformers' Pooling gives on padded states, which is the truth here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.modules import Pooling
from torch import Tensor

from lacoskit import PackedStates, Pooler, plugins

WIDTH = 6
NAMES = ("mean", "weighted-mean", "last", "first")
LENGTHS = (5, 1, 9, 2, 9)
some_lengths = st.lists(st.integers(1, 20), min_size=1, max_size=8)


def states_of(lengths: tuple[int, ...] | list[int], seed: int = 0, dtype: torch.dtype = torch.float32) -> PackedStates:
    generator = torch.Generator().manual_seed(seed)
    return PackedStates(torch.randn(sum(lengths), WIDTH, generator=generator).to(dtype), torch.tensor(lengths))


def pool(name: str, batch: PackedStates) -> Tensor:
    component = plugins.installed().select(Pooler, name)
    return component.build(component.options(), WIDTH)(batch)


def by_sentence_transformers(name: str, batch: PackedStates, side: str, extra: int = 0) -> Tensor:
    """The same pooling over a padded block, whose padding is full of large numbers."""
    texts = batch.states.split(batch.lengths.tolist())
    longest = int(batch.lengths.max()) + extra
    rows, masks = [], []
    for text in texts:
        garbage = 1000 * torch.ones(longest - len(text), WIDTH, dtype=text.dtype)
        real, padding = torch.ones(len(text), dtype=torch.long), torch.zeros(len(garbage), dtype=torch.long)
        rows.append(torch.cat([garbage, text] if side == "left" else [text, garbage]))
        masks.append(torch.cat([padding, real] if side == "left" else [real, padding]))
    mode = plugins.installed().select(Pooler, name).saved_as
    assert mode is not None
    features = {"token_embeddings": torch.stack(rows), "attention_mask": torch.stack(masks)}
    return Pooling(WIDTH, mode)(features)["sentence_embedding"]


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", NAMES)
def test_the_vectors_are_those_of_sentence_transformers(name: str, side: str) -> None:
    batch = states_of(LENGTHS)
    torch.testing.assert_close(pool(name, batch), by_sentence_transformers(name, batch, side), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(lengths=some_lengths, extra=st.integers(0, 30), side=st.sampled_from(["left", "right"]), seed=st.integers(0, 99))
def test_padding_moves_nothing(name: str, lengths: list[int], extra: int, side: str, seed: int) -> None:
    batch = states_of(lengths, seed)
    torch.testing.assert_close(pool(name, batch), by_sentence_transformers(name, batch, side, extra), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25, deadline=None)
@given(lengths=some_lengths, seed=st.integers(0, 99))
def test_a_text_does_not_touch_another(name: str, lengths: list[int], seed: int) -> None:
    batch = states_of(lengths, seed)
    alone = [pool(name, PackedStates(text, torch.tensor([len(text)])))[0] for text in batch.states.split(lengths)]
    torch.testing.assert_close(pool(name, batch), torch.stack(alone), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_gradient_is_that_of_sentence_transformers(name: str) -> None:
    batch = states_of(LENGTHS)
    batch.states.requires_grad_(True)
    weights = torch.randn(len(LENGTHS), WIDTH, generator=torch.Generator().manual_seed(1))
    (ours,) = torch.autograd.grad((pool(name, batch) * weights).sum(), batch.states)
    (truth,) = torch.autograd.grad((by_sentence_transformers(name, batch, "left") * weights).sum(), batch.states)
    assert truth.abs().max() > 0.1
    torch.testing.assert_close(ours, truth, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_the_vector_of_one_token_is_its_state(name: str) -> None:
    batch = states_of([1, 1, 1])
    torch.testing.assert_close(pool(name, batch), batch.states, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", NAMES)
def test_bfloat16_states_are_summed_in_float32(name: str) -> None:
    batch = states_of([400, 3], dtype=torch.bfloat16)
    exact = PackedStates(batch.states.float(), batch.lengths)
    vectors = pool(name, batch)
    assert vectors.dtype == torch.float32
    assert torch.equal(vectors, pool(name, exact))


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_trained_in_it(name: str) -> None:
    component = plugins.installed().select(Pooler, name)
    assert not component.build(component.options(), WIDTH).state_dict()


def test_weights_of_the_weighted_mean_are_positions_counted_from_one() -> None:
    batch = states_of([3, 2])
    states = batch.states.numpy()
    truth = [(states[0] + 2 * states[1] + 3 * states[2]) / 6, (states[3] + 2 * states[4]) / 3]
    np.testing.assert_allclose(pool("weighted-mean", batch).numpy(), np.stack(truth), atol=1e-6)


def test_first_and_last_are_the_ends_of_each_text() -> None:
    batch = states_of(LENGTHS)
    assert torch.equal(pool("first", batch), batch.states[[0, 5, 6, 15, 17]])
    assert torch.equal(pool("last", batch), batch.states[[4, 5, 14, 16, 25]])
