"""A model of any kind, on packed rows: the truth is Hugging Face's model called on one text at a time, unpadded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import AutoModel

from lacoskit.backbone import ModelFiles, PaddedBackbone, choose, load_base

KINDS = ("bert", "xlm-roberta", "llama", "qwen2")
PAD = 3


def random_texts(lengths: Sequence[int], seed: int = 0) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randint(PAD + 1, 400, (length,), generator=generator) for length in lengths]


def one_by_one(model: nn.Module, texts: Sequence[Tensor]) -> Tensor:
    return torch.cat([model(input_ids=text.unsqueeze(0)).last_hidden_state[0] for text in texts])


def together(model: nn.Module, texts: Sequence[Tensor], pad: int = PAD) -> Tensor:
    return PaddedBackbone(model, pad)(torch.cat(list(texts)), torch.tensor([len(text) for text in texts]))


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tiny_model: Callable[[str], Path]) -> nn.Module:
    return AutoModel.from_pretrained(tiny_model(request.param)).eval()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=10), seed=st.integers(0, 1000))
def test_a_batch_gives_the_states_of_each_text_alone(model: nn.Module, lengths: list[int], seed: int) -> None:
    texts = random_texts(lengths, seed)
    with torch.no_grad():
        torch.testing.assert_close(together(model, texts), one_by_one(model, texts), atol=1e-5, rtol=0)


def test_gradients_are_those_of_each_text_alone(model: nn.Module) -> None:
    texts = random_texts([7, 1, 30, 2])
    trained = {name: weight for name, weight in model.named_parameters() if "pooler" not in name}
    both = []
    for states in (together(model, texts), one_by_one(model, texts)):
        weights = torch.randn(states.shape, generator=torch.Generator().manual_seed(1))
        both.append(torch.autograd.grad((states * weights).sum(dim=1).mean(), list(trained.values())))
    assert max(gradient.abs().max() for gradient in both[1]) > 0.1
    for ours, truth in zip(*both, strict=True):
        torch.testing.assert_close(ours, truth, atol=1e-5, rtol=0)


def test_what_serves_as_padding_does_not_matter(model: nn.Module) -> None:
    texts = random_texts([7, 1, 30, 2])
    with torch.no_grad():
        torch.testing.assert_close(together(model, texts, pad=2), together(model, texts), atol=1e-6, rtol=0)


def test_an_adapter_takes_part(tiny_model: Callable[[str], Path]) -> None:
    for kind in KINDS:
        torch.manual_seed(0)
        base = AutoModel.from_pretrained(tiny_model(kind))
        texts = random_texts([5, 12, 1])
        with torch.no_grad():
            without = together(base, texts)
            adapted = get_peft_model(base, LoraConfig(target_modules="all-linear", init_lora_weights=False)).eval()
            backbone = choose(adapted, PAD)
            states = backbone(torch.cat(texts), torch.tensor([5, 12, 1]))
            torch.testing.assert_close(states, one_by_one(adapted, texts), atol=1e-5, rtol=0)
        assert not torch.allclose(states, without, atol=0.05)


def test_the_state_of_a_text_does_not_need_berts_pooler(tiny_model: Callable[[str], Path]) -> None:
    for kind in ("bert", "xlm-roberta"):
        whole = AutoModel.from_pretrained(tiny_model(kind)).eval()
        ours = load_base(ModelFiles(str(tiny_model(kind))), "float32", {}).eval()
        assert not [name for name, _ in ours.named_parameters() if "pooler" in name]
        texts = random_texts([5, 12, 1])
        with torch.no_grad():
            torch.testing.assert_close(together(ours, texts), one_by_one(whole, texts), atol=1e-5, rtol=0)


def test_padding_is_counted_as_computed(model: nn.Module) -> None:
    assert PaddedBackbone(model, PAD).slots(torch.tensor([7, 1, 30])) == 90
