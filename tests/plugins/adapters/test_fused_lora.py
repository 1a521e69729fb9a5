"""PEFT's own forward pass is the truth here: it is still there, as the class's."""

from __future__ import annotations

import copy
from types import MethodType
from typing import Any

import bitsandbytes
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins import fused_lora
from lacoskit_builtins.fused_lora import fuse
from peft import LoraConfig, get_peft_model
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

LORA: dict[str, Any] = {"r": 4, "lora_alpha": 6, "target_modules": ["layer"], "init_lora_weights": False}


def with_lora(base: nn.Module, **config: Any) -> Any:
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("layer", base)
    return get_peft_model(model.requires_grad_(False), LoraConfig(**LORA | config))


def layer_of(model: nn.Module) -> Any:
    (layer,) = [module for module in model.modules() if isinstance(module, LoraLayer)]
    return layer


def run(model: nn.Module, x: Tensor) -> list[Tensor]:
    """The output, and the gradients of the input and of what is trained."""
    x = x.detach().clone().requires_grad_()
    torch.manual_seed(1)
    outputs = model(x)
    weights = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(2))
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return [outputs.float(), *torch.autograd.grad((outputs.float() * weights).sum(), [x, *trained])]


def assert_as_peft(model: Any, x: Tensor, tolerance: float = 2e-6) -> None:
    truth = run(model, x)
    fused = copy.deepcopy(model)
    fuse(fused)
    assert isinstance(layer_of(fused).forward, MethodType)
    for ours, theirs in zip(run(fused, x), truth, strict=True):
        assert ours.shape == theirs.shape
        torch.testing.assert_close(ours, theirs, atol=tolerance * max(1.0, float(theirs.detach().abs().max())), rtol=0)


@settings(max_examples=30, deadline=None)
@given(
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=2),
    sizes=st.tuples(st.integers(1, 20), st.integers(1, 20)),
    bias=st.booleans(),
    rank_stabilized=st.booleans(),
)
def test_outputs_and_gradients_are_pefts(
    shape: list[int], sizes: tuple[int, int], bias: bool, rank_stabilized: bool
) -> None:
    model = with_lora(nn.Linear(*sizes, bias=bias), use_rslora=rank_stabilized)
    assert_as_peft(model, torch.randn(*shape, sizes[0]))


@pytest.mark.parametrize(("tokens", "merges"), [(4, False), (200, True)])
def test_the_product_is_added_to_the_weight_where_enough_tokens_share_its_cost(
    tokens: int, merges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = with_lora(nn.Linear(24, 40))
    assert_as_peft(model, torch.randn(tokens, 24))
    calls = []
    apply = fused_lora._Merged.apply
    monkeypatch.setattr(fused_lora._Merged, "apply", lambda *given: calls.append(1) or apply(*given))
    fuse(model)
    model(torch.randn(tokens, 24))
    assert bool(calls) is merges


def test_the_base_weight_gets_no_gradient_and_stays_as_it_was() -> None:
    model = with_lora(nn.Linear(8, 8))
    fuse(model)
    before = layer_of(model).get_base_layer().weight.clone()
    model(torch.randn(100, 8)).sum().backward()
    assert layer_of(model).get_base_layer().weight.grad is None
    assert torch.equal(layer_of(model).get_base_layer().weight, before)


def test_dropout_is_pefts() -> None:
    model = with_lora(nn.Linear(12, 10), lora_dropout=0.5).train()
    assert_as_peft(model, torch.randn(100, 12))
    assert_as_peft(model.eval(), torch.randn(100, 12))


def test_under_autocast_the_result_is_as_near_to_float32_as_pefts() -> None:
    model = with_lora(nn.Linear(64, 48))
    x = torch.randn(300, 64)
    truth = model(x)
    with torch.autocast("cpu", torch.bfloat16):
        theirs = model(x)
        fuse(model)
        ours = model(x)
    assert ours.dtype == theirs.dtype == torch.bfloat16
    errors = [float((outputs.float() - truth).detach().square().mean().sqrt()) for outputs in (ours, theirs)]
    assert errors[0] <= 1.02 * errors[1]


def test_additions_to_8_bit_layers_are_pefts() -> None:
    base = bitsandbytes.nn.Linear8bitLt(32, 24, has_fp16_weights=False)
    model = with_lora(base.to("cpu")).train()
    x = torch.randn(50, 32)
    truth = model(x)
    fuse(model)
    torch.testing.assert_close(model(x), truth, atol=1e-5, rtol=0)


@pytest.mark.parametrize("config", [{"use_dora": True}, {"lora_bias": True}], ids=["DoRA", "bias"])
def test_other_kinds_of_lora_are_computed_by_peft(config: dict[str, Any]) -> None:
    assert_as_peft(with_lora(nn.Linear(12, 10), **config), torch.randn(100, 12))


def test_a_disabled_or_merged_adapter_has_no_part() -> None:
    model = with_lora(nn.Linear(12, 10))
    x = torch.randn(100, 12)
    base = layer_of(model).get_base_layer()(x)
    expected = model(x)
    fuse(model)
    with model.disable_adapter():
        assert torch.equal(model(x), base)
    model.merge_adapter()
    torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=0)
