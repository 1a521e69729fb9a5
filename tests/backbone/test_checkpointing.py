"""Activation checkpointing changes what is kept in memory, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from transformers import AutoModel

from lacoskit import LacoskitError
from lacoskit.backbone import Backbone, choose

LENGTHS = torch.tensor([31, 7, 1, 30, 12])
IDS = torch.randint(4, 400, (int(LENGTHS.sum()),), generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=["bloom", "bert", "llama"])
def make(request: pytest.FixtureRequest, tiny_model: Callable[[str], Path]) -> Callable[..., Backbone]:
    def make(checkpointed: bool, lora: bool = False) -> Backbone:
        torch.manual_seed(0)
        model: nn.Module = AutoModel.from_pretrained(tiny_model(request.param))
        if lora:
            options = LoraConfig(target_modules="all-linear", lora_dropout=0.3, init_lora_weights=False)
            model = get_peft_model(model.requires_grad_(False), options)
        return choose(model, 3, checkpointed).train()

    return make


def step(backbone: Backbone) -> tuple[list[Tensor], int]:
    """The states and all gradients, with the same dropout every time, and how many bytes were kept in between."""
    weights = {weight.untyped_storage().data_ptr() for weight in backbone.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    torch.manual_seed(1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        states = backbone(IDS, LENGTHS)
    bytes_kept = sum(kept.values())
    trained = [w for name, w in backbone.named_parameters() if w.requires_grad and "pooler" not in name]
    loss = (states * torch.linspace(-1, 1, states.numel()).view_as(states)).sum()
    return [states.detach(), *torch.autograd.grad(loss, trained)], bytes_kept


@pytest.mark.parametrize("lora", [False, True], ids=["all weights", "lora with dropout"])
def test_outputs_and_gradients_stay_and_less_is_kept(make: Callable[..., Backbone], lora: bool) -> None:
    found, kept = step(make(True, lora))
    truth, usually = step(make(False, lora))
    for ours, true in zip(found, truth, strict=True):
        torch.testing.assert_close(ours, true, atol=1e-6, rtol=1e-6)
    assert kept < usually / 3


def test_frozen_embeddings_take_no_part_in_backward(make: Callable[..., Backbone]) -> None:
    backbone = make(True, lora=True)
    found = []
    for module in backbone.modules():
        if isinstance(module, nn.Embedding):
            module.register_forward_hook(lambda module, args, output: found.append(output.requires_grad))
    backbone(IDS, LENGTHS)
    assert found
    assert not any(found)


def test_nothing_is_computed_twice_outside_training(make: Callable[..., Backbone]) -> None:
    backbone = make(True)
    calls = []
    for name, module in backbone.named_modules():
        if name.endswith(("dense_h_to_4h", "intermediate.dense", "up_proj")):
            module.register_forward_hook(lambda *_: calls.append(1))
    step(backbone)
    in_training = len(calls)
    calls.clear()
    step(backbone.eval())
    assert in_training == 2 * len(calls) > 0
    calls.clear()
    with torch.no_grad():
        backbone.train()(IDS, LENGTHS)
    assert in_training == 2 * len(calls)


def test_a_model_that_cannot_is_refused_in_one_message(tiny_model: Callable[[str], Path]) -> None:
    model = AutoModel.from_pretrained(tiny_model("bert"))
    model.supports_gradient_checkpointing = False
    with pytest.raises(
        LacoskitError, match=r"^train\.checkpoint_activations: BertModel does not support it; leave it false"
    ):
        choose(model, 3, True)
