from __future__ import annotations

from typing import Any

import pytest
import torch

from lacoskit import Optimizer, Placement, plugins


@pytest.fixture(scope="module")
def component() -> Optimizer[Any]:
    return plugins.installed().select(Optimizer, "adamw-8bit")


def train(optimizer: torch.optim.Optimizer, weights: list[torch.nn.Parameter], steps: int = 20) -> None:
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=generator) + 0.5
        optimizer.step()


def test_moments_of_large_tensors_take_8_bits_and_of_small_ones_32(component: Optimizer[Any]) -> None:
    large, small = torch.nn.Parameter(torch.zeros(64, 64)), torch.nn.Parameter(torch.zeros(63, 65))
    optimizer = component.build([{"params": [large, small], "lr": 1e-3}], component.options())
    train(optimizer, [large, small], steps=1)
    for weight, dtype in ((large, torch.uint8), (small, torch.float32)):
        moments = [v for v in optimizer.state[weight].values() if torch.is_tensor(v) and v.shape == weight.shape]
        assert [moment.dtype for moment in moments] == [dtype, dtype]


def test_the_steps_stay_near_those_of_32_bits(component: Optimizer[Any]) -> None:
    options = {"weight_decay": 0.1, "beta1": 0.8, "beta2": 0.95, "epsilon": 1e-6}
    ours = torch.nn.Parameter(torch.linspace(-1, 1, 8192).reshape(64, 128))
    exact = torch.nn.Parameter(ours.detach().clone())
    start = exact.detach().clone()
    train(component.build([{"params": [ours], "lr": 1e-2}], component.options(**options)), [ours])
    train(torch.optim.AdamW([exact], lr=1e-2, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1), [exact])
    moved = (exact - start).norm()
    assert moved > 1
    assert (ours - exact).norm() / moved < 0.05
    assert not torch.equal(ours, exact)


def test_small_tensors_make_the_steps_of_32_bits(component: Optimizer[Any]) -> None:
    ours, exact = torch.nn.Parameter(torch.ones(100)), torch.nn.Parameter(torch.ones(100))
    train(component.build([{"params": [ours], "lr": 1e-2}], component.options()), [ours])
    train(torch.optim.AdamW([exact], lr=1e-2, weight_decay=0.0), [exact])
    torch.testing.assert_close(ours, exact, atol=1e-5, rtol=0)


def test_paging_is_refused_without_a_gpu_only(component: Optimizer[Any]) -> None:
    refusal = component.refuse(component.options(paged=True), Placement(device="cpu", dtype="float32"))
    assert refusal == "paging needs a GPU; set optimizer.paged to false"
    assert component.refuse(component.options(paged=True), Placement(device="cuda", dtype="bfloat16")) is None
    assert component.refuse(component.options(), Placement(device="cpu", dtype="float32")) is None
