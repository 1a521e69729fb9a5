from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from lacoskit_builtins import fused_lora
from peft import PeftModel
from torch import nn
from transformers import AutoModel, BloomConfig, BloomModel

from lacoskit import Adapter, LacoskitError, Placement, Quantizer, plugins
from lacoskit.backbone import ModelFiles, load_base

KINDS = ("bloom", "bert", "xlm-roberta", "llama", "qwen2")
BERTS = {"attention": {"query", "key", "value"}, "all": {"query", "key", "value", "dense"}}
LLAMAS = {
    "attention": {"q_proj", "k_proj", "v_proj"},
    "all": {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"},
}
LAYERS = {
    "bloom": {"attention": {"query_key_value"}, "all": {"query_key_value", "dense", "dense_h_to_4h", "dense_4h_to_h"}},
    "bert": BERTS,
    "xlm-roberta": BERTS,
    "llama": LLAMAS,
    "qwen2": LLAMAS,
}
PER_LAYER = {"bloom": 4, "bert": 6, "xlm-roberta": 6, "llama": 7, "qwen2": 7}


@pytest.fixture(scope="module")
def component() -> Adapter[Any]:
    return plugins.installed().select(Adapter, "lora")


def attach(model: nn.Module, **options: Any) -> nn.Module:
    component = plugins.installed().select(Adapter, "lora")
    torch.manual_seed(0)
    return component.attach(model, component.options(**options))


def adapted_layers(model: nn.Module) -> list[str]:
    return [name.removeprefix("base_model.model.") for name, m in model.named_modules() if hasattr(m, "lora_A")]


def move(model: nn.Module) -> nn.Module:
    """Stand in for training: change everything that is trained."""
    generator = torch.Generator().manual_seed(1)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data += 0.1 * torch.randn(weight.shape, generator=generator)
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_attention_means_the_layers_of_queries_keys_and_values(base: Callable[[str], Any], kind: str) -> None:
    layers = adapted_layers(attach(base(kind), targets="attention"))
    assert {name.rpartition(".")[2] for name in layers} == LAYERS[kind]["attention"]
    assert len(layers) == 2 * len(LAYERS[kind]["attention"])


@pytest.mark.parametrize("kind", KINDS)
def test_all_linear_means_every_linear_layer_of_the_blocks(base: Callable[[str], Any], kind: str) -> None:
    layers = adapted_layers(attach(base(kind)))
    assert {name.rpartition(".")[2] for name in layers} == LAYERS[kind]["all"]
    assert len(layers) == 2 * PER_LAYER[kind]
    assert set(layers) == {name for name, module in base(kind).named_modules() if isinstance(module, nn.Linear)}


def test_targets_can_be_named(base: Callable[[str], Any]) -> None:
    layers = adapted_layers(attach(base("bloom"), targets=["dense", "dense_4h_to_h"]))
    assert sorted(layers) == [f"h.{i}.{n}" for i in (0, 1) for n in ("mlp.dense_4h_to_h", "self_attention.dense")]


def test_a_target_that_is_not_there_is_told_with_those_that_are(base: Callable[[str], Any]) -> None:
    with pytest.raises(LacoskitError) as caught:
        attach(base("bloom"), targets=["query_key_value", "q_proj", "dens"])
    assert str(caught.value) == (
        "adapter.targets: this model has no Linear layer named dens, q_proj; its Linear layers: dense, dense_4h_to_h, "
        "dense_h_to_4h, query_key_value"
    )


def test_attention_of_an_unknown_kind_is_told_with_the_layers_that_are_there() -> None:
    class Strange(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mixer = nn.Linear(4, 4)

    with pytest.raises(LacoskitError, match="no layers of attention that are known by name; its Linear layers: mixer"):
        attach(Strange(), targets="attention")


@pytest.mark.parametrize("kind", KINDS)
def test_exactly_the_additions_are_trained(base: Callable[[str], Any], kind: str) -> None:
    model = attach(base(kind), rank=3)
    trained = {name for name, weight in model.named_parameters() if weight.requires_grad}
    expected = set()
    for layer in adapted_layers(model):
        expected |= {f"base_model.model.{layer}.lora_{side}.default.weight" for side in "AB"}
    assert trained == expected


@pytest.mark.parametrize("rank", [1, 8])
def test_the_number_of_trained_weights_is_rank_times_the_sides_of_the_layers(
    base: Callable[[str], Any], rank: int
) -> None:
    model = attach(base("bloom"), rank=rank)
    sides = (32 + 96) + (32 + 32) + (32 + 128) + (128 + 32)
    assert sum(weight.numel() for weight in model.parameters() if weight.requires_grad) == 2 * rank * sides


@pytest.mark.parametrize(
    ("layers", "width", "rank", "targets", "share"),
    [
        (24, 1024, 8, "attention", 0.141),
        (24, 1024, 16, "all-linear", 1.125),
        (30, 4096, 8, "attention", 0.056),
        (30, 4096, 16, "all-linear", 0.445),
    ],
)
def test_the_trained_share_of_real_blooms_is_as_published(
    layers: int, width: int, rank: int, targets: str, share: float
) -> None:
    with torch.device("meta"):
        model = BloomModel(BloomConfig(vocab_size=250_880, hidden_size=width, n_layer=layers, n_head=width // 64))
        weights = sum(weight.numel() for weight in model.parameters())
        adapted = attach(model.requires_grad_(False), rank=rank, targets=targets)
    trained = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    assert 100 * trained / weights == pytest.approx(share, abs=0.0006)


@pytest.mark.parametrize("dora", [False, True], ids=["lora", "dora"])
@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_equal_to_the_base_model(
    base: Callable[[str], Any], states_of: Callable[..., torch.Tensor], kind: str, dora: bool
) -> None:
    truth = states_of(base(kind))
    states = states_of(attach(base(kind), dora=dora))
    torch.testing.assert_close(states, truth, atol=5e-6 if dora else 0, rtol=0)
    assert not torch.allclose(states_of(move(attach(base(kind), dora=dora))), truth, atol=1e-2)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("options", [{}, {"dora": True}, {"rank_stabilized": True, "alpha": 5.0}], ids=str)
def test_what_is_saved_gives_the_same_states_to_us_and_to_peft(
    base: Callable[[str], Any],
    states_of: Callable[..., torch.Tensor],
    tiny_model: Callable[[str], Path],
    component: Adapter[Any],
    kind: str,
    options: dict[str, Any],
    tmp_path: Path,
) -> None:
    assert component.save is not None
    assert component.load is not None
    model = move(attach(base(kind), **options))
    truth = states_of(model)
    component.save(model, tmp_path)
    files = {path.name for path in tmp_path.iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors"} <= files <= {*files, "README.md"}
    assert not [name for name in files if name.endswith((".bin", ".pt", ".pkl"))]
    for opened in (
        component.load(base(kind), tmp_path),
        PeftModel.from_pretrained(AutoModel.from_pretrained(tiny_model(kind)), str(tmp_path)),
    ):
        torch.testing.assert_close(states_of(opened), truth, atol=5e-6, rtol=0)


def test_only_the_additions_are_saved(base: Callable[[str], Any], component: Adapter[Any], tmp_path: Path) -> None:
    from safetensors.torch import load_file

    assert component.save is not None
    model = move(attach(base("bloom"), rank=2))
    component.save(model, tmp_path)
    saved = load_file(tmp_path / "adapter_model.safetensors")
    assert sum(tensor.numel() for tensor in saved.values()) == sum(
        weight.numel() for weight in model.parameters() if weight.requires_grad
    )
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (config["r"], config["peft_type"], config["task_type"]) == (2, "LORA", "FEATURE_EXTRACTION")


@pytest.mark.parametrize("options", [{}, {"dora": True}, {"rank_stabilized": True}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_merging_gives_a_plain_model_of_the_same_states(
    base: Callable[[str], Any],
    states_of: Callable[..., torch.Tensor],
    component: Adapter[Any],
    kind: str,
    options: dict[str, Any],
) -> None:
    model = move(attach(base(kind), **options))
    truth = states_of(model)
    merged = component.merge(model)
    assert type(merged) is type(base(kind))
    assert merged.state_dict().keys() == base(kind).state_dict().keys()
    torch.testing.assert_close(states_of(merged), truth, atol=1e-5, rtol=1e-5)


def merged_weight(base: Callable[[str], Any], component: Adapter[Any], **options: Any) -> tuple[torch.Tensor, Any]:
    """The first merged weight, after a change to what is trained, and the layer before merging."""
    model = move(attach(base("bloom"), targets=["dense"], **options))
    layer = model.base_model.model.h[0].self_attention.dense
    parts = {"base": layer.base_layer.weight.clone(), "a": layer.lora_A["default"].weight.clone()}
    parts["b"] = layer.lora_B["default"].weight.clone()
    return component.merge(model).h[0].self_attention.dense.weight, parts


@pytest.mark.parametrize(
    ("options", "factor"),
    [
        ({"rank": 4, "alpha": 8.0}, 8 / 4),
        ({"rank": 4}, 32 / 4),
        ({}, 32 / 16),
        ({"rank": 4, "alpha": 8.0, "rank_stabilized": True}, 8 / 2),
    ],
    ids=str,
)
def test_the_addition_is_the_product_times_alpha_over_the_rank_or_its_root(
    base: Callable[[str], Any], component: Adapter[Any], options: dict[str, Any], factor: float
) -> None:
    weight, parts = merged_weight(base, component, **options)
    torch.testing.assert_close(weight, parts["base"] + factor * parts["b"] @ parts["a"], atol=1e-5, rtol=0)


def test_dora_trains_the_length_of_weights_apart_from_their_direction(
    base: Callable[[str], Any], component: Adapter[Any]
) -> None:
    model = attach(base("bloom"), targets=["dense"], rank=4, dora=True)
    lengths = {name for name, w in model.named_parameters() if w.requires_grad and "magnitude" in name}
    assert len(lengths) == 2
    layer = model.base_model.model.h[0].self_attention.dense
    before = layer.base_layer.weight.norm(dim=1).clone()
    layer.lora_B["default"].weight.data += 0.1  # the direction, and not the length
    merged = component.merge(model).h[0].self_attention.dense.weight
    torch.testing.assert_close(merged.norm(dim=1), before, atol=1e-5, rtol=0)
    original = base("bloom").h[0].self_attention.dense.weight
    assert torch.nn.functional.cosine_similarity(merged, original).max() < 0.99


def test_dropout_acts_on_the_addition_in_training_only(
    base: Callable[[str], Any], states_of: Callable[..., torch.Tensor]
) -> None:
    model = move(attach(base("bloom"), dropout=0.5))
    assert torch.equal(states_of(model), states_of(model))
    layer = model.base_model.model.h[0].mlp.dense_h_to_4h
    inputs = torch.randn(5, 32, generator=torch.Generator().manual_seed(0))
    evaluated = layer(inputs)
    additions = torch.stack([layer.train()(inputs) - layer.base_layer(inputs) for _ in range(2000)])
    assert not torch.allclose(additions[0], additions[1], atol=1e-2)
    # Half of the inputs, doubled: the addition is the same on average.
    expected = evaluated - layer.base_layer(inputs)
    assert (additions.mean(0) - expected).norm() / expected.norm() < 0.1


@pytest.mark.parametrize("quantizer", ["bnb-8bit", "bnb-4bit"])
def test_it_finds_the_layers_of_a_quantized_model_and_trains_beside_them(
    tiny_bloom: Path, states_of: Callable[..., torch.Tensor], quantizer: str
) -> None:
    holding = plugins.installed().select(Quantizer, quantizer)
    arguments = holding.load_arguments(holding.options(), Placement(device="cpu", dtype="float32"))
    for targets in ("all-linear", "attention"):
        model = load_base(ModelFiles(str(tiny_bloom)), "float32", arguments)
        truth = states_of(model)
        model = attach(model, targets=targets)
        names = {name.rpartition(".")[2] for name in adapted_layers(model)}
        assert names == LAYERS["bloom"]["attention" if targets == "attention" else "all"]
        torch.testing.assert_close(states_of(model), truth, atol=0, rtol=0)
        states_of(model).square().sum().backward()
        trained = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        assert {weight.dtype for weight in trained.values()} == {torch.float32}
        # A has no gradient while B is zero.
        assert all(weight.grad.any() for name, weight in trained.items() if "lora_B" in name)
        embedding = model.base_model.model.word_embeddings.weight
        assert embedding.dtype == torch.float32
        assert embedding.grad is None


# Merged for a while


def bits(model: nn.Module) -> dict[str, tuple[torch.Tensor, int, bool]]:
    """All that training could notice: values, where they are held, and whether they are trained."""
    tensors = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {name: (t.detach().clone(), t.data_ptr(), t.requires_grad) for name, t in tensors.items()}


def assert_same_bits(model: nn.Module, before: dict[str, tuple[torch.Tensor, int, bool]]) -> None:
    now = bits(model)
    assert now.keys() == before.keys()
    for name, (values, place, trained) in before.items():
        assert torch.equal(now[name][0], values), name
        assert now[name][1:] == (place, trained), name


def additions(model: nn.Module) -> list[int]:
    """Counts, in its only element, how often an A is called from now on."""
    count = [0]

    def called(*arguments: Any) -> None:
        count[0] += 1

    for name, module in model.named_modules():
        if name.endswith("lora_A.default"):
            module.register_forward_hook(called)
    return count


@pytest.mark.parametrize("options", [{}, {"dora": True}, {"rank_stabilized": True}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_merged_for_a_while_it_gives_the_same_states_without_its_additions(
    base: Callable[[str], Any],
    states_of: Callable[..., torch.Tensor],
    component: Adapter[Any],
    kind: str,
    options: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fused_lora, "_merging_pays", lambda *given: False)  # which calls no A either
    model = move(attach(base(kind), **options))
    truth, before, called = states_of(model), bits(model), additions(model)
    with component.merged(model):
        torch.testing.assert_close(states_of(model), truth, atol=1e-5, rtol=1e-5)
        assert called == [0]
    assert_same_bits(model, before)
    assert torch.equal(states_of(model), truth)
    assert called[0] >= len(adapted_layers(model))  # DoRA calls each twice


@pytest.mark.parametrize("options", [{}, {"dora": True}], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_weights_and_gradients_are_bit_for_bit_what_they_were_also_after_an_exception(
    base: Callable[[str], Any],
    states_of: Callable[..., torch.Tensor],
    component: Adapter[Any],
    options: dict[str, Any],
    dtype: torch.dtype,
) -> None:
    model = move(attach(base("bloom"), **options))
    for weight in model.parameters():
        weight.data = weight.data if weight.requires_grad else weight.data.to(dtype)
    before = bits(model)
    with suppress(KeyboardInterrupt), component.merged(model):
        raise KeyboardInterrupt
    assert_same_bits(model, before)
    with torch.inference_mode(), component.merged(model):
        pass
    assert_same_bits(model, before)
    if dtype == torch.float32:
        states_of(model).square().sum().backward()
        assert all(weight.grad.any() for weight in model.parameters() if weight.requires_grad)


@pytest.mark.parametrize("quantizer", ["bnb-8bit", "bnb-4bit"])
def test_quantized_weights_are_not_rounded_again(
    tiny_bloom: Path, states_of: Callable[..., torch.Tensor], component: Adapter[Any], quantizer: str
) -> None:
    holding = plugins.installed().select(Quantizer, quantizer)
    arguments = holding.load_arguments(holding.options(), Placement(device="cpu", dtype="float32"))
    model = move(attach(load_base(ModelFiles(str(tiny_bloom)), "float32", arguments)))
    truth, before, called = states_of(model), bits(model), additions(model)
    with component.merged(model):
        assert torch.equal(states_of(model), truth)
        assert called[0] == len(adapted_layers(model))
    assert_same_bits(model, before)


def test_nothing_is_merged_where_memory_has_no_room_for_a_copy(
    base: Callable[[str], Any],
    states_of: Callable[..., torch.Tensor],
    component: Adapter[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import psutil

    model = move(attach(base("bloom")))
    called = additions(model)
    held = sum(w.nbytes for name, w in model.named_parameters() if name.endswith("base_layer.weight"))
    for free, apart in ((2 * held, False), (2 * held - 1, True)):
        memory = psutil.virtual_memory()._replace(available=free)
        monkeypatch.setattr(psutil, "virtual_memory", lambda memory=memory: memory)
        with component.merged(model):
            states_of(model)
        assert (called[0] > 0) is apart


def test_what_is_merged_for_good_stays_so(
    base: Callable[[str], Any], states_of: Callable[..., torch.Tensor], component: Adapter[Any]
) -> None:
    model: Any = move(attach(base("bloom")))
    model.merge_adapter()
    truth, before = states_of(model), bits(model)
    with component.merged(model):
        assert torch.equal(states_of(model), truth)
    assert_same_bits(model, before)
    assert torch.equal(states_of(model), truth)


@pytest.mark.parametrize(
    "placement", [{"quantizer": "int8"}, {"processes": 2, "fsdp": True}, {"quantizer": "bnb-8bit"}]
)
def test_dora_is_refused_where_the_base_has_no_whole_plain_weights(
    component: Adapter[Any], placement: dict[str, Any]
) -> None:
    where = Placement(**{"device": "cpu", "dtype": "float32", **placement})
    refusal = component.refuse(component.options(dora=True), where)
    assert refusal is not None
    assert "use " in refusal
    assert component.refuse(component.options(), where) is None


def test_dora_is_not_refused_on_a_whole_base(component: Adapter[Any]) -> None:
    for where in ({"device": "cpu"}, {"device": "cpu", "quantizer": "bnb-4bit"}, {"device": "cuda"}):
        placement = Placement(**{"dtype": "float32", **where})
        assert component.refuse(component.options(dora=True), placement) is None
