"""The states of each layer are transformers' `hidden_states`, in float32."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from random_blooms import LENGTHS, PAD, random_bloom, random_texts
from torch import Tensor, nn
from transformers import AutoModel, BertConfig, BertModel

from lacoskit.backbone import Backbone, PackedBloom, PaddedBackbone, choose
from lacoskit.errors import NotTold
from lacoskit.location import locate


def layers(backbone: Backbone, texts: list[Tensor]) -> list[Tensor]:
    with torch.no_grad():
        return list(backbone.layers(torch.cat(texts), torch.tensor([len(text) for text in texts])))


def one_by_one(model: nn.Module, texts: list[Tensor]) -> list[Tensor]:
    """Each text alone, so that no padding can matter."""
    with torch.no_grad():
        found = [model(input_ids=text[None], output_hidden_states=True).hidden_states for text in texts]
    return [torch.cat([states[0] for states in layer]) for layer in zip(*found, strict=True)]


def assert_the_same(backbone: Backbone, model: nn.Module, texts: list[Tensor]) -> None:
    found, truth = layers(backbone, texts), one_by_one(model, texts)
    assert len(found) == len(truth) > 2
    for one, other in zip(found, truth, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(truth[1], truth[2], atol=0.1)
    with torch.no_grad():
        last = backbone(torch.cat(texts), torch.tensor([len(text) for text in texts]))
    assert torch.equal(found[-1], last)


@pytest.mark.parametrize("config", [{}, {"apply_residual_connection_post_layernorm": True}])
def test_those_of_a_packed_bloom(config: dict[str, Any]) -> None:
    model = random_bloom(layers=3, **config)
    assert_the_same(PackedBloom(model), model, random_texts(LENGTHS["mixed"]))


def test_those_of_a_bloom_with_lora() -> None:
    torch.manual_seed(0)
    model = get_peft_model(random_bloom(layers=3), LoraConfig(target_modules=["query_key_value"]))
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            weight.data += 0.3 * torch.randn_like(weight)
    assert_the_same(choose(model, PAD), model.eval(), random_texts(LENGTHS["mixed"]))


def test_those_of_the_bundled_bloom() -> None:
    model = AutoModel.from_pretrained(locate("nano-bloom"), dtype=torch.float32).eval()
    assert_the_same(choose(model, 3), model, random_texts([9, 3, 14]))


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_those_of_any_other_model(kind: str, tiny_model: Any) -> None:
    folder: Path = tiny_model(kind)
    model = AutoModel.from_pretrained(folder).eval()
    backbone = choose(model, PAD)
    assert isinstance(backbone, PaddedBackbone)
    assert_the_same(backbone, model, random_texts(LENGTHS["mixed"]))


def test_a_model_that_does_not_return_them_is_told() -> None:
    class Silent(BertModel):
        def forward(self, **options: Any) -> Any:
            output = super().forward(**options)
            output.hidden_states = None
            return output

    config = BertConfig(vocab_size=100, hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=8)
    with pytest.raises(NotTold, match="Silent does not return the states of its layers"):
        layers(PaddedBackbone(Silent(config).eval(), PAD), random_texts([3, 2]))
