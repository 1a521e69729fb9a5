from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lacoskit import Adapter, LacoskitError, plugins


@pytest.fixture(scope="module")
def component() -> Adapter[Any]:
    return plugins.installed().select(Adapter, "bitfit")


@pytest.mark.parametrize(("kind", "biases"), [("bloom", 2 * 6 + 2), ("bert", 2 * 8 + 1), ("qwen2", 2 * 3)])
def test_exactly_the_biases_are_trained(
    component: Adapter[Any], base: Callable[[str], Any], kind: str, biases: int
) -> None:
    model = component.attach(base(kind), component.options())
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert trained == {name for name in model.state_dict() if name.endswith(".bias")}
    assert len(trained) == biases


def test_every_bias_gets_a_gradient(
    component: Adapter[Any], base: Callable[[str], Any], states_of: Callable[..., torch.Tensor]
) -> None:
    model = component.attach(base("bloom"), component.options())
    states_of(model).pow(3).sum().backward()
    assert all(weight.grad.any() for weight in model.parameters() if weight.requires_grad)
    assert all(weight.grad is None for weight in model.parameters() if not weight.requires_grad)


def test_a_model_without_biases_is_refused(component: Adapter[Any], base: Callable[[str], Any]) -> None:
    with pytest.raises(LacoskitError, match=r"this model has none; use adapter\.name=lora"):
        component.attach(base("llama"), component.options())


def test_the_whole_model_has_to_be_saved(component: Adapter[Any], base: Callable[[str], Any]) -> None:
    model = component.attach(base("bloom"), component.options())
    assert component.trains_base
    assert component.save is None
    assert component.merge(model) is model
