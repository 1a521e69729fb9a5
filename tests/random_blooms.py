"""A random BLOOM and random texts, packed and by Hugging Face, for the tests of the backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import BloomConfig, BloomModel

from lacoskit.backbone import PackedBloom

VOCABULARY = 100
PAD = 3
LENGTHS = {
    "mixed": [7, 1, 30, 2, 9, 9, 55, 8],
    "all equal": [6, 6, 6],
    "one text": [17],
    "one token": [1],
    "one token each": [1, 1, 1, 1],
}


def random_bloom(heads: int = 4, layers: int = 2, head_width: int = 8, **config: Any) -> BloomModel:
    """A BLOOM in which nothing is trivial: attention is far from uniform, norms and biases are not one and zero."""
    torch.manual_seed(0)
    shape = {"vocab_size": VOCABULARY, "hidden_size": heads * head_width, "n_layer": layers, "n_head": heads}
    model = BloomModel(BloomConfig(**shape, **config))
    for weight in model.parameters():
        weight.data += (0.2 if weight.dim() == 2 else 0.1) * torch.randn_like(weight)
    return model.eval()


def random_texts(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(PAD + 1, VOCABULARY, (length,), generator=generator) for length in lengths]


def packed(model: nn.Module, texts: Sequence[Tensor]) -> Tensor:
    return PackedBloom(model)(torch.cat(list(texts)), torch.tensor([len(text) for text in texts]))


def by_hugging_face(model: nn.Module, texts: Sequence[Tensor], side: str = "left") -> Tensor:
    """The states of the real tokens, from one padded pass."""
    longest = max(map(len, texts))
    ids = torch.full((len(texts), longest), PAD)
    mask = torch.zeros_like(ids)
    for row, text in enumerate(texts):
        start = longest - len(text) if side == "left" else 0
        ids[row, start : start + len(text)] = text
        mask[row, start : start + len(text)] = 1
    return model(input_ids=ids, attention_mask=mask).last_hidden_state[mask.bool()]


def gradients(model: nn.Module, states: Tensor) -> list[Tensor]:
    """Of all trained weights, for a loss that gives every state another weight."""
    weights = torch.randn(states.shape, generator=torch.Generator().manual_seed(1))
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return list(torch.autograd.grad((states.float() * weights).sum(dim=1).mean(), trained))


def assert_the_same(model: nn.Module, texts: Sequence[Tensor], side: str = "left") -> None:
    """Outputs and gradients within 1e-5, and the gradients large enough for that to mean something."""
    truth, ours = by_hugging_face(model, texts, side), packed(model, texts)
    torch.testing.assert_close(ours, truth, atol=1e-5, rtol=0)
    true_gradients = gradients(model, truth)
    assert max(gradient.abs().max() for gradient in true_gradients) > 0.1
    for gradient, true_gradient in zip(gradients(model, ours), true_gradients, strict=True):
        torch.testing.assert_close(gradient, true_gradient, atol=1e-5, rtol=0)
