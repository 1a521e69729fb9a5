from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import Any

import bitsandbytes as bnb
import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import nn

from lacoskit import Placement, Quantizer, plugins
from lacoskit.backbone import PackedBloom


@pytest.fixture(scope="module")
def component() -> Quantizer[Any]:
    return plugins.installed().select(Quantizer, "bnb-8bit")


@pytest.fixture(scope="module")
def model(load: Callable[..., Any]) -> Any:
    return load("bnb-8bit")


def test_every_linear_layer_holds_one_byte_a_weight(model: Any) -> None:
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert len(linears) == 4 * 6  # of each of six layers
    for linear in linears:
        assert isinstance(linear, bnb.nn.Linear8bitLt)
        assert linear.weight.dtype == torch.int8
        assert linear.weight.numel() == linear.in_features * linear.out_features


def test_the_weights_are_those_of_the_model_rounded_row_by_row(model: Any, load: Callable[..., Any]) -> None:
    exact = load(None)
    for name, linear in model.named_modules():
        if isinstance(linear, bnb.nn.Linear8bitLt):
            weight = exact.get_submodule(name).weight
            step = weight.abs().amax(dim=1, keepdim=True) / 127
            rounded = linear.weight.float() * step
            assert ((rounded - weight).abs() <= 0.51 * step + 1e-6).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_vectors_stay_near_those_of_the_plain_model(
    load: Callable[..., Any], vectors_of: Callable[..., Any], plain_vectors: torch.Tensor, dtype: str
) -> None:
    vectors = vectors_of(load("bnb-8bit", dtype))
    assert F.cosine_similarity(vectors, plain_vectors).min() > 0.999
    assert not torch.equal(vectors, plain_vectors)


def test_a_threshold_keeps_outliers_apart_and_the_vectors_nearer(
    load: Callable[..., Any], vectors_of: Callable[..., Any], plain_vectors: torch.Tensor, model: Any
) -> None:
    outliers_apart = load("bnb-8bit", threshold=1.5)
    layers = [module for module in outliers_apart.modules() if isinstance(module, bnb.nn.Linear8bitLt)]
    assert {layer.state.threshold for layer in layers} == {1.5}
    assert {m.state.threshold for m in model.modules() if isinstance(m, bnb.nn.Linear8bitLt)} == {0.0}
    errors = [(vectors_of(each) - plain_vectors).norm() for each in (outliers_apart, model)]
    assert errors[0] < 0.8 * errors[1]


def test_skipped_modules_stay_as_they_are(load: Callable[..., Any]) -> None:
    model = load("bnb-8bit", skip_modules=("dense", "h.0.mlp"))
    kept = {name for name, m in model.named_modules() if isinstance(m, nn.Linear) and m.weight.dtype == torch.float32}
    expected = {f"h.{layer}.self_attention.dense" for layer in range(6)}
    assert kept == expected | {"h.0.mlp.dense_h_to_4h", "h.0.mlp.dense_4h_to_h"}


def test_gradients_pass_through_it_to_what_is_trained(model: Any) -> None:
    embedding = model.word_embeddings.weight
    embedding.requires_grad_(True)
    try:
        states = PackedBloom(model.train())(torch.tensor([5, 6, 7]), torch.tensor([3]))
        (gradient,) = torch.autograd.grad(states.pow(2).mean(), embedding)
    finally:
        embedding.requires_grad_(False)
        model.eval()
    assert gradient[[5, 6, 7]].abs().amax(dim=1).min() > 0


@pytest.mark.parametrize("training", [True, False])
def test_the_input_of_a_layer_is_not_held_for_backward_and_its_gradient_is_right(model: Any, training: bool) -> None:
    layer = next(module for module in model.modules() if isinstance(module, bnb.nn.Linear8bitLt)).train(training)
    given = torch.randn(5, layer.in_features, requires_grad=True)
    hidden = given * 2
    held = weakref.ref(hidden)
    output = layer(hidden)
    del hidden
    assert held() is None
    output.sum().backward()
    weight = layer.weight.float() * layer.weight.SCB.unsqueeze(1) / 127 if layer.weight.SCB is not None else None
    weight = layer.state.CB.float() * layer.state.SCB.unsqueeze(1) / 127 if weight is None else weight
    torch.testing.assert_close(given.grad, 2 * weight.sum(0).expand_as(given), atol=1e-4, rtol=1e-4)


def test_the_cast_that_happens_at_every_call_is_not_reported(
    model: Any, vectors_of: Callable[..., Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    logger = logging.getLogger("bitsandbytes.autograd._functions")
    ours, logger.filters = logger.filters, []
    with caplog.at_level(logging.WARNING):
        vectors_of(model)
        assert "will be cast" in caplog.text  # what is silenced is still said
        caplog.clear()
        logger.filters = ours
        vectors_of(model)
    assert caplog.text == ""
    capfd.readouterr()
    vectors_of(model)
    assert capfd.readouterr() == ("", "")


def test_other_messages_of_bitsandbytes_are_heard(model: Any, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("bitsandbytes.autograd._functions").warning("something else")
    assert "something else" in caplog.text


@pytest.mark.parametrize("used", [False, True], ids=["fresh", "after an evaluation"])
def test_dequantizing_gives_plain_layers_of_the_same_weights(
    component: Quantizer[Any], load: Callable[..., Any], vectors_of: Callable[..., Any], model: Any, used: bool
) -> None:
    assert component.dequantize is not None
    quantized = load("bnb-8bit")
    held = {n: m for n, m in quantized.named_modules() if isinstance(m, bnb.nn.Linear8bitLt)}
    weights = {name: m.weight.float() * m.weight.SCB[:, None] / 127 for name, m in held.items()}
    if used:
        vectors_of(quantized)
    plain = component.dequantize(quantized)
    linears = {name: module for name, module in plain.named_modules() if isinstance(module, nn.Linear)}
    assert {type(module) for module in linears.values()} == {nn.Linear}
    for name, weight in weights.items():
        torch.testing.assert_close(linears[name].weight.float(), weight, atol=1e-5, rtol=0)
    # Not equal: plain layers do not round the activations.
    assert F.cosine_similarity(vectors_of(plain.float()), vectors_of(model)).min() > 0.999


@pytest.mark.parametrize(
    ("where", "refusal"),
    [
        ({}, None),
        ({"processes": 4, "zero_stage": 2}, None),
        ({"processes": 4, "zero_stage": 3}, "use quantizer.name=int8 or bnb-4bit, which can, or ZeRO-2"),
        ({"trains_base": True}, "use adapter.name=lora, or quantizer=null"),
    ],
)
def test_what_cannot_work_is_refused_with_what_can(
    component: Quantizer[Any], where: dict[str, Any], refusal: str | None
) -> None:
    answer = component.refuse(component.options(), Placement(device="cpu", dtype="float32", **where))
    assert answer is None if refusal is None else refusal in str(answer)


def test_a_negative_threshold_is_a_mistake(component: Quantizer[Any]) -> None:
    with pytest.raises(ValidationError):
        component.options(threshold=-1)


def test_weights_go_straight_to_the_device(component: Quantizer[Any]) -> None:
    here = Placement(device="cpu", dtype="float32")
    assert component.load_arguments(component.options(), here)["device_map"] == {"": "cpu"}
