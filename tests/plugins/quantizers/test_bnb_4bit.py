from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bitsandbytes as bnb
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from lacoskit import Placement, Quantizer, plugins
from lacoskit.backbone import PackedBloom

CPU = Placement(device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def component() -> Quantizer[Any]:
    return plugins.installed().select(Quantizer, "bnb-4bit")


@pytest.fixture(scope="module")
def model(load: Callable[..., Any]) -> Any:
    return load("bnb-4bit")


def layers(model: nn.Module) -> list[Any]:
    return [module for module in model.modules() if isinstance(module, bnb.nn.Linear4bit)]


def weights_of(model: nn.Module) -> dict[str, torch.Tensor]:
    """The weights that the layers stand for, by name."""
    return {
        name: bnb.functional.dequantize_4bit(module.weight.data, module.weight.quant_state).float()
        for name, module in model.named_modules()
        if isinstance(module, bnb.nn.Linear4bit)
    }


def test_every_linear_layer_holds_half_a_byte_a_weight(model: Any) -> None:
    assert len(layers(model)) == len([m for m in model.modules() if isinstance(m, nn.Linear)]) == 4 * 6
    for linear in layers(model):
        assert linear.weight.dtype == torch.uint8
        assert linear.weight.numel() * 2 == linear.in_features * linear.out_features


@pytest.mark.parametrize("type_", ["nf4", "fp4"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_vectors_stay_near_those_of_the_plain_model(
    load: Callable[..., Any], vectors_of: Callable[..., Any], plain_vectors: torch.Tensor, type_: str, dtype: str
) -> None:
    vectors = vectors_of(load("bnb-4bit", dtype, type=type_))
    assert F.cosine_similarity(vectors, plain_vectors).min() > 0.98
    assert F.cosine_similarity(vectors, plain_vectors).max() < 0.99999


def test_nf4_rounds_trained_weights_less_than_fp4(load: Callable[..., Any]) -> None:
    exact = load(None)
    errors = {}
    for type_ in ("nf4", "fp4"):
        quantized = load("bnb-4bit", type=type_)
        assert {layer.weight.quant_state.quant_type for layer in layers(quantized)} == {type_}
        rounded = weights_of(quantized)
        errors[type_] = sum(float((exact.get_submodule(n).weight - w).square().sum()) for n, w in rounded.items())
    assert errors["nf4"] < 0.9 * errors["fp4"]


def test_double_quantization_holds_the_scales_in_8_bits(load: Callable[..., Any], model: Any) -> None:
    assert {layer.weight.quant_state.absmax.dtype for layer in layers(model)} == {torch.uint8}
    single = load("bnb-4bit", double_quantization=False)
    assert {layer.weight.quant_state.absmax.dtype for layer in layers(single)} == {torch.float32}


@pytest.mark.parametrize("storage", ["bfloat16", "float32"])
def test_the_packed_bytes_can_pose_as_another_dtype(
    load: Callable[..., Any], vectors_of: Callable[..., Any], model: Any, storage: str
) -> None:
    posing = load("bnb-4bit", quant_storage=storage)
    dtype = getattr(torch, storage)
    for layer, plain in zip(layers(posing), layers(model), strict=True):
        assert layer.weight.dtype == dtype
        assert layer.weight.numel() * dtype.itemsize == plain.weight.numel()
    torch.testing.assert_close(vectors_of(posing), vectors_of(model), atol=1e-6, rtol=0)


def test_the_matrix_products_are_in_the_dtype_asked_for(load: Callable[..., Any], model: Any) -> None:
    assert {layer.compute_dtype for layer in layers(model)} == {torch.float32}
    assert {layer.compute_dtype for layer in layers(load("bnb-4bit", "bfloat16"))} == {torch.bfloat16}
    assert {layer.compute_dtype for layer in layers(load("bnb-4bit", compute_dtype="bfloat16"))} == {torch.bfloat16}


def test_skipped_modules_stay_as_they_are(load: Callable[..., Any]) -> None:
    model = load("bnb-4bit", skip_modules=("query_key_value",))
    kept = {name for name, m in model.named_modules() if isinstance(m, nn.Linear) and m.weight.dtype == torch.float32}
    assert kept == {f"h.{layer}.self_attention.query_key_value" for layer in range(6)}


def gradient_through(model: Any) -> torch.Tensor:
    """Of the embedding of three tokens."""
    embedding = model.word_embeddings.weight
    embedding.requires_grad_(True)
    states = PackedBloom(model.train())(torch.tensor([5, 6, 7]), torch.tensor([3]))
    (gradient,) = torch.autograd.grad(states.pow(2).mean(), embedding)
    embedding.requires_grad_(False)
    model.eval()
    return gradient[[5, 6, 7]]


def test_training_can_follow_an_evaluation(load: Callable[..., Any], vectors_of: Callable[..., Any]) -> None:
    # bitsandbytes repacks the weights at the first evaluation on a CPU with AVX512-BF16, and then has no gradient.
    model = load("bnb-4bit")
    before = gradient_through(model)
    assert before.abs().amax(dim=1).min() > 0
    weights = weights_of(model)
    vectors_of(model)
    torch.testing.assert_close(gradient_through(model), before, atol=0, rtol=0)
    assert all(torch.equal(weight, weights[name]) for name, weight in weights_of(model).items())


def test_dequantizing_gives_plain_layers_of_the_same_vectors(
    component: Quantizer[Any], load: Callable[..., Any], vectors_of: Callable[..., Any]
) -> None:
    assert component.dequantize is not None
    quantized = load("bnb-4bit")
    before = vectors_of(quantized)
    plain = component.dequantize(quantized)
    assert {type(module) for module in plain.modules() if isinstance(module, nn.Linear)} == {nn.Linear}
    torch.testing.assert_close(vectors_of(plain), before, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("where", "storage", "refusal"),
    [
        ({}, "auto", None),
        ({"processes": 4, "zero_stage": 2}, "uint8", None),
        ({"processes": 4, "zero_stage": 3}, "auto", None),
        ({"processes": 4, "zero_stage": 3}, "float32", None),
        ({"processes": 4, "zero_stage": 3}, "bfloat16", "quantizer.quant_storage has to be float32"),
        ({"processes": 4, "zero_stage": 3}, "uint8", "quantizer.quant_storage has to be float32"),
        ({"trains_base": True}, "auto", "use adapter.name=lora, or quantizer=null"),
    ],
)
def test_what_cannot_work_is_refused_with_what_can(
    component: Quantizer[Any], where: dict[str, Any], storage: str, refusal: str | None
) -> None:
    placement = Placement(device="cpu", dtype="float32", **where)
    answer = component.refuse(component.options(quant_storage=storage), placement)
    assert answer is None if refusal is None else refusal in str(answer)


def test_under_zero_3_the_bytes_pose_as_the_dtype_of_the_run(component: Quantizer[Any]) -> None:
    placement = Placement(device="cuda", dtype="bfloat16", processes=4, zero_stage=3)
    arguments = component.load_arguments(component.options(), placement)
    assert arguments["quantization_config"].bnb_4bit_quant_storage == torch.bfloat16
    assert "device_map" not in arguments
    assert component.load_arguments(component.options(), CPU)["device_map"] == {"": "cpu"}
