"""BLOOM on packed rows gives what Hugging Face's BLOOM gives, which is the truth of every test here."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from random_blooms import LENGTHS, PAD, assert_the_same, by_hugging_face, gradients, packed, random_bloom, random_texts
from torch import nn
from transformers import AutoModel, BertConfig, BertModel
from transformers.models.bloom.modeling_bloom import build_alibi_tensor

from lacoskit import Placement, Quantizer, plugins
from lacoskit.backbone import PackedBloom, PaddedBackbone, choose
from lacoskit.backbone.attention import alibi_slopes


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("kind", LENGTHS)
def test_outputs_and_gradients_equal_hugging_faces(kind: str, side: str) -> None:
    assert_the_same(random_bloom(), random_texts(LENGTHS[kind]), side)


@pytest.mark.parametrize("heads", [1, 2, 3, 5, 6, 12])
def test_any_number_of_heads_works(heads: int) -> None:
    assert_the_same(random_bloom(heads=heads), random_texts(LENGTHS["mixed"]))


def test_the_residual_after_the_norm_is_respected() -> None:
    model = random_bloom(apply_residual_connection_post_layernorm=True)
    texts = random_texts(LENGTHS["mixed"])
    assert_the_same(model, texts)
    assert not torch.allclose(packed(model, texts), packed(random_bloom(), texts), atol=0.1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=12), st.integers(0, 1000))
def test_any_mix_of_lengths_gives_hugging_faces_states(lengths: list[int], seed: int) -> None:
    model, texts = random_bloom(), random_texts(lengths, seed)
    with torch.no_grad():
        truth = torch.cat([by_hugging_face(model, [text]) for text in texts])
        torch.testing.assert_close(packed(model, texts), truth, atol=1e-5, rtol=0)


def test_long_texts_give_hugging_faces_states() -> None:
    model, texts = random_bloom(), random_texts([700, 3, 520])
    with torch.no_grad():
        torch.testing.assert_close(packed(model, texts), by_hugging_face(model, texts), atol=1e-5, rtol=0)


def test_the_slopes_are_transformers_own() -> None:
    for heads in range(1, 113):
        # the bias of the second token is one slope more than that of the first
        theirs = build_alibi_tensor(torch.ones(1, 2), heads, torch.float32)[:, 0, 1]
        torch.testing.assert_close(alibi_slopes(heads).float(), theirs, atol=0, rtol=1e-6)


@pytest.mark.parametrize("kind", ["hidden_dropout", "attention_dropout"])
def test_dropout_stands_where_hugging_face_has_it(kind: str) -> None:
    # A dropout of 1 leaves nothing to chance, so both can be compared in training mode.
    model = random_bloom(**{kind: 1.0}).train()
    texts = random_texts(LENGTHS["mixed"])
    with torch.no_grad():
        trained = packed(model, texts)
        torch.testing.assert_close(trained, by_hugging_face(model, texts), atol=1e-5, rtol=0)
        assert not torch.allclose(trained, packed(model.eval(), texts), atol=0.1)


@pytest.mark.parametrize("kind", ["hidden_dropout", "attention_dropout"])
def test_dropout_is_random_in_training_only(kind: str) -> None:
    model = random_bloom(**{kind: 0.5})
    texts = random_texts(LENGTHS["mixed"])
    with torch.no_grad():
        assert torch.equal(packed(model, texts), packed(model, texts))
        model.train()
        assert not torch.allclose(packed(model, texts), packed(model, texts), atol=1e-3)


def with_lora(model: nn.Module) -> nn.Module:
    torch.manual_seed(2)
    targets = ["query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"]
    return get_peft_model(model, LoraConfig(r=4, target_modules=targets, init_lora_weights=False)).eval()


@pytest.mark.parametrize("side", ["left", "right"])
def test_lora_layers_take_part(side: str) -> None:
    model = with_lora(random_bloom().requires_grad_(False))
    texts = random_texts(LENGTHS["mixed"])
    assert_the_same(model, texts, side)
    assert sum(weight.requires_grad for weight in model.parameters()) == 2 * 2 * 4  # A and B, layers, targets
    with torch.no_grad(), model.disable_adapter():
        without = packed(model, texts)
    assert not torch.allclose(packed(model, texts), without, atol=0.1)


@pytest.fixture(scope="module")
def saved_bloom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bloom")
    random_bloom(heads=4, head_width=16).save_pretrained(path)
    return path


def quantized(path: Path, quantizer: str, **options: Any) -> nn.Module:
    component = plugins.installed().select(Quantizer, quantizer)
    arguments = component.load_arguments(component.options(**options), Placement(device="cpu", dtype="float32"))
    return AutoModel.from_pretrained(path, dtype=torch.float32, **arguments).eval().requires_grad_(False)


@pytest.mark.parametrize("type_", ["nf4", "fp4"])
def test_outputs_and_gradients_through_4_bit_layers_equal_hugging_faces(saved_bloom: Path, type_: str) -> None:
    model = with_lora(quantized(saved_bloom, "bnb-4bit", type=type_))
    assert_the_same(model, random_texts(LENGTHS["mixed"]))


def test_outputs_and_gradients_through_8_bit_layers_equal_hugging_faces(saved_bloom: Path) -> None:
    # In training; in evaluation bitsandbytes rounds the activations too, on a CPU.
    model = with_lora(quantized(saved_bloom, "bnb-8bit")).train()
    assert_the_same(model, random_texts(LENGTHS["mixed"]))


@pytest.mark.parametrize("threshold", [0.0, 2.0])
def test_8_bit_activations_are_rounded_as_hugging_faces_are(saved_bloom: Path, threshold: float) -> None:
    model = quantized(saved_bloom, "bnb-8bit", threshold=threshold)
    texts = random_texts([20, 20, 20])  # of equal length: with a threshold, bitsandbytes looks at padding too
    with torch.no_grad():
        truth, ours = by_hugging_face(model, texts), packed(model, texts)
        unquantized = packed(AutoModel.from_pretrained(saved_bloom, dtype=torch.float32).eval(), texts)
    rounding = (truth - unquantized).abs().mean()
    assert rounding > 1e-3
    # Where two activations lie on both sides of a step, one of them is rounded up: rare, so small in the mean.
    assert (ours - truth).abs().mean() < rounding / 20


@pytest.mark.parametrize("autocast", [False, True], ids=["bfloat16 weights", "autocast"])
def test_bfloat16_is_nearer_to_the_truth_than_hugging_faces(autocast: bool) -> None:
    model = random_bloom(heads=8, head_width=16, layers=4).bfloat16()
    texts = random_texts([300, 5, 180, 40, 255, 12, 90])
    if autocast:  # trained weights in float32, as in training
        model = model.float()
    with torch.no_grad():
        truth = by_hugging_face(copy.deepcopy(model).float(), texts)
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            theirs, ours = by_hugging_face(model, texts).float(), packed(model, texts).float()
    their_error, our_error = ((states - truth).square().mean().sqrt() for states in (theirs, ours))
    print(f"root mean square error to float32: Hugging Face {their_error:.2e}, packed {our_error:.2e}")
    assert our_error <= their_error


def test_bfloat16_gradients_are_nearer_to_the_truth_than_hugging_faces() -> None:
    model = random_bloom(heads=8, head_width=16, layers=4).bfloat16()
    texts = random_texts([300, 5, 180, 40, 255, 12, 90])
    exact = copy.deepcopy(model).float()
    truth = torch.cat([g.flatten() for g in gradients(exact, by_hugging_face(exact, texts))])
    errors = []
    for run in (by_hugging_face, packed):  # on a copy each: packing makes norms float32
        own = copy.deepcopy(model)
        ours = torch.cat([g.flatten().float() for g in gradients(own, run(own, texts))])
        errors.append(float((ours - truth).norm() / truth.norm()))
    print(f"relative error of the gradient: Hugging Face {errors[0]:.2e}, packed {errors[1]:.2e}")
    assert errors[1] <= errors[0]


def test_a_text_does_not_see_its_neighbours() -> None:
    model = random_bloom()
    first, second, other = random_texts([9, 8, 8])
    with torch.no_grad():
        beside_second = packed(model, [first, second])[: len(first)]
        beside_other = packed(model, [first, other])[: len(first)]
    assert torch.equal(beside_second, beside_other)


def test_a_bloom_is_packed_and_any_other_model_padded() -> None:
    bloom = random_bloom()
    bert = BertModel(BertConfig(vocab_size=9, hidden_size=8, num_hidden_layers=1, num_attention_heads=1))
    assert isinstance(choose(bloom, PAD), PackedBloom)
    assert isinstance(choose(with_lora(bloom), PAD), PackedBloom)
    assert isinstance(choose(bert, PAD), PaddedBackbone)


def test_only_tokens_are_counted_as_computed() -> None:
    assert PackedBloom(random_bloom()).slots(torch.tensor([7, 1, 30])) == 38
