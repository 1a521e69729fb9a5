from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from lacoskit.backbone import ModelFiles, choose, load_base

KINDS = ("bloom", "bert", "xlm-roberta", "llama", "qwen2")


@pytest.fixture(scope="session")
def base(tiny_model: Callable[[str], Path]) -> Callable[[str], Any]:
    """`base(kind)`: a fresh frozen model of two layers, of width 32, in float32."""
    return lambda kind: load_base(ModelFiles(str(tiny_model(kind))), "float32", {})


@pytest.fixture(scope="session")
def states_of() -> Callable[[nn.Module], torch.Tensor]:
    """`states_of(model)`: the states of three texts, with gradient."""
    lengths = torch.tensor([7, 1, 12])
    ids = torch.randint(4, 400, (20,), generator=torch.Generator().manual_seed(0))
    return lambda model: choose(model.eval(), 3)(ids, lengths)
