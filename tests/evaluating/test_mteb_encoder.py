from __future__ import annotations

from pathlib import Path
from typing import Any

import mteb
import numpy as np
import pytest
import torch
from hashed_vectors import embed
from mteb.types import PromptType

import lacoskit


@pytest.fixture(scope="module")
def trained(tiny_bloom: Path, pairs_file: Path, tmp_path_factory: Any) -> Path:
    """The output folder of a few steps, with prompts for both roles."""
    output = tmp_path_factory.mktemp("trained") / "mine"
    settings = {"model": str(tiny_bloom), "output": str(output), "quantizer": None, "optimizer": {"name": "adamw"}}
    settings |= {"prompts": {"query": "q: ", "document": "d: "}}
    dataset = {"name": "pairs", "files": [str(pairs_file)]}
    lacoskit.train({**settings, "dataset": dataset, "train": {"batch_size": 16, "max_steps": 2, "dtype": "float32"}})
    return output


def test_mteb_takes_our_encoder_for_all_its_kinds_of_tasks(trained: Path) -> None:
    encoder = lacoskit.for_mteb(trained)
    assert isinstance(encoder, mteb.EncoderProtocol)
    run = mteb.mock_run(encoder)
    assert run.all_passed, run.to_markdown()
    done = [name for name, status in run.items() if isinstance(status, mteb.TaskResult)]
    assert len(done) == len([name for name, status in run.items() if status is not None]) >= 25


def test_a_loaded_encoder_is_taken_too_and_known_by_the_hash_of_its_weights(trained: Path) -> None:
    loaded = lacoskit.load(trained)
    encoder = lacoskit.for_mteb(loaded, keep_vectors=False)
    meta = encoder.mteb_model_meta
    assert meta.name == "lacoskit/mine"
    assert meta.embed_dim == 32
    assert meta.revision == lacoskit.for_mteb(str(trained)).mteb_model_meta.revision
    with torch.no_grad():
        loaded.backbone.model.get_input_embeddings().weight[7] += 1
    assert lacoskit.for_mteb(loaded, keep_vectors=False).mteb_model_meta.revision != meta.revision
    assert lacoskit.for_mteb(loaded, "me/other", keep_vectors=False).mteb_model_meta.name == "me/other"


@pytest.mark.parametrize(
    ("asked", "prompt"), [(PromptType.query, "query"), (PromptType.document, "document"), (None, None)]
)
def test_prompts_of_mteb_are_roles_of_ours(trained: Path, asked: Any, prompt: str | None) -> None:
    encoder = lacoskit.for_mteb(trained, keep_vectors=False)
    batches = [{"text": ["the cat sleeps", "a river"]}, {"text": ["la casa"]}]
    found = encoder.encode(batches, prompt_type=asked)
    expected = lacoskit.load(trained).encode(["the cat sleeps", "a river", "la casa"], prompt)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_nearness_is_the_cosine_whatever_the_length_of_vectors() -> None:
    encoder = lacoskit.MtebEncoder(embed, "lacoskit/any")
    one, other = np.random.default_rng(0).normal(size=(2, 5, 4))
    lengths = np.linalg.norm(one, axis=1)[:, None] * np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(encoder.similarity(one, torch.from_numpy(other)), one @ other.T / lengths, atol=1e-6)
    assert encoder.similarity(one[0], other).shape == (1, 5)
    pairwise = encoder.similarity_pairwise(one, other)
    np.testing.assert_allclose(pairwise, np.diagonal(one @ other.T / lengths), atol=1e-6)


def test_without_a_hash_nothing_is_found_in_the_cache_of_mteb() -> None:
    one, other = (lacoskit.MtebEncoder(embed, "lacoskit/any").mteb_model_meta for _ in range(2))
    assert one.revision != other.revision


def test_a_model_of_the_hub_keeps_its_name(tmp_path: Path) -> None:
    names = {
        "intfloat/multilingual-e5-small": "intfloat/multilingual-e5-small",
        "all-MiniLM-L6-v2": "sentence-transformers/all-MiniLM-L6-v2",
        "base:bigscience/bloom-560m": "lacoskit/base-bigscience-bloom-560m",
        str(tmp_path): f"lacoskit/{tmp_path.name}",
    }
    for reference, name in names.items():
        assert lacoskit.MtebEncoder(embed, reference).mteb_model_meta.name == name
