from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacoskit_builtins.analyses.layers import LayersOptions, examine
from lacoskit_builtins.analysis_texts import check_scored, pairs_by_language
from numpy.typing import NDArray
from scipy.stats import spearmanr

from lacoskit.models import open_model


class Layered:
    """After layer 2 a pair's cosine is its score; before and after that it is there by half, and by chance."""

    def __init__(self, pairs: Any) -> None:
        angles = dict(zip(pairs.second, np.arccos(pairs.scores / 5), strict=True))
        self.angles = {**dict.fromkeys(pairs.first, 0.0), **angles}

    def __call__(self, texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        return self.layers(texts, role)[1]

    def layers(self, texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        true = np.array([self.angles[text] for text in texts])
        noise = np.random.default_rng(len(texts)).normal(size=(4, len(texts)))
        angles = [true + (true > 0) * spread * layer for spread, layer in zip((9, 0.5, 0, 2), noise, strict=True)]
        return np.stack([np.stack([np.cos(a), np.sin(a)], 1) for a in angles]).astype(np.float32)


@pytest.fixture
def pairs_of_two_languages(write_rows: Any) -> Any:
    rows = [
        {"sentence1": f"anchor {code}", "sentence2": f"{code} {number}", "score": number % 5, "code": code}
        for code in ("xx", "yy")
        for number in range(60)
    ]
    return pairs_by_language(LayersOptions(files=(str(write_rows(rows)),), language="code"))


def test_the_best_layer_is_found(pairs_of_two_languages: Any) -> None:
    model = Layered(pairs_of_two_languages)
    found = examine(pairs_of_two_languages, model)
    assert list(found.figures) == ["best layer's spearman", "best layer", "last layer's spearman", "model's spearman"]
    assert found.figures["best layer"] == 2
    assert found.figures["best layer's spearman"] == pytest.approx(1, abs=1e-3)
    curve, matrix = found.parts
    (line,) = curve.lines.values()
    assert found.figures["last layer's spearman"] == line[3] < 0.9
    assert found.figures["model's spearman"] == pytest.approx(line[1])
    assert matrix.rows == ["xx", "yy"]
    np.testing.assert_allclose(np.mean(matrix.values, axis=0), line)


def test_a_tiny_model_is_measured_as_by_hand(tiny_bloom: Path, scored_file: Path) -> None:
    pairs = pairs_by_language(LayersOptions(files=(str(scored_file),)))
    model = open_model(f"base:{tiny_bloom}")
    found = examine(pairs, _Opened(model))
    truth = [
        spearmanr(np.einsum("ij,ij->i", one, other), pairs.scores).statistic
        for one, other in zip(model.layers(pairs.first), model.layers(pairs.second), strict=True)
    ]
    assert len(truth) == 3
    np.testing.assert_allclose(next(iter(found.parts[0].lines.values())), truth, atol=1e-6)
    # an untrained model's own vectors are the mean of its last states
    assert found.figures["model's spearman"] == pytest.approx(truth[-1], abs=1e-3)


def test_a_model_that_gives_all_texts_the_same_vector_has_no_best_layer(constant_model: Any) -> None:
    found = examine(pairs_by_language(LayersOptions(languages=("en",), size=12)), constant_model)
    assert np.isnan(found.figures["best layer"])
    assert np.isnan(found.figures["model's spearman"])


def test_a_missing_column_is_told(pairs_file: Path) -> None:
    assert "sentence1" in check_scored(LayersOptions(files=(str(pairs_file),)))[0]


class _Opened:
    def __init__(self, model: Any) -> None:
        self.model = model
        self.layers = model.layers

    def __call__(self, texts: Sequence[str], role: Any) -> NDArray[np.float32]:
        return self.model.encode(texts, role)
