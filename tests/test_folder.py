from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from torch import nn

import lacoskit
from lacoskit import Options, Pooler, folder, placement, plugins
from lacoskit.config import RunConfig
from lacoskit.encoder import build_encoder
from lacoskit.errors import ConfigError, RunFolderError, TrainingError
from lacoskit.placement import placement_here
from lacoskit.sections import Selected

TEXTS = (
    "a cat",
    "The dog sleeps under the big green tree, near the old house with the small door.",
    "猫在睡觉。",
    "a",
    "un chat dort " * 20,  # cut
    "la gata come",
)


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the model in memory makes of TEXTS, before and after it is written (and merged, if it is)."""
    seen: dict[str, Any] = {}
    write = folder.write

    def spied(encoder: Any, *arguments: Any) -> Any:
        seen["before"] = encoder.encode(TEXTS)
        seen["queries"] = encoder.encode(TEXTS, "query") if encoder.config.prompts else None
        result = write(encoder, *arguments)
        seen["after"] = encoder.encode(TEXTS)
        return result

    monkeypatch.setattr(folder, "write", spied)
    return seen


@pytest.fixture
def moved(settings: dict) -> dict[str, Any]:
    """A short run with steps so large that no vector stays where it was."""
    settings["train"] |= {"max_steps": 4, "learning_rate": 2e-2}
    settings["evaluation"] = {}
    return settings


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Add a component to those that are installed."""

    def add(component: Any) -> None:
        registry = plugins.installed()
        offers = (*registry.offers, plugins.Offer(component, plugins.Source("test", "test", "1")))
        monkeypatch.setattr(plugins, "installed", lambda: replace(registry, offers=offers))

    return add


INT8, FOUR_BIT = {"name": "bnb-8bit"}, {"name": "bnb-4bit"}
LORA = {"adapter": {"name": "lora", "rank": 4}}
CASES: dict[str, dict[str, Any]] = {
    "lora": LORA,
    "lora, merged": LORA | {"save": {"merge": True}},
    "lora on int8": LORA | {"quantizer": INT8},
    "lora on 4 bits": LORA | {"quantizer": FOUR_BIT},
    "lora on int8, merged": LORA | {"quantizer": INT8, "save": {"merge": True}},
    "lora on 4 bits, merged": LORA | {"quantizer": FOUR_BIT, "save": {"merge": True}},
    "full": {"adapter": {"name": "full"}},
    "bitfit": {"adapter": {"name": "bitfit"}},
    "weighted-mean": LORA | {"pooler": {"name": "weighted-mean"}},
    "last": LORA | {"pooler": {"name": "last"}},
    "first": {"adapter": {"name": "full"}, "pooler": {"name": "first"}, "model": "bert"},
    "last of llama": LORA | {"pooler": {"name": "last"}, "model": "llama"},
}


@pytest.mark.parametrize("case", CASES)
def test_sentence_transformers_and_lacoskit_open_what_was_saved_and_give_the_vectors_of_memory(
    case: str, moved: dict, memory: dict, tiny_model: Callable[[str], Path]
) -> None:
    from sentence_transformers import SentenceTransformer

    moved |= CASES[case] | {"prompts": {"query": "question: "}}
    moved["model"] = str(tiny_model(CASES[case].get("model", "bloom")))
    report = lacoskit.train(moved)
    opened = SentenceTransformer(moved["output"])
    assert np.abs(opened.encode([*TEXTS], batch_size=4) - memory["after"]).max() <= 1e-6
    if "quantizer" not in CASES[case] or "save" not in CASES[case]:  # else the base has become another
        queries = opened.encode([*TEXTS], batch_size=4, prompt_name="query")
        assert np.abs(queries - memory["queries"]).max() <= 1e-6
        assert np.abs(memory["before"] - memory["after"]).max() <= 1e-6
        assert np.abs(queries - memory["after"]).max() > 1e-3
    assert np.abs(lacoskit.load(moved["output"]).encode(TEXTS) - memory["after"]).max() <= 1e-6
    verification = report["verification"]
    assert verification["from_memory"] <= 1e-6
    assert verification["from_base"] > 1e-3
    assert json.loads((Path(moved["output"]) / "run.json").read_text(encoding="utf-8")) == report


