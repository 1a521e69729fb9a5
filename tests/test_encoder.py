from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from lacoskit_builtins import fused_lora
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from torch import nn

from lacoskit import Placement, RunConfig
from lacoskit.base import LoadedBase
from lacoskit.encoder import Encoder, build_encoder, width_of
from lacoskit.tokens import AT_ONCE

TEXTS = [
    "the cat sleeps",
    "",
    "a dog sees the old house near the river and the boat under the tree",
    "el gato duerme",
    "猫 睡觉",
    "the",
    "un chat dort near a blue boat",
]


def build(model: str | Path, dtype: Any = "float32", **config: Any) -> Encoder:
    given = {"model": str(model), "quantizer": None, "adapter": {"name": "full"}, **config}
    settings = RunConfig.model_validate(given)
    trains_base = settings.adapter.component.trains_base
    quantizer = settings.quantizer.name if settings.quantizer is not None else None
    placement = Placement(device="cpu", dtype=dtype, quantizer=quantizer, trains_base=trains_base)
    return build_encoder(settings, placement)


@pytest.fixture(scope="module")
def encoder(tiny_bloom: Path) -> Encoder:
    return build(tiny_bloom, prompts={"query": "the question: ", "document": "a text: "})


# What it gives


@pytest.mark.parametrize("pooler", ["mean", "weighted-mean", "last", "first"])
@pytest.mark.parametrize("kind", ["bloom", "bert", "xlm-roberta", "llama", "qwen2"])
def test_the_vectors_are_those_of_sentence_transformers(
    tiny_model: Callable[[str], Path], kind: str, pooler: str
) -> None:
    encoder = build(tiny_model(kind), pooler={"name": pooler}, max_length=12)
    mode = encoder.config.pooler.component.saved_as
    assert mode is not None
    theirs = Transformer(str(tiny_model(kind)), max_seq_length=12)
    theirs.tokenizer.padding_side = "right"
    truth = SentenceTransformer(modules=[theirs, Pooling(32, mode), Normalize()], device="cpu")
    texts = [text for text in TEXTS if text]
    np.testing.assert_allclose(encoder.encode(texts), truth.encode(texts), atol=2e-6)


def test_vectors_are_unit_float32_one_a_text(encoder: Encoder) -> None:
    texts = [text for text in TEXTS if text]
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(texts), 32) == (len(texts), encoder.width)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_single_text_gives_a_single_vector(encoder: Encoder) -> None:
    vector = encoder.encode("the cat sleeps")
    assert vector.shape == (32,)
    np.testing.assert_allclose(vector, encoder.encode(["the cat sleeps"])[0], atol=0)


def test_no_texts_give_no_vectors(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, 32) == (0, encoder.dimensions)


def test_an_empty_text_gives_zeros(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert not vectors[TEXTS.index("")].any()
    assert all(vector.any() for vector, text in zip(vectors, TEXTS, strict=True) if text)
    assert not encoder.encode(["", ""]).any()
    assert encoder.encode("").shape == (32,)


@given_settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.lists(st.sampled_from(TEXTS), max_size=12))
def test_a_vector_depends_on_nothing_but_its_text(encoder: Encoder, chosen: list[str]) -> None:
    alone = {text: encoder.encode(text) for text in set(chosen)}
    for text, vector in zip(chosen, encoder.encode(chosen), strict=True):
        np.testing.assert_allclose(vector, alone[text], atol=1e-6)


