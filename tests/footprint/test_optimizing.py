from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lacoskit.config import RunConfig
from lacoskit.footprint.optimizing import state_of


@pytest.mark.parametrize(("name", "each"), [("adamw", 8.0), ("adamw-8bit", 2.0 + 8 / 256)])
def test_large_weights_take_what_a_step_of_small_ones_tells(name: str, each: float) -> None:
    config = RunConfig.model_validate({"optimizer": {"name": name}})
    assert state_of(config, [torch.Size([4096, 4096])], False).kept == pytest.approx(each * 4096**2, rel=1e-3)


@pytest.mark.parametrize("name", ["adamw", "adamw-8bit"])
def test_the_state_is_the_optimizers_own(name: str) -> None:
    config = RunConfig.model_validate({"optimizer": {"name": name}})
    shapes = [torch.Size([64, 96]), torch.Size([100]), torch.Size([300, 512])]
    weights = [nn.Parameter(torch.zeros(shape)) for shape in shapes]
    for weight in weights:
        weight.grad = torch.ones_like(weight)
    optimizer: Any = config.optimizer.component.build([{"params": weights, "lr": 1.0}], config.optimizer.options)
    optimizer.step()
    kept = [t.nbytes for w in weights for n, t in optimizer.state[w].items() if torch.is_tensor(t) and "qmap" not in n]
    assert state_of(config, shapes, False).kept == pytest.approx(sum(kept), rel=0.01)
