from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from lacoskit import Placement, Quantizer, plugins
from lacoskit.backbone import ModelFiles, choose, load_base, load_tokenizer

SENTENCES = (
    "A man is playing a guitar.",
    "Une femme coupe un oignon dans la cuisine.",
    "El perro corre por la playa.",
    "两只猫在沙发上睡觉。",
    "The parliament has passed a new law on fisheries, after a debate that went on for eleven hours.",
    "Yes.",
)


@pytest.fixture(scope="session")
def load() -> Callable[..., Any]:
    """`load(quantizer, dtype="float32", **options)`: nano-bloom in evaluation mode, as a quantizer or None holds it."""

    def make(quantizer: str | None, dtype: Any = "float32", **options: Any) -> Any:
        arguments: Any = {}
        if quantizer is not None:
            component = plugins.installed().select(Quantizer, quantizer)
            arguments = component.load_arguments(component.options(**options), Placement(device="cpu", dtype=dtype))
        return load_base(ModelFiles("nano-bloom"), dtype, arguments).eval()

    return make


@pytest.fixture(scope="session")
def vectors_of() -> Callable[[nn.Module], torch.Tensor]:
    """`vectors_of(model)`: float32 mean vectors of a few sentences."""
    tokenizer = load_tokenizer(ModelFiles("nano-bloom"))
    rows = [torch.tensor(row) for row in tokenizer(list(SENTENCES))["input_ids"]]
    lengths = [len(row) for row in rows]

    def make(model: nn.Module) -> torch.Tensor:
        with torch.no_grad():
            states = choose(model, tokenizer.pad_token_id)(torch.cat(rows), torch.tensor(lengths))
        return torch.stack([text.float().mean(0) for text in states.split(lengths)])

    return make


@pytest.fixture(scope="session")
def plain_vectors(load: Any, vectors_of: Any) -> torch.Tensor:
    """The vectors of the model that no quantizer has touched, in float32."""
    return vectors_of(load(None))
