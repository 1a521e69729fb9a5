"""A model that is built without weights and reads them is the model that transformers loads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, BartConfig, BartModel

from lacoskit import LacoskitError
from lacoskit.backbone import ModelFiles, choose, load_base
from lacoskit.backbone.streaming import StreamedModel
from lacoskit.sharding import Share

KINDS = ["bloom", "bert", "xlm-roberta", "llama", "qwen2"]


def read(folder: Path | str, dtype: str = "float32", **changes: Any) -> Any:
    streamed = StreamedModel(ModelFiles(str(folder), **changes), dtype)
    streamed.make_room(torch.device("cpu"))
    streamed.read()
    return streamed.model


def equal(first: Any, second: Any) -> bool:
    one, two = first.state_dict(), second.state_dict()
    return one.keys() == two.keys() and all(torch.equal(one[name], two[name]) for name in one)


def message(folder: Path, **changes: Any) -> str:
    with pytest.raises(LacoskitError) as caught:
        read(folder, **changes)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def copied(tiny_bloom: Path, tmp_path: Path) -> Path:
    """A BLOOM that a test may spoil."""
    return shutil.copytree(tiny_bloom, tmp_path / "copy")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_it_is_the_model_that_transformers_loads(kind: str, dtype: str, tiny_model: Callable[[str], Path]) -> None:
    model, truth = read(tiny_model(kind), dtype), load_base(ModelFiles(str(tiny_model(kind))), dtype, {})
    assert equal(model, truth)
    assert {name for name, _ in model.named_buffers()} == {name for name, _ in truth.named_buffers()}
    assert all(torch.equal(buffer, dict(truth.named_buffers())[name]) for name, buffer in model.named_buffers())
    assert not model.training
    assert not any(weight.requires_grad for weight in model.parameters())


@pytest.mark.parametrize("kind", ["bloom", "llama"])
def test_names_with_the_prefix_of_a_model_with_a_head_are_found(
    kind: str, tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_model(kind), tmp_path / "copy")
    prefix = AutoModel.from_pretrained(folder).base_model_prefix
    tensors = {f"{prefix}.{name}": tensor for name, tensor in load_file(folder / "model.safetensors").items()}
    save_file({**tensors, "lm_head.weight": torch.zeros(400, 32)}, folder / "model.safetensors")
    assert equal(read(folder), read(tiny_model(kind)))


def test_files_in_several_parts_are_read_one_after_the_other(copied: Path, tiny_bloom: Path) -> None:
    AutoModel.from_pretrained(tiny_bloom).save_pretrained(copied, max_shard_size="20KB")
    (copied / "model.safetensors").unlink()
    assert len(list(copied.glob("model-*.safetensors"))) > 3
    assert equal(read(copied), read(tiny_bloom))


def test_pickles_are_read_only_if_they_are_asked_for_by_name_and_run_no_code(
    copied: Path, tiny_bloom: Path, tmp_path: Path
) -> None:
    torch.save(load_file(copied / "model.safetensors"), copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    assert f"model {copied} cannot be loaded" in message(copied)
    for load in (read, lambda folder, **changes: load_base(ModelFiles(str(folder), **changes), "float32", {})):
        assert equal(load(copied, weights="pytorch_model.bin"), read(tiny_bloom))
    harm = tmp_path / "harm"

    class Harmful:
        def __reduce__(self) -> Any:
            return harm.write_text, ("done",)

    torch.save({"word_embeddings.weight": Harmful()}, copied / "pytorch_model.bin")
    with pytest.raises(Exception, match=r"(?i)weights.only"):
        read(copied, weights="pytorch_model.bin")
    assert not harm.exists()


def test_a_missing_tensor_a_wrong_shape_and_a_broken_file_are_each_one_message(copied: Path) -> None:
    tensors = load_file(copied / "model.safetensors")
    without = {name: tensor for name, tensor in tensors.items() if "ln_f" not in name}
    save_file(without, copied / "model.safetensors")
    assert "hold no weights for ln_f.bias, ln_f.weight" in message(copied)
    save_file({**tensors, "ln_f.bias": torch.zeros(7)}, copied / "model.safetensors")
    assert "ln_f.bias has the shape [7] in the file and [32] in the model" in message(copied)
    (copied / "model.safetensors").write_bytes((copied / "model.safetensors").read_bytes()[:5000])
    assert f"model {copied} cannot be loaded" in message(copied)
    config = json.loads((copied / "config.json").read_text(encoding="utf-8"))
    (copied / "config.json").write_text(json.dumps({**config, "model_type": "nothing"}), encoding="utf-8")
    assert f"model {copied} cannot be loaded" in message(copied)


def test_only_the_rows_of_a_share_are_read(tiny_bloom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lacoskit.backbone import streaming

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(streaming, "PIECE", 32 * 4 * 16)  # sixteen rows of the embedding
    streamed = StreamedModel(ModelFiles(str(tiny_bloom)), "float32")
    embedding = streamed.model.word_embeddings
    held = torch.empty(3 * 32 + 7)

    def half(weight: Any) -> Share:
        whole = Share(held, 100 * 32, weight.shape)
        return whole if weight is embedding.weight else Share(held[:0], 0, weight.shape)

    monkeypatch.setattr(streaming, "share_of", half)
    rows = streaming._Rows.__init__

    def noting(self: Any, shape: Any, itemsize: int, read_rows: Any) -> None:
        rows(self, shape, itemsize, lambda start, stop: asked.append((start, stop)) or read_rows(start, stop))

    monkeypatch.setattr(streaming._Rows, "__init__", noting)
    streamed.read()
    assert asked == [(100, 104)]
    truth = load_file(tiny_bloom / "model.safetensors")["word_embeddings.weight"].flatten()
    assert torch.equal(held, truth[3200 : 3200 + len(held)])


def test_before_it_is_read_it_takes_no_memory(tiny_bloom: Path) -> None:
    model = StreamedModel(ModelFiles(str(tiny_bloom)), "float32").model
    assert sum(weight.untyped_storage().nbytes() for weight in model.parameters()) < 1_000


@pytest.fixture
def bart(tmp_path: Path) -> Path:
    """A model whose encoder, decoder and shared embeddings have one weight."""
    torch.manual_seed(0)
    shape = {"vocab_size": 400, "d_model": 32, "max_position_embeddings": 64}
    sides = {f"{side}_{what}": n for side in ("encoder", "decoder") for what, n in _BART.items()}
    BartModel(BartConfig(**shape, **sides)).save_pretrained(tmp_path / "bart")
    return tmp_path / "bart"


_BART = {"layers": 2, "attention_heads": 4, "ffn_dim": 64}
EMBEDDINGS = ("shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight")


@pytest.mark.parametrize("kept", [EMBEDDINGS[:1], EMBEDDINGS[1:2], EMBEDDINGS])
def test_tied_weights_are_read_under_any_of_their_names_and_stay_one(bart: Path, kept: tuple[str, ...]) -> None:
    tensors = load_file(bart / "model.safetensors")
    shared = tensors.pop("shared.weight")
    save_file(tensors | {name: shared.clone() for name in kept}, bart / "model.safetensors", {"format": "pt"})
    model = read(bart)
    assert equal(model, AutoModel.from_pretrained(bart))
    assert torch.equal(model.shared.weight, shared)
    assert model.shared.weight is model.encoder.embed_tokens.weight is model.decoder.embed_tokens.weight
    units = choose(model, 1).units()
    assert all(model.shared not in unit for unit in units)  # FSDP2 would shard the others' weight apart from it


def test_tied_weights_that_differ_in_the_files_are_told(bart: Path) -> None:
    tensors = load_file(bart / "model.safetensors")
    other = {"encoder.embed_tokens.weight": tensors["shared.weight"] + 1}
    save_file(tensors | other, bart / "model.safetensors", {"format": "pt"})
    assert "differs from the weight that config.json ties it to" in message(bart)
