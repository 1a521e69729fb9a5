"""A base model is found and loaded, or one message says why not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BloomModel

from lacoskit import LacoskitError, Placement, Quantizer, plugins
from lacoskit.backbone import ModelFiles, choose, flash_is_installed, load_base, load_tokenizer
from lacoskit.location import locate

NOWHERE = "nobody/no-such-model"


def load(model: str | Path, dtype: str = "float32", **arguments: Any) -> Any:
    return load_base(ModelFiles(str(model)), dtype, arguments)


def one_message(action: Callable[[], Any]) -> str:
    with pytest.raises(LacoskitError) as caught:
        action()
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.fixture
def copied(tiny_bloom: Path, tmp_path: Path) -> Path:
    """A BLOOM that a test may spoil."""
    return shutil.copytree(tiny_bloom, tmp_path / "copy")


def test_the_bundled_model_is_found_by_its_name() -> None:
    model, tokenizer = load("nano-bloom", "bfloat16"), load_tokenizer(ModelFiles("nano-bloom"))
    assert isinstance(model, BloomModel)
    assert model.config.hidden_size == 256
    assert len(tokenizer) == model.word_embeddings.num_embeddings
    text = "El gato duerme. 猫在睡觉。 القط نائم"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_a_folder_gives_its_weights_frozen_and_in_the_dtype_asked_for(tiny_bloom: Path) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model = load(tiny_bloom, str(dtype).removeprefix("torch."))
        truth = AutoModel.from_pretrained(tiny_bloom, dtype=dtype).state_dict()
        assert model.state_dict().keys() == truth.keys()
        assert all(torch.equal(weight, truth[name]) for name, weight in model.state_dict().items())
        assert {weight.dtype for weight in model.parameters()} == {dtype}
        assert not any(weight.requires_grad for weight in model.parameters())


def test_a_relative_folder_is_one_of_the_working_folder(tiny_bloom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tiny_bloom.parent)
    for name in (tiny_bloom.name, f"./{tiny_bloom.name}", f"../{tiny_bloom.parent.name}/{tiny_bloom.name}"):
        assert Path(locate(name)) == tiny_bloom.resolve()
    monkeypatch.chdir("/")
    assert locate(tiny_bloom.name) == tiny_bloom.name  # a name on the hub


def test_a_home_folder_is_expanded(tiny_bloom: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tiny_bloom.parent))
    assert Path(locate(f"~/{tiny_bloom.name}")) == tiny_bloom.resolve()


@pytest.mark.parametrize("name", ["./nowhere", "/nowhere/at/all", "~/nowhere", "models/of/mine"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(name: str) -> None:
    assert one_message(lambda: locate(name)) == f"model: there is no folder {name}"


def test_a_folder_without_a_config_is_no_model(tmp_path: Path) -> None:
    assert "without a config.json" in one_message(lambda: load(tmp_path))


def test_a_hub_that_cannot_be_reached_is_one_message() -> None:
    for action in (lambda: load(NOWHERE), lambda: load_tokenizer(ModelFiles(NOWHERE))):
        message = one_message(action)
        assert NOWHERE in message
        assert "can the hub be reached? A folder works without it" in message


def test_weights_in_a_pickle_are_refused(copied: Path) -> None:
    torch.save(AutoModel.from_pretrained(copied).state_dict(), copied / "pytorch_model.bin")
    (copied / "model.safetensors").unlink()
    message = one_message(lambda: load(copied))
    assert "safetensors" in message
    assert "hub be reached" not in message


def test_half_a_file_of_weights_is_one_message(copied: Path) -> None:
    whole = (copied / "model.safetensors").read_bytes()
    (copied / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    assert str(copied) in one_message(lambda: load(copied))


def test_an_unknown_kind_of_model_is_one_message(copied: Path) -> None:
    config = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps({**config, "model_type": "no-such-kind"}))
    assert "no-such-kind" in one_message(lambda: load(copied))


def test_a_broken_config_is_one_message(copied: Path) -> None:
    (copied / "config.json").write_text("{")
    assert str(copied) in one_message(lambda: load(copied))


def test_a_broken_tokenizer_is_one_message(copied: Path) -> None:
    (copied / "tokenizer.json").write_text("{")
    assert f"the tokenizer of model {copied}" in one_message(lambda: load_tokenizer(ModelFiles(str(copied))))


def test_a_model_without_a_tokenizer_is_one_message(copied: Path) -> None:
    for file in copied.glob("*token*"):
        file.unlink()
    assert f"the tokenizer of model {copied}" in one_message(lambda: load_tokenizer(ModelFiles(str(copied))))


def forget(folder: Path, *names: str) -> None:
    """Take special tokens away from a saved tokenizer."""
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({key: value for key, value in settings.items() if key not in names}))


def test_a_tokenizer_without_a_padding_token_takes_its_end_token(
    copied: Path, caplog: pytest.LogCaptureFixture
) -> None:
    forget(copied, "pad_token")
    assert AutoTokenizer.from_pretrained(copied).pad_token is None
    assert load_tokenizer(ModelFiles(str(copied))).pad_token == "</s>"
    assert "no padding token; </s> serves as one" in caplog.text


def test_a_tokenizer_without_an_end_token_takes_that_for_unknown_ones(copied: Path) -> None:
    forget(copied, "pad_token", "eos_token")
    assert load_tokenizer(ModelFiles(str(copied))).pad_token == "<unk>"


def test_a_tokenizer_without_any_such_token_is_refused_with_the_remedy(copied: Path) -> None:
    forget(copied, "pad_token", "eos_token", "unk_token")
    assert "add_special_tokens" in one_message(lambda: load_tokenizer(ModelFiles(str(copied))))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("quantizer", ["bnb-8bit", "bnb-4bit"])
def test_a_quantized_model_keeps_embedding_and_norms_in_the_compute_dtype(
    tiny_bloom: Path, quantizer: str, dtype: str
) -> None:
    component = plugins.installed().select(Quantizer, quantizer)
    placement = Placement(device="cpu", dtype=dtype)
    model = load(tiny_bloom, dtype, **component.load_arguments(component.options(), placement))
    plain = [weight for weight in model.parameters() if type(weight) is torch.nn.Parameter]
    assert any(weight is model.word_embeddings.weight for weight in plain)
    assert {weight.dtype for weight in plain} == {getattr(torch, dtype)}
    assert not any(weight.requires_grad for weight in model.parameters())


def test_keys_and_values_are_not_cached(tiny_model: Callable[[str], Path]) -> None:
    model = load(tiny_model("llama"))
    assert model(input_ids=torch.tensor([[5, 6]])).past_key_values is None


def arguments_of_loading(monkeypatch: pytest.MonkeyPatch, folder: Path, flash: bool, **arguments: Any) -> Any:
    """What `load_base` tells transformers about attention."""
    given: dict[str, Any] = {}
    real = AutoModel.from_pretrained

    def load_and_tell(*args: Any, attn_implementation: str | None = None, **rest: Any) -> Any:
        given["attention"] = attn_implementation
        return real(*args, **rest)

    monkeypatch.setattr(AutoModel, "from_pretrained", load_and_tell)
    load_base(ModelFiles(str(folder)), "bfloat16", arguments, flash)
    return given["attention"]


@pytest.mark.parametrize(
    ("kind", "asked"),
    [("bloom", None), ("bert", "flash_attention_2"), ("llama", "flash_attention_2"), ("qwen2", "flash_attention_2")],
)
def test_flash_attention_is_asked_for_where_the_model_knows_it(
    tiny_model: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, kind: str, asked: str | None
) -> None:
    assert arguments_of_loading(monkeypatch, tiny_model(kind), flash=True) == asked
    assert arguments_of_loading(monkeypatch, tiny_model(kind), flash=False) is None
    settled = arguments_of_loading(monkeypatch, tiny_model(kind), flash=True, attn_implementation="eager")
    assert settled == "eager"


def test_flash_attention_runs_on_a_gpu_in_half_precision_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for installed in (True, False):
        monkeypatch.setattr("transformers.utils.is_flash_attn_2_available", lambda installed=installed: installed)
        assert flash_is_installed("cuda", "bfloat16") == flash_is_installed("cuda", "float16") == installed
        assert not flash_is_installed("cuda", "float32")
        assert not flash_is_installed("cpu", "bfloat16")


@pytest.mark.parametrize("kind", ["bert", "llama", "qwen2"])
def test_transformers_takes_fused_attention_by_itself(tiny_model: Callable[[str], Path], kind: str) -> None:
    model = load(tiny_model(kind))
    assert choose(model, 3).attention == model.config._attn_implementation == "sdpa"
