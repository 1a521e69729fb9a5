"""Packed attention with ALiBi in extra dimensions gives what Hugging Face's BLOOM gives.

Where there is no GPU a plain kernel of the same signature stands in for torch's, so all but the kernel is tested.
"""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from random_blooms import LENGTHS, assert_the_same, by_hugging_face, gradients, packed, random_bloom, random_texts
from torch import Tensor, nn
from transformers.models.bloom.modeling_bloom import build_alibi_tensor

from lacoskit.backbone import PackedBloom
from lacoskit.backbone import attention as module
from lacoskit.backbone.attention import (
    STEP,
    BlockAttention,
    VarlenAttention,
    alibi_slopes,
    choose_attention,
    position_columns,
    slope_columns,
)

HALVES = [torch.bfloat16, torch.float16]
CUDA = torch.device("cuda")
needs_a_gpu = pytest.mark.skipif(
    not (torch.cuda.is_available() and torch.cuda.get_device_capability() >= (8, 0)),
    reason="torch's kernel for packed texts needs an NVIDIA GPU, Ampere or newer",
)


@torch.autocast("cpu", enabled=False)
def plain_kernel(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    cu_seq_q: Tensor,
    cu_seq_k: Tensor,
    max_q: int,
    max_k: int,
    *,
    scale: float,
    window_size: tuple[int, int],
) -> Tensor:
    """What varlen_attn computes with a causal window, text by text; sums in float32 at least, as the kernel's are."""
    assert window_size == (-1, 0)
    assert cu_seq_q.dtype == cu_seq_k.dtype == torch.int32
    assert torch.equal(cu_seq_q, cu_seq_k)
    lengths = cu_seq_q.diff().tolist()
    assert sum(lengths) == len(query) == len(key) == len(value)
    assert max_q == max_k == max(lengths)
    wide = torch.promote_types(query.dtype, torch.float32)
    contexts = []
    for q, k, v in zip(*(part.to(wide).split(lengths) for part in (query, key, value)), strict=True):
        scores = torch.einsum("qhd,khd->hqk", q, k) * scale
        later = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, float("-inf")).softmax(dim=2)
        weights = weights.to(query.dtype).to(wide)  # the kernel multiplies values by rounded weights
        contexts.append(torch.einsum("hqk,khd->qhd", weights, v))
    return torch.cat(contexts).to(query.dtype)


