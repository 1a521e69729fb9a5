from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from lacoskit import Adapter, plugins


@pytest.mark.parametrize("kind", ["bloom", "bert", "xlm-roberta", "llama", "qwen2"])
def test_every_weight_is_trained(base: Callable[[str], Any], states_of: Callable[..., torch.Tensor], kind: str) -> None:
    component = plugins.installed().select(Adapter, "full")
    model = base(kind)
    assert not any(weight.requires_grad for weight in model.parameters())
    model = component.attach(model, component.options())
    assert all(weight.requires_grad for weight in model.parameters())
    # None is a weight that the states do not depend on, such as those of BERT's pooler.
    states_of(model).pow(3).sum().backward()
    assert all(weight.grad is not None for weight in model.parameters())


def test_the_whole_model_has_to_be_saved(base: Callable[[str], Any]) -> None:
    component = plugins.installed().select(Adapter, "full")
    model = base("bloom")
    assert component.trains_base
    assert component.save is None
    assert component.merge(model) is model