def test_peft_puts_the_adapter_on_the_base_model(moved: dict, memory: dict) -> None:
    from peft import PeftModel
    from transformers import AutoModel, AutoTokenizer

    lacoskit.train(moved)
    tokenizer = AutoTokenizer.from_pretrained(moved["output"])
    model = PeftModel.from_pretrained(AutoModel.from_pretrained(moved["model"]), moved["output"]).eval()
    for text, expected in zip(TEXTS, memory["after"], strict=True):
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt", truncation=True, max_length=32)).last_hidden_state
        vector = nn.functional.normalize(states[0].mean(0), dim=0)
        assert np.abs(vector.numpy() - expected).max() <= 1e-6


def test_a_model_named_by_a_relative_path_is_found_from_another_folder(
    moved: dict, memory: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sentence_transformers import SentenceTransformer

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(Path(moved["model"]).parent)
    lacoskit.train(moved | {"model": Path(moved["model"]).name})
    monkeypatch.chdir(elsewhere)
    for opened in (SentenceTransformer(moved["output"]), lacoskit.load(moved["output"])):
        assert np.abs(opened.encode([*TEXTS]) - memory["after"]).max() <= 1e-6


def test_the_saved_configuration_repeats_the_run_to_the_same_vectors(moved: dict, tmp_path: Path) -> None:
    moved["adapter"] |= {"dropout": 0.3}
    lacoskit.train(moved)
    again = RunConfig.load(Path(moved["output"]) / "lacoskit.yaml", [f"output={tmp_path / 'again'}"])
    assert again.as_mapping() | {"output": ""} == RunConfig.model_validate(moved).as_mapping() | {"output": ""}
    lacoskit.train(again)
    first, second = lacoskit.load(moved["output"]), lacoskit.load(tmp_path / "again")
    assert np.array_equal(first.encode(TEXTS), second.encode(TEXTS))


def test_the_model_card_is_one_that_the_hub_reads(moved: dict, scored_file: Path) -> None:
    name = "a|b [c]"
    report = lacoskit.train(moved | {"evaluation": {"tasks": {name: {"name": "sts", "files": [str(scored_file)]}}}})
    card = (Path(moved["output"]) / "README.md").read_text(encoding="utf-8")
    _, front, text = card.split("---\n", 2)
    matter = yaml.safe_load(front)
    assert matter["library_name"] == "sentence-transformers"
    assert matter["pipeline_tag"] == "sentence-similarity"
    assert "lacoskit" in matter["tags"]
    assert 'SentenceTransformer("' in text
    figures = [report["evaluation"][when][name]["figures"]["spearman"] for when in ("before", "after")]
    assert f"| a\\|b [c] | spearman | 40 | {100 * figures[0]:.1f} | {100 * figures[1]:.1f} |" in text


def test_run_json_tells_versions_data_and_figures(moved: dict, scored_file: Path) -> None:
    report = lacoskit.train(moved | {"evaluation": {"tasks": {"scored": {"name": "sts", "files": [str(scored_file)]}}}})
    assert report["versions"]["torch"] == torch.__version__
    assert report["versions"]["lacoskit"] == lacoskit.__version__
    assert len(report["data_sha256"]) == len(report["evaluation"]["after"]["scored"]["texts_sha256"]) == 64
    assert report["examples"] == 200
    lora = load_file(Path(moved["output"]) / "adapter_model.safetensors")
    assert report["trained_parameters"] == sum(tensor.numel() for tensor in lora.values())


# what was saved is not believed to be


def _with_adapter(settings: dict, **changes: Any) -> RunConfig:
    config = RunConfig.model_validate(settings)
    component = replace(config.adapter.component, **changes)
    return config.model_copy(update={"adapter": Selected(component, config.adapter.options)})


def _saves_zeros(model: Any, path: Path) -> None:
    model.save_pretrained(str(path), save_embedding_layers=False)
    file = path / "adapter_model.safetensors"
    save_file({name: tensor * 0 for name, tensor in load_file(file).items()}, file, {"format": "pt"})


def _merges_half(model: Any) -> Any:
    for weight in (weight for name, weight in model.named_parameters() if "lora_B" in name):
        weight.data *= 0.5
    return model.merge_and_unload()


@pytest.mark.parametrize(
    ("changes", "merge"), [({"save": _saves_zeros}, False), ({"merge": _merges_half}, True)], ids=["save", "merge"]
)
def test_a_folder_that_gives_other_vectors_than_memory_is_an_error(changes: dict, merge: bool, moved: dict) -> None:
    with pytest.raises(TrainingError, match="gives other vectors than the model in memory: they differ by"):
        lacoskit.train(_with_adapter(moved | {"save": {"merge": merge}}, **changes))
    assert not (Path(moved["output"]) / "run.json").exists()
    with pytest.raises(RunFolderError, match="has not finished"):
        lacoskit.load(moved["output"])


def test_a_folder_that_gives_the_vectors_of_the_untrained_base_is_an_error(moved: dict) -> None:
    moved["train"] |= {"learning_rate": 1e-15}
    with pytest.raises(TrainingError, match="gives the vectors of the untrained base"):
        lacoskit.train(moved)
    assert not (Path(moved["output"]) / "run.json").exists()


# poolers of third parties


class GatedOptions(Options):
    """A mean in which trained numbers weigh the dimensions."""


class Gated(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.gates = nn.Parameter(torch.ones(width))

    def forward(self, batch: Any) -> torch.Tensor:
        texts = batch.states.float().split(batch.lengths.tolist())
        return torch.stack([text.mean(0) for text in texts]) * self.gates


def test_a_pooler_unknown_to_sentence_transformers_is_said_to_be_and_refused_there_but_opens_here(
    moved: dict, memory: dict, offer: Callable[[Any], None], capsys: pytest.CaptureFixture[str]
) -> None:
    from sentence_transformers import SentenceTransformer

    offer(Pooler(name="gated", options=GatedOptions, build=lambda options, width: Gated(width)))
    moved["pooler"] = {"name": "gated"}
    lacoskit.train(moved)
    assert "warning: sentence-transformers has no pooler equal to gated" in capsys.readouterr().out
    assert np.abs(lacoskit.load(moved["output"]).encode(TEXTS) - memory["after"]).max() <= 1e-6
    gates = load_file(Path(moved["output"]) / "pooler.safetensors")["gates"]
    assert (gates != 1).all()
    with pytest.raises(ValueError, match=r"lacoskit\.poolers\.gated"):
        SentenceTransformer(moved["output"])
    card = (Path(moved["output"]) / "README.md").read_text(encoding="utf-8")
    assert "library_name: lacoskit\n" in card
    assert 'lacoskit.load("' in card
    assert "SentenceTransformer" not in card


# opening


def test_opening_can_choose_another_dtype_but_no_setting_that_is_none(moved: dict) -> None:
    lacoskit.train(moved)
    plain = lacoskit.load(moved["output"])
    rounded = lacoskit.load(moved["output"], dtype="bfloat16")
    difference = np.abs(plain.encode(TEXTS) - rounded.encode(TEXTS)).max()
    assert 0 < difference < 0.05
    with pytest.raises(ConfigError, match=r"train\.dtpye: no such option; did you mean 'dtype'"):
        lacoskit.load(moved["output"], dtpye="bfloat16")


def test_a_folder_that_is_none_of_ours_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"is not an output folder of lacoskit: it has no lacoskit\.yaml"):
        lacoskit.load(tmp_path)


@pytest.fixture
def on_a_gpu(moved: dict[str, Any]) -> Callable[..., Any]:
    """`on_a_gpu(changes, **way)`: a moved encoder that says that it is on a GPU, and its untrained vectors."""

    def make(changes: dict[str, Any], **way: Any) -> tuple[Any, Any]:
        config = RunConfig.model_validate(moved | changes)
        encoder = build_encoder(config, placement_here(config))
        untrained = folder.probe(encoder)
        for weight in encoder.trained().values():
            weight.data += 0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
        encoder.placement = replace(encoder.placement, device="cuda", **way)
        return encoder, untrained

    return make


@pytest.mark.parametrize("case", ["full", "lora on 4 bits, merged", "lora, merged"])
def test_a_sharded_run_is_saved_and_verified_on_the_cpu(
    case: str, on_a_gpu: Callable[..., Any], tmp_path: Path
) -> None:
    encoder, untrained = on_a_gpu(CASES[case], processes=2, zero_stage=3)
    encoder.placement = replace(encoder.placement, device="cpu")
    vectors = folder.probe(encoder)
    encoder.placement = replace(encoder.placement, device="cuda")
    result = folder.write(encoder, tmp_path, untrained, vectors, dict(folder.own_weights(encoder)))
    assert result.from_memory < 1e-5 < 1e-3 < result.from_base
    assert lacoskit.load(tmp_path).encode(TEXTS).shape == (len(TEXTS), 32)


@pytest.mark.parametrize("case", ["lora", "full", "lora on 4 bits, merged"])
def test_what_a_gpu_has_no_room_for_is_verified_on_the_cpu(
    case: str, on_a_gpu: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[torch.device] = []
    monkeypatch.setattr(placement, "free_on_gpu", lambda device: asked.append(device) or 1000)
    encoder, untrained = on_a_gpu(CASES[case])
    result = folder.write(encoder, tmp_path, untrained)
    assert asked
    assert result.from_memory < 1e-5 < 1e-3 < result.from_base


def test_weights_that_come_back_as_others_are_noticed_on_another_device_too(
    on_a_gpu: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There, rounding alone would pass for what was trained."""
    monkeypatch.setattr(placement, "free_on_gpu", lambda device: 0)
    encoder, untrained = on_a_gpu(LORA)
    saved = encoder.config.adapter.component.save

    def save(model: Any, into: Path) -> None:
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        weights[0].data *= 1 + 1e-6
        saved(model, into)
        weights[0].data /= 1 + 1e-6

    component = replace(encoder.config.adapter.component, save=save)
    config = encoder.config
    encoder.config = config.model_copy(update={"adapter": Selected(component, config.adapter.options)})
    with pytest.raises(TrainingError, match="is not what the model in memory has: backbone"):
        folder.write(encoder, tmp_path, untrained)


def test_an_adapter_names_the_revision_of_its_base(moved: dict[str, Any]) -> None:
    lacoskit.train(moved | {"revision": "v1"})
    saved = json.loads((Path(moved["output"]) / "adapter_config.json").read_text(encoding="utf-8"))
    assert saved["revision"] == "v1"


@pytest.mark.parametrize(
    "changes",
    [
        CASES["lora on 4 bits, merged"],
        {"quantizer": {"name": "int8", "saved_as": "bnb-8bit"}, "adapter": {"name": "bitfit"}},
    ],
    ids=["merged", "opened elsewhere"],
)
def test_a_run_under_zero_3_writes_what_takes_a_whole_base_model(
    changes: dict[str, Any], moved: dict[str, Any], tmp_path: Path
) -> None:
    from transformers.integrations import HfDeepSpeedConfig, unset_hf_deepspeed_config

    config = RunConfig.model_validate(moved | changes)
    encoder = build_encoder(config, placement_here(config))
    untrained = folder.probe(encoder)
    for weight in encoder.trained().values():
        weight.data += 0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(0))
    kept = HfDeepSpeedConfig({"zero_optimization": {"stage": 3}})  # as accelerate makes it, for as long as it lives
    try:
        folder.write(encoder, tmp_path, untrained)
    finally:
        unset_hf_deepspeed_config()
    del kept
    assert lacoskit.load(tmp_path).encode("a cat").shape == (32,)


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("saved_as", ["plain", "bnb-8bit"])
def test_int8_weights_open_elsewhere_as_plain_ones_or_those_of_bitsandbytes(
    saved_as: str, merge: bool, moved: dict[str, Any], memory: dict[str, Any]
) -> None:
    from bitsandbytes.nn import Linear8bitLt
    from sentence_transformers import SentenceTransformer

    moved |= {"quantizer": {"name": "int8", "saved_as": saved_as}, "save": {"merge": merge}}
    report = lacoskit.train(moved)
    assert report["verification"]["from_memory"] <= 1e-5
    opened = SentenceTransformer(moved["output"])
    assert any(isinstance(layer, Linear8bitLt) for layer in opened.modules()) == (saved_as == "bnb-8bit")
    theirs = opened.encode(list(TEXTS), normalize_embeddings=True)
    assert (theirs * memory["before"]).sum(axis=1).min() > (0.9999 if saved_as == "plain" else 0.998)
    ours = lacoskit.load(moved["output"]).encode(TEXTS)
    tolerance = 1e-5 if saved_as == "plain" or not merge else 2e-2
    np.testing.assert_allclose(ours, memory["before"], atol=tolerance)


def test_biases_trained_on_int8_weights_are_saved_with_plain_weights(
    moved: dict[str, Any], memory: dict[str, Any]
) -> None:
    moved |= {"quantizer": {"name": "int8"}, "adapter": {"name": "bitfit"}}
    lacoskit.train(moved)
    opened = lacoskit.load(moved["output"])
    np.testing.assert_allclose(opened.encode(TEXTS), memory["before"], atol=1e-5)
    assert {weight.dtype for weight in opened.parameters()} == {torch.float32}
