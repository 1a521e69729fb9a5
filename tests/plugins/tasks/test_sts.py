from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import datasets
import numpy as np
import pytest
from lacoskit_builtins.scored_pairs import correlate
from lacoskit_builtins.tasks.sts import StsOptions, check, load
from numpy.typing import NDArray
from sentence_transformers.evaluation import EmbeddingSimilarityEvaluator

from lacoskit import DataError


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors that depend on the text and the role."""
    vectors = np.array([np.random.default_rng([*text.encode(), len(role or "")]).normal(size=8) for text in texts])
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_figures_are_those_of_sentence_transformers(scored_file: Path) -> None:
    pairs = load(StsOptions(files=(str(scored_file),), language="en"))

    class Evaluator(EmbeddingSimilarityEvaluator):
        def embed_inputs(self, model: Any, sentences: Any, **options: Any) -> Any:
            return embed(sentences, "query" if sentences is pairs.first else "document")

    evaluator = Evaluator(
        pairs.first,
        pairs.second,
        [float(score) for score in pairs.scores],
        write_csv=False,
        similarity_fn_names=["cosine"],
    )
    expected = evaluator(MagicMock())
    result = correlate(pairs, embed)
    assert result.figures["spearman"] == pytest.approx(expected["spearman_cosine"], abs=1e-6)
    assert result.figures["pearson"] == pytest.approx(expected["pearson_cosine"], abs=1e-6)
    assert (result.main, result.units, result.languages) == ("spearman", 40, ("en",))


def test_all_units_once_have_the_figure_of_the_task(scored_file: Path) -> None:
    result = correlate(load(StsOptions(files=(str(scored_file),))), embed)
    assert result.resampled(np.random.default_rng(0).permutation(40)) == pytest.approx(result.figures["spearman"])


def test_scores_that_are_all_the_same_are_refused(write_rows: Any) -> None:
    path = write_rows([{"sentence1": "a", "sentence2": "b", "score": 1}] * 3)
    with pytest.raises(DataError, match="different scores"):
        load(StsOptions(files=(str(path),)))


def test_files_and_columns_are_looked_for(scored_file: Path) -> None:
    assert check(StsOptions()) == ["name the files of scored pairs in files, or a data set of the hub in hub"]
    assert "no column 'gold'" in check(StsOptions(files=(str(scored_file),), score="gold"))[0]
    assert not check(StsOptions(files=(str(scored_file),)))


def test_a_pair_does_as_well_as_the_rank_of_its_cosine_is_near_to_that_of_its_score(scored_file: Path) -> None:
    pairs = load(StsOptions(files=(str(scored_file),)))
    result = correlate(pairs, embed)
    cosines = np.einsum("ij,ij->i", embed(pairs.first, "query"), embed(pairs.second, "document"))

    def below(values: Any, own: float) -> float:
        """Of the others; equal ones count half."""
        return float(np.sum(values < own) + (np.sum(values == own) - 1) / 2) / (len(values) - 1)

    expected = [-abs(below(cosines, c) - below(pairs.scores, s)) for c, s in zip(cosines, pairs.scores, strict=True)]
    assert result.by_unit == pytest.approx(np.array(expected), abs=1e-9)
    best = correlate(pairs, lambda texts, role: _as_scores(pairs, texts, role))
    assert best.by_unit == pytest.approx(np.zeros(40))
    told = result.shown(7)
    assert (told["sentence 1"], told["sentence 2"]) == (pairs.first[7], pairs.second[7])
    assert told["score"] == f"{pairs.scores[7]:g}, higher than {below(pairs.scores, pairs.scores[7]):.0%} of the pairs"
    assert told["cosine"] == f"{cosines[7]:.2f}, higher than {below(cosines, cosines[7]):.0%} of the pairs"


def _as_scores(pairs: Any, texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Vectors whose cosines are the scores, over 5."""
    if role == "query":
        return np.tile(np.array([1, 0], np.float32), (len(texts), 1))
    cosines = pairs.scores / 5
    return np.stack([cosines, np.sqrt(1 - cosines**2)], axis=1).astype(np.float32)


@pytest.mark.parametrize("roles", [("query", "document"), ("query", "query"), (None, None)])
def test_sentences_get_the_prompts_that_are_asked_for(roles: tuple[str | None, str | None], scored_file: Path) -> None:
    asked = []

    def noted(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        asked.append(role)
        return embed(texts, role)

    correlate(load(StsOptions(files=(str(scored_file),), roles=roles)), noted)
    assert tuple(asked) == roles


def test_pairs_of_the_hub_are_those_of_the_same_rows_in_a_file(
    scored_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def load_dataset(*arguments: Any, **options: Any) -> datasets.Dataset:
        asked.append((*arguments, options["split"], options["revision"]))
        return datasets.Dataset.from_list([json.loads(line) for line in scored_file.read_text().splitlines()])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    options = StsOptions(hub="mteb/sts", subset="en", split="validation", revision="abc")
    assert not check(options)
    of_hub, of_file = load(options), load(StsOptions(files=(str(scored_file),)))
    assert (of_hub.first, of_hub.second, of_hub.scores.tolist()) == (
        of_file.first,
        of_file.second,
        of_file.scores.tolist(),
    )
    assert asked == [("mteb/sts", "en", "validation", "abc")]
