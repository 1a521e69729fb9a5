from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import numpy as np
import pytest
from hypothesis import given, strategies
from lacoskit_builtins.tasks.pair_classification import (
    PairClassificationOptions,
    _precision_of_some,
    check,
    load,
    measure,
)
from numpy.typing import NDArray
from sentence_transformers.evaluation import BinaryClassificationEvaluator
from sklearn.metrics import average_precision_score

from lacoskit import DataError


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors that depend on the first word of a text, and on all of it and the role."""
    vectors = np.array([np.random.default_rng([*text.split()[0].encode()]).normal(size=6) for text in texts])
    vectors += [np.random.default_rng([*text.encode(), len(role or "")]).normal(size=6) for text in texts]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def at(cosines: Sequence[float]) -> Any:
    """What gives first sentences the same direction, and second ones, which are numbers, these cosines with it."""

    def give(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        x = np.array([1.0 if role == "query" else cosines[int(text)] for text in texts])
        return np.stack([x, np.sqrt(1 - x**2)], axis=1).astype(np.float32)

    return give


@pytest.fixture(scope="module")
def file(write_rows: Any) -> Path:
    """80 pairs: those of label 1, a quarter, have the first word in common."""
    rows = [
        {"sentence1": f"a{n} one", "sentence2": f"{'a' if n % 4 == 0 else 'b'}{n} two", "label": int(n % 4 == 0)}
        for n in range(80)
    ]
    path: Path = write_rows(rows, "labelled.jsonl")
    return path


def labelled(write_rows: Any, labels: Sequence[Any]) -> PairClassificationOptions:
    rows = [{"sentence1": "a", "sentence2": str(n), "label": label} for n, label in enumerate(labels)]
    return PairClassificationOptions(files=(str(write_rows(rows)),))


def test_figures_are_those_of_sentence_transformers(file: Path) -> None:
    pairs = load(PairClassificationOptions(files=(str(file),), language="en"))

    class Evaluator(BinaryClassificationEvaluator):
        def embed_inputs(self, model: Any, sentences: Any, **options: Any) -> Any:
            return np.concatenate(
                [embed([text], "query" if text.endswith("one") else "document") for text in sentences]
            )

    evaluator = Evaluator(
        pairs.first, pairs.second, pairs.labels.astype(int).tolist(), write_csv=False, similarity_fn_names=["cosine"]
    )
    expected = evaluator(MagicMock())
    result = measure(pairs, embed)
    for name in ("ap", "f1", "accuracy"):
        assert result.figures[name] == pytest.approx(expected[f"cosine_{name}"], abs=1e-6)
    assert 0.3 < result.figures["ap"] < 0.99
    assert (result.main, result.units, result.languages) == ("ap", 80, ("en",))


def test_average_precision_is_the_mean_precision_at_each_pair_of_label_1(write_rows: Any) -> None:
    pairs = load(labelled(write_rows, [1, 0, 1, 0, 1]))
    figures = measure(pairs, at([0.9, 0.8, 0.7, 0.6, 0.5])).figures
    assert figures["ap"] == pytest.approx((1 / 1 + 2 / 3 + 3 / 5) / 3)
    assert figures["f1"] == pytest.approx(2 * (3 / 5) / (1 + 3 / 5))  # of taking all
    assert figures["accuracy"] == pytest.approx(3 / 5)


def test_pairs_of_the_same_cosine_are_taken_together(write_rows: Any) -> None:
    for labels in ([1, 0, 0, 1], [0, 1, 1, 0]):
        figures = measure(load(labelled(write_rows, labels)), at([0.5] * 4)).figures
        assert figures == pytest.approx({"ap": 0.5, "f1": 2 / 3, "accuracy": 0.5})


def test_to_take_none_is_right_where_the_label_is_rare_and_the_model_wrong(write_rows: Any) -> None:
    figures = measure(load(labelled(write_rows, [0, 0, 0, 1])), at([0.9, 0.8, 0.7, 0.6])).figures
    assert figures["accuracy"] == 0.75


def test_resampling_has_the_figure_of_the_pairs_that_are_drawn(file: Path) -> None:
    pairs = load(PairClassificationOptions(files=(str(file),)))
    result = measure(pairs, embed)
    assert result.resampled(np.random.default_rng(0).permutation(80)) == pytest.approx(result.figures["ap"])
    assert np.isnan(result.resampled(np.array([1, 2, 3])))  # no pair of label 1
    assert np.isnan(result.resampled(np.array([0, 4, 4])))  # no other
    best, worst = (result.resampled(np.array([*np.flatnonzero(pairs.labels), n])) for n in _by_cosine(pairs)[[0, -1]])
    assert best > worst


@given(data=strategies.data())
def test_the_figure_of_a_choice_is_that_of_scikit_learn(data: strategies.DataObject) -> None:
    count = data.draw(strategies.integers(2, 12))
    labels = np.array([True, False, *data.draw(_lists(strategies.booleans(), count - 2))])
    cosines = np.array(data.draw(_lists(strategies.sampled_from([-0.5, 0.0, 0.25, 0.9]), count)))
    units = np.array([0, 1, *data.draw(_lists(strategies.integers(0, count - 1), count - 2))])
    expected = average_precision_score(labels[units], cosines[units])
    assert _precision_of_some(labels, cosines)(units) == pytest.approx(expected)


def _lists(values: Any, count: int) -> Any:
    return strategies.lists(values, min_size=count, max_size=count)


def _by_cosine(pairs: Any) -> NDArray[np.int64]:
    """Pairs of label 0, the furthest first."""
    cosines = np.sum(embed(pairs.first, "query") * embed(pairs.second, "document"), axis=1)
    order = np.argsort(cosines)
    return order[~pairs.labels[order]]


def test_labels_other_than_0_and_1_and_a_single_one_are_told(file: Path, write_rows: Any) -> None:
    with pytest.raises(DataError, match="label is neither 0 nor 1"):
        load(labelled(write_rows, [0, 1, 2]))
    with pytest.raises(DataError, match="needs pairs of label 0 and of label 1"):
        load(labelled(write_rows, [1, 1]))
    assert load(labelled(write_rows, [True, "0", 1.0])).labels.tolist() == [True, False, True]
    assert check(PairClassificationOptions()) == [
        "name the files of labelled pairs in files, or a data set of the hub in hub"
    ]
    assert "no column 'same'" in check(PairClassificationOptions(files=(str(file),), label="same"))[0]
    assert not check(PairClassificationOptions(files=(str(file),)))


def test_a_pair_does_as_well_as_it_is_told_apart_from_those_of_the_other_label(write_rows: Any) -> None:
    cosines, labels = [0.9, 0.5, 0.5, 0.2, 0.7], [1, 1, 0, 0, 0]
    result = measure(load(labelled(write_rows, labels)), at(cosines))
    expected = [
        np.mean([(c > o) + (c == o) / 2 if label else (c < o) + (c == o) / 2 for o in others])
        for c, label in zip(cosines, labels, strict=True)
        for others in [[o for o, other in zip(cosines, labels, strict=True) if other != label]]
    ]
    assert expected == [1, 0.5, 0.75, 1, 0.5]
    assert result.by_unit == pytest.approx(np.array(expected))
    assert result.shown(4) == {"sentence 1": "a", "sentence 2": "4", "label": "0", "cosine": "0.70"}
