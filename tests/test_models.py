"""Models that are opened by a reference: their vectors, their fingerprints, and what is no model."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

import lacoskit
from lacoskit.errors import LacoskitError, NotTold
from lacoskit.layout import CONFIG
from lacoskit.models import open_model

PROMPTS = {"query": "the question: ", "document": "a text: "}
TEXTS = ["a cat", "the dog sleeps under the big green tree near the old house", "猫 狗 睡觉", "a", "un chat dort"]


@pytest.fixture(scope="module")
def trained(tiny_bloom: Path, pairs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("trained") / "run"
    settings = {
        "model": str(tiny_bloom),
        "output": str(output),
        "max_length": 32,
        "prompts": PROMPTS,
        "quantizer": None,
        "adapter": {"name": "lora", "rank": 4},
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "pairs", "files": [str(pairs_file)]},
        "train": {"batch_size": 16, "max_steps": 2, "learning_rate": 1e-2, "dtype": "float32"},
    }
    lacoskit.train(settings)
    return output


@pytest.fixture(scope="module")
def foreign(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder as sentence-transformers would have written it."""
    copy = tmp_path_factory.mktemp("foreign") / "model"
    shutil.copytree(trained, copy)
    (copy / CONFIG).unlink()
    return copy


@pytest.mark.parametrize("role", ["query", "document", None])
def test_an_output_folder_gives_the_vectors_of_its_encoder(role: Any, trained: Path) -> None:
    model = open_model(str(trained))
    vectors = model.encode(TEXTS, role)
    assert (vectors.dtype, vectors.shape, model.dimensions, model.name) == (np.float32, (5, 32), 32, str(trained))
    np.testing.assert_array_equal(vectors, lacoskit.load(trained).encode(TEXTS, role))


@pytest.mark.parametrize("role", ["query", "document", None])
def test_a_model_of_sentence_transformers_gives_the_vectors_of_that_folder(
    role: Any, trained: Path, foreign: Path
) -> None:
    model = open_model(str(foreign), batch_size=2)
    vectors = model.encode(TEXTS, role)
    assert (vectors.dtype, vectors.shape, model.dimensions) == (np.float32, (5, 32), 32)
    np.testing.assert_allclose(vectors, open_model(str(trained)).encode(TEXTS, role), atol=2e-6)
    theirs = SentenceTransformer(str(foreign), device="cpu")
    prompt = {"prompt_name": role} if role else {}
    np.testing.assert_allclose(vectors, theirs.encode(TEXTS, normalize_embeddings=True, **prompt), atol=2e-6)


@pytest.mark.parametrize("kind", ["bloom", "bert"])
def test_an_untrained_base_model_gives_the_mean_of_its_states(kind: str, tiny_model: Any) -> None:
    model, folder = open_model(f"base:{tiny_model(kind)}"), tiny_model(kind)
    tokenizer, truth = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        states = [truth(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].mean(0) for text in TEXTS]
    expected = torch.nn.functional.normalize(torch.stack(states), dim=1).numpy()
    np.testing.assert_allclose(model.encode(TEXTS, "query"), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["bloom", "bert"])
def test_layers_are_means_of_transformers_hidden_states(kind: str, tiny_model: Any) -> None:
    folder = tiny_model(kind)
    model = open_model(f"base:{folder}")
    tokenizer, truth = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        found = [
            truth(**tokenizer(text, return_tensors="pt"), output_hidden_states=True).hidden_states for text in TEXTS
        ]
    means = [torch.stack([states[0].mean(0) for states in layer]) for layer in zip(*found, strict=True)]
    expected = torch.nn.functional.normalize(torch.stack(means), dim=2).numpy()
    layers = model.layers([*TEXTS, ""])
    assert (layers.dtype, layers.shape) == (np.float32, (3, 6, 32))
    np.testing.assert_allclose(layers[:, :5], expected, atol=1e-5)
    np.testing.assert_allclose(layers[-1, :5], model.encode(TEXTS), atol=1e-6)
    assert kind == "bert" or not layers[:, 5].any()  # no token, no states


@pytest.mark.parametrize("role", ["query", None])
def test_layers_of_a_model_of_sentence_transformers_are_those_of_that_folder(
    role: Any, trained: Path, foreign: Path
) -> None:
    model = open_model(str(foreign), batch_size=2)
    model.model.truncate_dim = 8  # of vectors, not of states
    own = open_model(str(trained)).layers(TEXTS, role)
    np.testing.assert_allclose(model.layers(TEXTS, role), own, atol=2e-6)
    assert model.encode(TEXTS).shape == (5, 8)  # all is as it was
    assert not model.model[0].auto_model.config.output_hidden_states


