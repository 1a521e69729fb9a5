"""The faster GELU is torch's."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from transformers.models.bloom.modeling_bloom import BloomGelu

from lacoskit.backbone.gelu import gelu


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
def test_values_and_slopes_are_torchs(dtype: torch.dtype) -> None:
    inputs = torch.cat([torch.linspace(-100, 100, 4001), torch.linspace(-4, 4, 4001)]).to(dtype).requires_grad_()
    ours, truth = gelu(inputs), F.gelu(inputs, approximate="tanh")
    torch.testing.assert_close(ours, truth, atol=2e-6, rtol=1e-6)
    slopes = [torch.autograd.grad(outputs.sum(), inputs)[0] for outputs in (ours, truth)]
    torch.testing.assert_close(*slopes, atol=2e-6, rtol=1e-6)


def test_it_is_the_gelu_of_bloom() -> None:
    inputs = torch.randn(50, 8)
    torch.testing.assert_close(gelu(inputs), BloomGelu()(inputs), atol=1e-6, rtol=0)