@pytest.fixture
def varlen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed attention on a CPU, by the plain kernel."""
    monkeypatch.setattr(module, "varlen_attn", plain_kernel)
    monkeypatch.setattr(module, "runs_varlen", lambda device, dtype, head_dim: True)


@pytest.mark.usefixtures("varlen")
@pytest.mark.parametrize("kind", LENGTHS)
def test_outputs_and_gradients_equal_hugging_faces(kind: str) -> None:
    model = random_bloom()
    assert PackedBloom(model).attention == "varlen"
    assert_the_same(model, random_texts(LENGTHS[kind]))


@pytest.mark.usefixtures("varlen")
@pytest.mark.parametrize("heads", [1, 2, 3, 5, 6, 12])
def test_any_number_of_heads_works(heads: int) -> None:
    assert_the_same(random_bloom(heads=heads), random_texts(LENGTHS["mixed"]))


@pytest.mark.usefixtures("varlen")
def test_it_agrees_with_the_blocks_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    model, texts = random_bloom().double(), random_texts([300, 5, 41])
    ours = packed(model, texts)
    monkeypatch.setattr(module, "runs_varlen", lambda *_: False)
    assert PackedBloom(model).attention == "blocks"
    torch.testing.assert_close(ours, packed(model, texts), atol=1e-10, rtol=0)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
@pytest.mark.usefixtures("varlen")
def test_in_half_precision_it_is_nearer_to_the_truth_than_hugging_face_and_not_far_from_the_blocks(
    dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = random_bloom(heads=8, head_width=16, layers=4).bfloat16()
    texts = random_texts([300, 5, 180, 40, 255, 12, 90])
    exact = copy.deepcopy(half).float()
    true_states = by_hugging_face(exact, texts)
    truth = true_states.detach(), torch.cat([g.flatten() for g in gradients(exact, true_states)])

    def errors(run: Any) -> tuple[float, ...]:
        model = copy.deepcopy(half).to(dtype)  # float32: what autocast makes of trained weights
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype == torch.float32):
            states = run(model, texts)
        found = states.detach().float(), torch.cat([g.flatten().float() for g in gradients(model, states)])
        return tuple(float((ours - true).norm() / true.norm()) for ours, true in zip(found, truth, strict=True))

    theirs, ours = errors(by_hugging_face), errors(packed)
    monkeypatch.setattr(module, "runs_varlen", lambda *_: False)
    blocks = errors(packed)
    print(f"errors of states and gradients: Hugging Face {theirs}, blocks {blocks}, varlen {ours}")
    for mine, other, block in zip(ours, theirs, blocks, strict=True):
        assert mine <= other
        assert mine <= 1.25 * block  # which on a CPU computes attention in float32


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("heads", [*range(1, 33), 71, 112])
@pytest.mark.parametrize("head_dim", [8, 64, 96, 128])
def test_the_slopes_are_exact_in_parts(heads: int, head_dim: int, dtype: torch.dtype) -> None:
    columns = slope_columns(heads, head_dim, dtype)
    assert columns.dtype == dtype
    assert torch.equal(columns[:, 0:6:2], columns[:, 1:6:2])
    truth = alibi_slopes(heads) * head_dim**0.5 * STEP
    torch.testing.assert_close(columns[:, 0:6:2].double().sum(dim=1), truth, atol=0, rtol=2.0**-24)


@pytest.mark.parametrize("dtype", HALVES)
@given(st.lists(st.integers(-4096, 4096), min_size=1, max_size=20))
def test_positions_are_exact_in_parts(dtype: torch.dtype, positions: list[int]) -> None:
    columns = position_columns(torch.tensor(positions), dtype)
    assert columns.dtype == dtype
    assert ((columns[:, 0:2].double() * STEP).sum(dim=1)).tolist() == positions
    assert torch.equal(columns[:, 0:6], columns[:, 0:2].repeat(1, 3))
    assert not columns[:, 6:].any()


@pytest.mark.parametrize("dtype", HALVES)
@pytest.mark.parametrize("heads", [1, 8, 24, 112])
def test_the_products_are_hugging_faces_bias(heads: int, dtype: torch.dtype) -> None:
    queries = slope_columns(heads, 64, dtype).double() / 8
    keys = position_columns(torch.arange(4096), dtype).double()
    truth = build_alibi_tensor(torch.ones(1, 4096), heads, torch.float32)[:, 0]
    torch.testing.assert_close((queries @ keys.T).float(), truth, atol=0, rtol=1e-6)


def as_layer(**changes: Any) -> Any:
    layer = {"training": True, "attention_dropout": nn.Dropout(0.0), "head_dim": 64, "num_heads": 16}
    return SimpleNamespace(**{**layer, **changes})


def test_the_kernel_is_chosen_where_it_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    monkeypatch.setattr(torch.backends.cuda, "is_flash_attention_available", lambda: True)
    for head_dim in (64, 80, 96, 128):
        assert choose_attention(as_layer(head_dim=head_dim), CUDA, torch.bfloat16) is VarlenAttention
    assert choose_attention(as_layer(), CUDA, torch.float16) is VarlenAttention
    assert choose_attention(as_layer(), CUDA, torch.float32) is BlockAttention
    assert choose_attention(as_layer(), torch.device("cpu"), torch.bfloat16) is BlockAttention
    assert choose_attention(as_layer(head_dim=12), CUDA, torch.bfloat16) is BlockAttention
    assert choose_attention(as_layer(head_dim=256), CUDA, torch.bfloat16) is BlockAttention
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    assert choose_attention(as_layer(), CUDA, torch.float16) is BlockAttention


def test_attention_dropout_is_left_to_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "runs_varlen", lambda *_: True)
    dropping = as_layer(attention_dropout=nn.Dropout(0.1))
    assert choose_attention(dropping, CUDA, torch.bfloat16) is BlockAttention
    dropping.training = False
    assert choose_attention(dropping, CUDA, torch.bfloat16) is VarlenAttention


def test_autocast_decides_which_attention_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "runs_varlen", lambda device, dtype, head_dim: dtype == torch.bfloat16)
    backbone = PackedBloom(random_bloom())
    assert backbone.attention == "blocks"
    with torch.autocast("cpu", torch.bfloat16):
        assert backbone.attention == "varlen"


@needs_a_gpu
@pytest.mark.parametrize("head_dim", [64, 80, 96, 128])
@pytest.mark.parametrize("dtype", HALVES)
def test_torchs_kernel_is_as_near_to_the_truth_as_the_plain_one(
    dtype: torch.dtype, head_dim: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, lengths = 16, torch.tensor([2048, 1, 700, 33, 128])
    layer = as_layer(head_dim=head_dim, training=False)
    generator = torch.Generator().manual_seed(0)
    fused = torch.randn(int(lengths.sum()), 3 * heads * head_dim, generator=generator).to(dtype)
    weights = torch.randn(len(fused), heads * head_dim, generator=generator)

    def run(kind: Any, fused: Tensor, compute: torch.dtype) -> tuple[Tensor, Tensor]:
        fused = fused.detach().requires_grad_()
        made = kind(lengths.to(fused.device), heads, head_dim, compute)
        context = made.restore(made.attend(made.order(fused), layer))
        (gradient,) = torch.autograd.grad((context.float() * weights.to(context.device)).sum(), fused)
        return context.detach().cpu().double(), gradient.cpu().double()

    truth = run(BlockAttention, fused.double(), torch.float64)
    real = run(VarlenAttention, fused.to(CUDA), dtype)
    monkeypatch.setattr(module, "varlen_attn", plain_kernel)
    plain = run(VarlenAttention, fused, dtype)
    for ours, theirs, true in zip(real, plain, truth, strict=True):
        error, allowed = ((found - true).norm() / true.norm() for found in (ours, theirs))
        print(f"relative error: torch's kernel {error:.2e}, plain kernel {allowed:.2e}")
        assert error <= 1.5 * allowed


@needs_a_gpu
def test_on_a_gpu_the_model_gives_hugging_faces_states() -> None:
    model = random_bloom(heads=8, head_width=64, layers=2).bfloat16()
    texts = random_texts([300, 5, 180, 40])
    ids, lengths = torch.cat(texts).to(CUDA), torch.tensor([len(text) for text in texts], device=CUDA)
    with torch.no_grad():
        truth = by_hugging_face(copy.deepcopy(model).float(), texts)
        theirs = by_hugging_face(model, texts).float()
        backbone = PackedBloom(copy.deepcopy(model).to(CUDA))
        assert backbone.attention == "varlen"
        ours = backbone(ids, lengths).float().cpu()
    assert (ours - truth).norm() <= (theirs - truth).norm()