@pytest.mark.parametrize("tokens", [1, 7, 40])
def test_how_much_is_computed_at_once_does_not_matter(
    encoder: Encoder, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, tokens: int
) -> None:
    texts = [*sentences(40, 5), "", *sentences(10, 6)]
    truth = encoder.encode(texts)
    passes: list[list[int]] = []
    forward = encoder.backbone.forward

    def observed(ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        passes.append(lengths.tolist())
        return forward(ids, lengths)

    monkeypatch.setattr(encoder.backbone, "forward", observed)
    monkeypatch.setitem(AT_ONCE, "cpu", tokens)
    np.testing.assert_allclose(encoder.encode(texts), truth, atol=1e-6)
    assert sum(map(len, passes)) == 50
    assert all(sum(lengths) <= tokens or len(lengths) == 1 for lengths in passes)
    longest = [max(lengths) for lengths in passes]
    assert longest == sorted(longest, reverse=True)  # what does not fit fails at once


def test_a_sharded_run_computes_on_its_own_device_wherever_the_shares_are_kept(tiny_bloom: Path) -> None:
    """FSDP2 may leave the shares in the host's memory; there, autocast for a CPU would do nothing on a GPU."""
    encoder = build(tiny_bloom)
    encoder.placement = replace(encoder.placement, device="cuda", dtype="bfloat16", processes=2, fsdp=True)
    assert next(encoder.parameters()).device.type == "cpu"
    assert encoder.device.type == "cuda"
    assert encoder.tokens_at_once == AT_ONCE["cuda"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's, where there is no GPU
        autocast: Any = encoder._autocast()
    assert autocast.device == "cuda"


class _Projection(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.pooler = nn.Linear(2, 2), nn.Linear(2, 2)


def test_a_pooler_with_weights_follows_a_base_that_is_on_its_device_already() -> None:
    """The base's quantizer has put it there, and its packed weights may not be moved."""
    whole = _Projection()
    LoadedBase(whole.backbone, placed=True).place(whole, Placement(device="meta", dtype="float32"))  # type: ignore[arg-type]
    assert whole.pooler.weight.is_meta
    assert not whole.backbone.weight.is_meta
    LoadedBase(whole.backbone, placed=False).place(whole, Placement(device="meta", dtype="float32"))  # type: ignore[arg-type]
    assert whole.backbone.weight.is_meta


def test_a_text_over_the_limit_is_cut(tiny_bloom: Path) -> None:
    encoder = build(tiny_bloom, max_length=4)
    ids = encoder.tokenizer(TEXTS[2])["input_ids"]
    assert len(ids) > 4
    cut = encoder.tokenizer.decode(ids[:4])
    np.testing.assert_allclose(encoder.encode(TEXTS[2]), encoder.encode(cut), atol=1e-6)


def test_a_prompt_is_put_before_the_text(encoder: Encoder) -> None:
    for name, prompt in (("query", "the question: "), ("document", "a text: ")):
        vectors = encoder.encode(["a cat", "el perro"], prompt=name)
        np.testing.assert_allclose(vectors, encoder.encode([prompt + "a cat", prompt + "el perro"]), atol=0)
        assert np.abs(vectors - encoder.encode(["a cat", "el perro"])).max() > 0.01


def test_an_unknown_prompt_is_told_with_the_known_ones(encoder: Encoder, tiny_bloom: Path) -> None:
    with pytest.raises(ValueError, match="no prompt named 'passage'; the config has query, document"):
        encoder.encode("a cat", prompt="passage")
    with pytest.raises(ValueError, match="no prompt named 'query'; the config has none"):
        build(tiny_bloom).encode("a cat", prompt="query")


def test_encoding_leaves_the_mode_and_no_gradient(encoder: Encoder) -> None:
    for training in (True, False):
        encoder.train(training)
        encoder.encode(["a cat"])
        assert encoder.training is training
        assert encoder.backbone.model.training is training
    assert all(weight.grad is None for weight in encoder.parameters())


def test_dropout_has_no_part_in_encoding(tiny_bloom: Path) -> None:
    encoder = build(tiny_bloom, adapter={"name": "lora", "dropout": 0.5})
    for weight in encoder.trained().values():
        weight.data += 0.1
    encoder.train()
    np.testing.assert_array_equal(encoder.encode(TEXTS), encoder.encode(TEXTS))


def test_the_forward_pass_gives_a_gradient_to_all_that_is_trained(tiny_bloom: Path) -> None:
    encoder = build(tiny_bloom, adapter={"name": "lora", "rank": 2})
    vectors = encoder(torch.tensor([5, 6, 7, 8]), torch.tensor([1, 3]))
    assert (vectors.shape, vectors.dtype) == ((2, 32), torch.float32)
    vectors.pow(3).sum().backward()
    trained = encoder.trained()
    assert trained.keys() == {name for name, w in encoder.named_parameters() if w.requires_grad}
    assert all(weight.grad.any() for name, weight in trained.items() if "lora_B" in name)


# Large inputs


@pytest.mark.parametrize("window", [1, 7, 49, 50])
def test_how_many_texts_are_tokenised_at_once_does_not_matter(
    encoder: Encoder, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    texts = [*sentences(40, 5), "", *sentences(9, 6)]
    truth = encoder.encode(texts, prompt="query")
    monkeypatch.setattr("lacoskit.encoder.WINDOW", window)
    np.testing.assert_allclose(encoder.encode(texts, prompt="query"), truth, atol=1e-6)
    windows = (texts[start : start + window] for start in range(0, 50, window))
    np.testing.assert_allclose(np.concatenate(list(encoder.encode_windows(windows, "query"))), truth, atol=1e-6)


def test_texts_are_taken_window_by_window_from_whatever_can_be_sliced(
    encoder: Encoder, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = sentences(20, 5)
    taken: list[int] = []

    class Column:
        def __len__(self) -> int:
            return len(texts)

        def __getitem__(self, rows: slice) -> list[str]:
            taken.append(len(texts[rows]))
            return texts[rows]

    monkeypatch.setattr("lacoskit.encoder.WINDOW", 8)
    np.testing.assert_allclose(encoder.encode(Column()), encoder.encode(texts), atol=1e-6)
    assert taken
    assert max(taken) <= 8


def test_a_few_texts_start_no_thread(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacoskit.encoder.one_ahead", None)
    encoder.encode(TEXTS)
    monkeypatch.setattr("lacoskit.encoder.WINDOW", 3)
    with pytest.raises(TypeError):
        encoder.encode(TEXTS)


def test_what_the_tokenizer_raises_in_a_later_window_reaches_the_caller(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lacoskit.encoder.WINDOW", 3)
    with pytest.raises(TypeError, match="str"):
        encoder.encode([*TEXTS, 3])  # type: ignore[list-item]
    assert encoder.encode(TEXTS).shape == (7, 32)


def test_no_token_in_a_whole_window_gives_zeros(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = encoder.encode("a cat")
    monkeypatch.setattr("lacoskit.encoder.WINDOW", 2)
    vectors = encoder.encode(["", "", "a cat", "", ""])
    np.testing.assert_allclose(vectors, np.outer([0, 0, 1, 0, 0], truth), atol=1e-6)


# The adapter merged for a pass


def adapted(model: Path, dtype: Any = "float32", **config: Any) -> tuple[Encoder, list[int]]:
    """An encoder whose LoRA has been moved, and how often its A's have been called so far, in a list of one."""
    torch.manual_seed(0)
    encoder = build(model, dtype, adapter={"name": "lora", "rank": 4, "dropout": 0.5}, **config)
    generator, calls = torch.Generator().manual_seed(1), [0]
    for weight in encoder.trained().values():
        weight.data += 0.1 * torch.randn(weight.shape, generator=generator)

    def called(*arguments: Any) -> None:
        calls[0] += 1

    for name, module in encoder.named_modules():
        if name.endswith("lora_A.default"):
            module.register_forward_hook(called)
    return encoder, calls


@pytest.mark.parametrize("training", [True, False])
def test_a_large_pass_merges_the_adapter_and_leaves_no_trace(
    tiny_bloom: Path, sentences: Callable[..., list[str]], training: bool
) -> None:
    encoder, calls = adapted(tiny_bloom)
    encoder.train(training)
    texts = sentences(200, 5)
    apart = np.stack([encoder.encode(text) for text in texts])
    assert calls[0] > 0
    calls[0] = 0
    before = {name: (weight.detach().clone(), weight.requires_grad) for name, weight in encoder.named_parameters()}
    np.testing.assert_allclose(encoder.encode(texts), apart, atol=1e-5)
    assert calls[0] == 0
    after = dict(encoder.named_parameters())
    assert all(torch.equal(after[name], w) and after[name].requires_grad is t for name, (w, t) in before.items())
    assert encoder.training is training
    np.testing.assert_array_equal(encoder.encode(texts[0]), apart[0])


def test_a_pass_that_fails_leaves_the_encoder_as_it_was(
    tiny_bloom: Path, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, _ = adapted(tiny_bloom)
    encoder.train()
    before = {name: weight.detach().clone() for name, weight in encoder.named_parameters()}
    monkeypatch.setattr(encoder.backbone, "forward", None)
    with pytest.raises(TypeError):
        encoder.encode(sentences(200, 5))
    assert encoder.training
    assert all(torch.equal(weight, before[name]) for name, weight in encoder.named_parameters())


@pytest.mark.parametrize("where", ["ZeRO-3", "8 bits", "a small pass"])
def test_the_adapter_stays_apart_where_merging_would_be_wrong_or_slower(
    tiny_bloom: Path, sentences: Callable[..., list[str]], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused_lora, "_merging_pays", lambda *given: False)  # which calls no A either
    encoder, calls = adapted(tiny_bloom, quantizer={"name": "bnb-8bit"} if where == "8 bits" else None)
    if where == "ZeRO-3":
        encoder.placement = replace(encoder.placement, zero_stage=3)
    encoder.encode(sentences(20 if where == "a small pass" else 200, 5))
    assert calls[0] > 0


def test_in_bfloat16_the_adapter_stays_apart_since_small_additions_would_be_rounded_away(
    tiny_bloom: Path, sentences: Callable[..., list[str]]
) -> None:
    encoder, calls = adapted(tiny_bloom, "bfloat16")
    encoder.encode(sentences(200, 5))
    assert calls[0] > 0


def test_threads_take_turns_so_that_none_meets_half_merged_weights(
    tiny_bloom: Path, sentences: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, _ = adapted(tiny_bloom)
    texts = sentences(120, 5)
    truth = encoder.encode(texts)
    forward, inside, most = encoder.backbone.forward, [0], [0]

    def observed(ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return forward(ids, lengths)

    monkeypatch.setattr(encoder.backbone, "forward", observed)
    with ThreadPoolExecutor(4) as threads:
        for vectors in threads.map(encoder.encode, [texts, texts[:5]] * 4):
            np.testing.assert_allclose(vectors, truth[: len(vectors)], atol=1e-5)
    assert most == [1]


# Precision


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("adapter", ["lora", "bitfit", "full"])
def test_what_is_trained_is_held_in_float32_and_the_rest_in_the_compute_dtype(
    tiny_bloom: Path, adapter: str, dtype: str
) -> None:
    encoder = build(tiny_bloom, dtype, adapter={"name": adapter})
    trained = {w.dtype for w in encoder.parameters() if w.requires_grad}
    exact = {id(weight) for weight in encoder.backbone.exact()}
    frozen = {w.dtype for w in encoder.parameters() if not w.requires_grad and id(w) not in exact}
    assert trained == {torch.float32}
    assert {w.dtype for w in encoder.backbone.exact()} == {torch.float32}
    assert frozen == (set() if adapter == "full" else {getattr(torch, dtype)})


@pytest.mark.parametrize(("quantizer", "held"), [("bnb-8bit", torch.int8), ("bnb-4bit", torch.uint8)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_quantized_weights_stay_quantized(tiny_bloom: Path, quantizer: str, held: torch.dtype, dtype: str) -> None:
    encoder = build(tiny_bloom, dtype, quantizer={"name": quantizer}, adapter={"name": "lora"})
    weights = dict(encoder.named_parameters())
    quantized = [w for name, w in weights.items() if name.endswith("base_layer.weight")]
    assert len(quantized) == 8
    assert {w.dtype for w in quantized} == {held}
    assert {w.dtype for w in weights.values() if w.requires_grad} == {torch.float32}
    (embedding,) = [w for name, w in weights.items() if name.endswith("word_embeddings.weight")]
    assert embedding.dtype == getattr(torch, dtype)


def test_trained_weights_are_not_rounded_on_their_way_to_float32(tiny_bloom: Path) -> None:
    exact, mixed = build(tiny_bloom), build(tiny_bloom, "bfloat16", adapter={"name": "bitfit"})
    for name, weight in mixed.trained().items():
        assert torch.equal(weight, exact.get_parameter(name))


@pytest.mark.parametrize("adapter", ["lora", "full"])
def test_bfloat16_gives_nearly_the_vectors_of_float32(tiny_bloom: Path, adapter: str) -> None:
    truth = build(tiny_bloom).encode(TEXTS)
    vectors = build(tiny_bloom, "bfloat16", adapter={"name": adapter}).encode(TEXTS)
    assert vectors.dtype == np.float32
    cosines = (truth * vectors).sum(1)
    assert all(cosine > 0.999 for cosine, text in zip(cosines, TEXTS, strict=True) if text)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1)[[0, 2, 3]], 1, atol=1e-6)
    assert not np.array_equal(vectors, truth)


def test_bfloat16_is_right_whatever_stands_beside_a_text(tiny_bloom: Path) -> None:
    encoder = build(tiny_bloom, "bfloat16", adapter={"name": "lora"})
    alone = np.stack([encoder.encode(text) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=0.02)


# Building


def test_a_saved_adapter_is_put_on_the_base_model(tiny_bloom: Path, tmp_path: Path) -> None:
    encoder = build(tiny_bloom, adapter={"name": "lora", "rank": 2})
    untrained = encoder.encode(TEXTS)
    for weight in encoder.trained().values():
        weight.data += 0.2
    adapter = encoder.config.adapter.component
    assert adapter.save is not None
    adapter.save(encoder.backbone.model, tmp_path)
    again = build_encoder(encoder.config, encoder.placement, saved=tmp_path)
    np.testing.assert_allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)
    assert np.abs(again.encode(TEXTS) - untrained).max() > 0.01


@pytest.mark.parametrize("kind", ["bloom", "bert", "xlm-roberta", "llama", "qwen2"])
def test_every_kind_of_model_tells_its_width(tiny_model: Callable[[str], Path], kind: str) -> None:
    assert width_of(build(tiny_model(kind)).backbone.model) == 32
