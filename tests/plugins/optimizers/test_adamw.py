from __future__ import annotations

import torch

from lacoskit import Optimizer, plugins


def test_the_steps_are_those_of_the_paper() -> None:
    component = plugins.installed().select(Optimizer, "adamw")
    options = component.options(weight_decay=0.1, beta1=0.8, beta2=0.95, epsilon=1e-3)
    generator = torch.Generator().manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(50, generator=generator, dtype=torch.float64))
    truth, mean, square = weight.detach().clone(), torch.zeros(50).double(), torch.zeros(50).double()
    optimizer = component.build([{"params": [weight], "lr": 0.01}], options)
    for step in range(1, 6):
        gradient = torch.randn(50, generator=generator, dtype=torch.float64)
        weight.grad = gradient.clone()
        optimizer.step()
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        direction = (mean / (1 - 0.8**step)) / ((square / (1 - 0.95**step)).sqrt() + 1e-3)
        truth = truth - 0.01 * 0.1 * truth - 0.01 * direction
    torch.testing.assert_close(weight.detach(), truth, atol=1e-10, rtol=0)


def test_the_defaults_are_torchs_without_weight_decay() -> None:
    component = plugins.installed().select(Optimizer, "adamw")
    group = component.build([{"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.5}], component.options())
    torchs = torch.optim.AdamW([torch.nn.Parameter(torch.ones(1))], lr=0.5, weight_decay=0.0)
    assert group.param_groups[0]["lr"] == 0.5
    assert {**group.param_groups[0], "params": None} == {**torchs.param_groups[0], "params": None}
