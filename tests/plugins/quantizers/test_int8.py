from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.int8_layers import Int8Embedding, Int8Linear, dequantize, quantize
from torch import nn
from transformers import AutoModel

from lacoskit import LacoskitError, Placement, Quantizer, plugins
from lacoskit.backbone import ModelFiles, choose, load_base
from lacoskit.backbone.streaming import StreamedModel

CPU = Placement(device="cpu", dtype="float32")


@pytest.fixture(autouse=True)
def _same_numbers_every_time() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="module")
def component() -> Quantizer[Any]:
    return plugins.installed().select(Quantizer, "int8")


@pytest.fixture(scope="module")
def held_in_int8(component: Quantizer[Any]) -> Callable[..., Any]:
    """`held_in_int8(model, dtype, **options)`: a model whose layers are int8, in evaluation mode."""

    def make(model: str | Path = "nano-bloom", dtype: Any = "float32", **options: Any) -> Any:
        chosen, placement = component.options(**options), Placement(device="cpu", dtype=dtype)
        streamed = StreamedModel(
            ModelFiles(str(model)), dtype, lambda name, layer: component.convert(name, layer, chosen, placement)
        )
        streamed.make_room(torch.device("cpu"))
        streamed.read()
        return streamed.model

    return make


@pytest.fixture(scope="module")
def model(held_in_int8: Callable[..., Any]) -> Any:
    return held_in_int8()


def layer_of(weight: torch.Tensor, bias: torch.Tensor | None = None, block: int | None = None, **more: Any) -> Any:
    """An int8 layer of a weight [outputs, inputs]."""
    plain = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    if bias is not None:
        plain.bias = nn.Parameter(bias.clone(), requires_grad=False)
    layer = Int8Linear(plain, block, more.get("int8_products", False))
    for name, value in layer.pack(weight).items():
        layer._parameters[name] = nn.Parameter(value, requires_grad=False)
    return layer