def test_a_model_without_layers_does_not_tell_them(tmp_path: Path, tiny_bloom: Path) -> None:
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = AutoTokenizer.from_pretrained(tiny_bloom)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)]).save(str(tmp_path / "static"))
    with pytest.raises(NotTold, match="does not begin with a model of transformers"):
        open_model(str(tmp_path / "static")).layers(TEXTS)


def test_prompts_can_be_given_in_place_of_the_models_own(trained: Path, foreign: Path) -> None:
    given = {"query": "la gata "}
    expected = open_model(str(trained), prompts={}).encode(["la gata " + text for text in TEXTS])
    for folder in (trained, foreign):
        model = open_model(str(folder), prompts=given)
        np.testing.assert_allclose(model.encode(TEXTS, "query"), expected, atol=1e-5)


def test_a_fingerprint_is_that_of_the_contents_and_not_of_the_place(trained: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    shutil.copytree(trained, copy)
    model = open_model(str(copy))
    before = model.fingerprint
    model.encode(TEXTS)
    assert before == open_model(str(trained)).fingerprint == open_model(str(trained)).fingerprint


def test_a_fingerprint_changes_with_weights_prompts_and_pooling(trained: Path, foreign: Path, tiny_bloom: Path) -> None:
    known = [open_model(str(folder)).fingerprint for folder in (trained, foreign)]
    known += [open_model(str(folder), prompts={"query": "x "}).fingerprint for folder in (trained, foreign)]
    known += [open_model(f"base:{tiny_bloom}").fingerprint]
    for folder in (trained, foreign):
        changed: Any = open_model(str(folder))
        module = changed.encoder if folder == trained else changed.model
        next(iter(module.parameters())).data.flatten()[0] += 1e-3
        known.append(changed.fingerprint)
    config = foreign / "1_Pooling" / "config.json"
    text = config.read_text()
    config.write_text(
        text.replace('mean_tokens": true', 'mean_tokens": false').replace('cls_token": false', 'cls_token": true')
    )
    known.append(open_model(str(foreign)).fingerprint)
    config.write_text(text)
    assert len(set(known)) == len(known)


def _with_setting(folder: Path, file: str, to: Path, **settings: Any) -> str:
    shutil.copytree(folder, to)
    known = json.loads((to / file).read_text(encoding="utf-8"))
    assert settings.keys() <= known.keys()
    (to / file).write_text(json.dumps(known | settings), encoding="utf-8")
    return str(to)


def test_a_fingerprint_changes_with_what_decides_vectors_and_is_no_weight(
    trained: Path, foreign: Path, tiny_bloom: Path, tmp_path: Path
) -> None:
    known = [open_model(name).fingerprint for name in (str(trained), str(foreign), f"base:{tiny_bloom}")]
    for name, folder in (("own", trained), ("foreign", foreign)):
        scaled = _with_setting(folder, "adapter_config.json", tmp_path / name, lora_alpha=64)
        known.append(open_model(scaled).fingerprint)
    other = _with_setting(tiny_bloom, "config.json", tmp_path / "base", layer_norm_epsilon=0.1)
    known.append(open_model(f"base:{other}").fingerprint)
    assert len(set(known)) == len(known) == 6


def test_a_fingerprint_changes_with_code(trained: Path, foreign: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version of a library may compute other vectors, and so may a pooler whose source has changed."""
    known = [open_model(str(folder)).fingerprint for folder in (trained, foreign)]
    with monkeypatch.context() as patched:
        patched.setattr("lacoskit.models.version_of", lambda package: f"{package} of tomorrow")
        known += [open_model(str(folder)).fingerprint for folder in (trained, foreign)]
    monkeypatch.setattr("lacoskit.versions.inspect.getsource", lambda module: f"another {module.__name__}")
    known.append(open_model(str(trained)).fingerprint)
    assert len(set(known)) == len(known) == 5


def test_what_is_no_model_is_one_message(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / CONFIG).write_text("")
    told = {
        str(tmp_path): "is neither an output folder of lacoskit nor a model",
        str(tmp_path / "nowhere"): "there is no folder",
        str(unfinished): "holds a run that has not finished",
        f"base:{tmp_path}": "is a folder without a config.json",
        "nobody/no-such-model": "sentence-transformers cannot open it",
    }
    for reference, message in told.items():
        with pytest.raises(LacoskitError, match=message):
            open_model(reference)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LacoskitError, match=r"pip install 'lacoskit\[sentence-transformers\]'"):
        open_model("nobody/no-such-model")