@settings(max_examples=60, deadline=None)
@given(
    rows=st.integers(1, 9),
    columns=st.integers(1, 70),
    block=st.one_of(st.none(), st.integers(1, 80)),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    seed=st.integers(0, 9),
)
def test_every_weight_is_within_half_a_step_of_its_block(
    rows: int, columns: int, block: int | None, scale: float, seed: int
) -> None:
    weight = scale * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    values, bits = quantize(weight, block)
    assert (values.dtype, values.shape) == (torch.int8, weight.shape)
    size = min(block or columns, columns)
    assert bits.shape == (rows, -(-columns // size))
    back = dequantize(values, bits, block, torch.float32)
    for start in range(0, columns, size):
        part = slice(start, start + size)
        step = weight[:, part].abs().amax(dim=1, keepdim=True) / 127
        assert ((back[:, part] - weight[:, part]).abs() <= 0.501 * step).all()
        assert values[:, part].abs().amax(dim=1).eq(127).all()


def test_zeros_stay_zeros_and_what_is_not_finite_is_refused() -> None:
    values, bits = quantize(torch.zeros(2, 3), None)
    assert dequantize(values, bits, None, torch.float32).eq(0).all()
    for value in (float("nan"), float("inf")):
        with pytest.raises(LacoskitError, match="not finite"):
            quantize(torch.tensor([[1.0, value]]), None)


def test_rows_are_quantized_each_by_itself() -> None:
    weight = torch.randn(8, 20)
    whole, parts = quantize(weight, 8), [quantize(part, 8) for part in weight.split(3)]
    assert torch.equal(whole[0], torch.cat([part[0] for part in parts]))
    assert torch.equal(whole[1], torch.cat([part[1] for part in parts]))


@pytest.mark.parametrize("block", [None, 16, 7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_layer_computes_what_a_plain_one_of_its_weights_does_forward_and_backward(
    block: int | None, dtype: torch.dtype
) -> None:
    weight, bias, x = torch.randn(24, 40), torch.randn(24), torch.randn(2, 5, 40, dtype=dtype)
    layer = layer_of(weight, bias, block)
    plain = layer.plain(torch.float32)
    truth = x.detach().float().clone().requires_grad_()
    (F.linear(truth, plain.weight, bias) ** 2).sum().backward()
    given_x = x.clone().requires_grad_()
    output = layer(given_x)
    assert output.dtype == dtype
    (output.float() ** 2).sum().backward()
    tolerance = 1e-5 if dtype == torch.float32 else 1e-2
    expected = F.linear(x.float(), plain.weight, bias)
    assert (output.float() - expected).norm() < tolerance * expected.norm()
    assert given_x.grad is not None
    assert truth.grad is not None
    assert (given_x.grad.float() - truth.grad).norm() < tolerance * truth.grad.norm()


def test_the_bias_of_a_frozen_layer_can_be_trained() -> None:
    layer, x = layer_of(torch.randn(6, 4), torch.randn(6)), torch.randn(3, 4)
    layer.bias.requires_grad_(True)
    plain = layer.plain(torch.float32)
    layer(x).pow(2).sum().backward()
    (expected,) = torch.autograd.grad(F.linear(x, plain.weight, layer.bias).pow(2).sum(), layer.bias)
    assert torch.allclose(layer.bias.grad, expected, atol=1e-5)


def test_autocast_decides_the_dtype() -> None:
    layer = layer_of(torch.randn(6, 4))
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(torch.randn(3, 4)).dtype == torch.bfloat16


def test_nothing_of_the_layer_is_kept_for_backward() -> None:
    layer, held = layer_of(torch.randn(30, 20)), []
    with torch.autograd.graph.saved_tensors_hooks(lambda tensor: held.append(tensor) or tensor, lambda tensor: tensor):
        layer(torch.randn(3, 20, requires_grad=True))
    assert held == []


def test_the_compiler_takes_a_layer_whole_and_gives_its_results() -> None:
    layer, x = layer_of(torch.randn(6, 4), torch.randn(6)), torch.randn(3, 4, requires_grad=True)
    compiled = torch.compile(copy.deepcopy(layer), fullgraph=True, backend="aot_eager")
    output, expected = compiled(x), layer(x)
    assert torch.allclose(output, expected, atol=1e-6)
    gradients = [torch.autograd.grad(each.pow(2).sum(), x)[0] for each in (output, expected)]
    assert torch.allclose(*gradients, atol=1e-5)


def test_int8_products_are_near_and_have_the_gradient_of_the_weights(component: Quantizer[Any]) -> None:
    weight, bias, x = torch.randn(24, 64), torch.randn(24), torch.randn(40, 64, requires_grad=True)
    exact, rounded = layer_of(weight, bias), layer_of(weight, bias, int8_products=True)
    outputs = exact(x), rounded(x)
    assert not torch.equal(*outputs)
    assert (outputs[0] - outputs[1]).norm() < 0.02 * outputs[0].norm()
    ones = [torch.autograd.grad(output.sum(), x)[0] for output in outputs]
    assert torch.equal(*ones)
    few = torch.randn(3, 64)  # fewer rows than a GPU's kernel takes
    assert torch.equal(exact(few), rounded(few))
    why = component.refuse(component.options(products="int8", block_size=16), CPU)
    assert why is not None
    assert "quantizer.block_size" in why


@pytest.mark.parametrize("shape", [(24, 60), (20, 64)])
def test_sizes_that_a_gpus_int8_product_does_not_take_are_multiplied_dequantized(shape: tuple[int, int]) -> None:
    weight, x = torch.randn(shape), torch.randn(40, shape[1])
    assert torch.equal(layer_of(weight, int8_products=True)(x), layer_of(weight)(x))


def test_every_linear_layer_and_the_embedding_hold_a_byte_a_weight(model: Any) -> None:
    layers = [module for module in model.modules() if isinstance(module, nn.Linear | nn.Embedding)]
    assert len(layers) == 4 * 6 + 1
    for layer in layers:
        assert isinstance(layer, Int8Linear | Int8Embedding)
        assert layer.weight.dtype == torch.int8
        assert not layer.weight.requires_grad
    bytes_held = sum(parameter.nbytes for parameter in model.parameters())
    weights = sum(p.numel() for p in AutoModel.from_config(model.config).parameters())
    assert bytes_held < 1.03 * weights  # scales, and norms and biases in float32


def test_the_layers_hold_what_their_files_round_to(model: Any) -> None:
    exact = load_base(ModelFiles("nano-bloom"), "float32", {})
    for name, layer in model.named_modules():
        if isinstance(layer, Int8Linear | Int8Embedding):
            values, bits = quantize(exact.get_submodule(name).weight, None)
            assert torch.equal(layer.weight, values)
            assert torch.equal(layer.scale, bits)
        elif isinstance(layer, nn.LayerNorm):
            assert torch.equal(layer.weight, exact.get_submodule(name).weight)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_vectors_are_nearer_to_the_plain_models_than_those_of_bitsandbytes(
    held_in_int8: Callable[..., Any], vectors_of: Callable[..., Any], plain_vectors: torch.Tensor, dtype: Any
) -> None:
    from transformers import BitsAndBytesConfig

    theirs = load_base(
        ModelFiles("nano-bloom"),
        dtype,
        {"quantization_config": BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=0.0), "device_map": "cpu"},
    )
    errors = [
        1 - F.cosine_similarity(vectors_of(m), plain_vectors).min() for m in (held_in_int8(dtype=dtype), theirs.eval())
    ]
    assert errors[0] < errors[1]
    assert errors[0] < 1e-3
    smaller = 1 - F.cosine_similarity(vectors_of(held_in_int8(dtype=dtype, block_size=32)), plain_vectors).min()
    assert smaller < errors[0]


def test_skipped_modules_and_embeddings_keep_their_dtype(held_in_int8: Callable[..., Any]) -> None:
    model = held_in_int8(skip_modules=("dense", "h.0.mlp"), embedding=False)
    kept = {
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.Embedding) and module.weight.dtype == torch.float32
    }
    expected = {f"h.{layer}.self_attention.dense" for layer in range(6)} | {"word_embeddings"}
    assert kept == expected | {"h.0.mlp.dense_h_to_4h", "h.0.mlp.dense_4h_to_h"}


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "llama", "qwen2"])
def test_any_architecture_is_held_in_int8(
    kind: str, held_in_int8: Callable[..., Any], tiny_model: Callable[[str], Path]
) -> None:
    exact = load_base(ModelFiles(str(tiny_model(kind))), "float32", {}).eval()
    quantized = held_in_int8(tiny_model(kind))
    ids, lengths = torch.arange(10, 27), torch.tensor([9, 3, 5])
    with torch.no_grad():
        states = [choose(each, 3)(ids, lengths) for each in (quantized, exact)]
    assert F.cosine_similarity(*states).min() > 0.995
    assert not torch.equal(*states)
    for layer in exact.modules():
        assert not isinstance(layer, Int8Linear)


def test_it_becomes_plain_layers_of_the_same_weights_again(
    component: Quantizer[Any], held_in_int8: Callable[..., Any], vectors_of: Callable[..., Any]
) -> None:
    model = held_in_int8(block_size=64)
    before = vectors_of(model)
    plain = component.dequantize(model)
    assert {type(m) for m in plain.modules() if isinstance(m, nn.Linear | nn.Embedding)} == {nn.Linear, nn.Embedding}
    assert torch.allclose(vectors_of(plain), before, atol=1e-5)


def test_full_training_is_refused_and_training_the_biases_is_not(component: Quantizer[Any]) -> None:
    matrices = Placement(device="cpu", dtype="float32", trains_base=True, trains_matrices=True)
    why = component.refuse(component.options(), matrices)
    assert why is not None
    assert "adapter.name=lora" in why
    for placement in (CPU, Placement(device="cpu", dtype="float32", trains_base=True)):
        assert component.refuse(component.options(), placement) is None
