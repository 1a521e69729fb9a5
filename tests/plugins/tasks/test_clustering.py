from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacoskit_builtins.tasks.clustering import ClusteringOptions, _influence, check, load, measure
from numpy.typing import NDArray
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import normalized_mutual_info_score, v_measure_score

from lacoskit import DataError


def embed(texts: Sequence[str], role: str | None, noise: float = 0.9) -> NDArray[np.float32]:
    """Unit vectors that depend on the first word of a text, and on all of it and the role."""
    vectors = np.array([np.random.default_rng([*text.split()[0].encode()]).normal(size=6) for text in texts])
    vectors += [noise * np.random.default_rng([*text.encode(), len(role or "")]).normal(size=6) for text in texts]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def file(write_rows: Any) -> str:
    rows = [{"text": f"thing{n % 4} text {n}", "label": n % 4} for n in range(120)]
    return str(write_rows(rows, "labelled.jsonl"))


def test_labels_that_lie_apart_are_found_and_random_ones_are_not(file: str) -> None:
    data = load(ClusteringOptions(files=(file,), language="en"))
    apart = measure(data, lambda texts, role: embed(texts, role, 0.01))
    assert apart.figures["v_measure"] > 0.9  # some beginnings put two labels together
    assert measure(data, lambda texts, role: embed(texts, role, 100)).figures["v_measure"] < 0.15
    assert (apart.main, apart.units, apart.languages) == ("v_measure", 120, ("en",))


def test_the_figure_is_the_mutual_information_of_what_k_means_finds(file: str) -> None:
    data = load(ClusteringOptions(files=(file,), runs=20))
    result = measure(data, embed)
    vectors = embed(data.texts, None)
    found = [KMeans(4, n_init=1, random_state=run).fit_predict(vectors) for run in range(20)]  # of all at once
    expected = np.mean([normalized_mutual_info_score(data.labels, clusters) for clusters in found])
    assert result.figures["v_measure"] == pytest.approx(expected, abs=0.05)
    assert 0.3 < result.figures["v_measure"] < 0.9


def test_the_same_seed_has_the_same_figures(file: str) -> None:
    one, same, other = (
        measure(load(ClusteringOptions(files=(file,), runs=2, seed=seed)), embed).figures for seed in (0, 0, 7)
    )
    assert one == same
    assert one != other


def test_all_texts_once_have_the_figure_and_a_better_placed_text_more(file: str) -> None:
    result = measure(load(ClusteringOptions(files=(file,))), embed)
    assert result.resampled(np.arange(120)) == pytest.approx(result.figures["v_measure"])
    labels, clusters = np.array([0] * 20 + [1] * 20), np.array([0] * 19 + [1] * 21)
    influence = _influence(labels, clusters)
    assert influence.argmin() == 19  # the only one of its label in the other's cluster
    assert influence.mean() == pytest.approx(0, abs=1e-12)


def test_the_influence_of_a_text_is_how_the_figure_changes_when_it_comes_again() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(5, size=2000)
    clusters = np.where(generator.random(2000) < 0.6, labels, generator.integers(5, size=2000))
    influence = _influence(labels, clusters)
    for text in (0, 17, 401):
        more = np.append(np.arange(2000), [text] * 2)
        change = v_measure_score(labels[more], clusters[more]) - v_measure_score(labels, clusters)
        assert change * 2002 / 2 == pytest.approx(influence[text], rel=0.03)


def test_resampling_spreads_as_new_texts_do_and_stays_at_the_figure() -> None:
    generator = np.random.default_rng(0)

    def drawn() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        labels = generator.integers(20, size=400)
        return labels, np.where(generator.random(400) < 0.5, labels, generator.integers(20, size=400))

    figures = np.array([v_measure_score(*drawn()) for _ in range(200)])
    labels, clusters = drawn()
    figure, influence = v_measure_score(labels, clusters), _influence(labels, clusters)
    choices = generator.integers(400, size=(300, 400))
    ours = figure + influence[choices].mean(axis=1)
    plain = np.array([v_measure_score(labels[units], clusters[units]) for units in choices[:50]])
    assert ours.std() == pytest.approx(figures.std(), rel=0.25)
    assert ours.mean() == pytest.approx(figure, abs=0.2 * figures.std())
    assert plain.mean() > figure + 2 * figures.std()  # why V of texts drawn again and again is not what is told


def test_one_label_is_refused_and_files_and_columns_are_looked_for(file: str, write_rows: Any) -> None:
    with pytest.raises(DataError, match="at least two labels"):
        load(ClusteringOptions(files=(str(write_rows([{"text": "a", "label": 1}] * 3)),)))
    assert check(ClusteringOptions()) == ["name the files of labelled texts in files, or a data set of the hub in hub"]
    assert "no column 'topic'" in check(ClusteringOptions(files=(file,), label="topic"))[0]
    assert not check(ClusteringOptions(files=(file,)))


def test_intents_of_real_texts_are_found_by_their_words(shared_data: Path) -> None:
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=256)
    path = shared_data / "classification" / "banking77_en_test.jsonl.gz"
    data = load(ClusteringOptions(files=(str(path),), runs=1))
    result = measure(data, lambda texts, role: hashing.transform(texts).toarray().astype(np.float32))
    assert data.labels.max() == 76
    assert 0.2 < result.figures["v_measure"] < 0.9


def test_a_text_does_as_well_as_its_label_is_frequent_around_it(file: str) -> None:
    data = load(ClusteringOptions(files=(file,), runs=3))
    result = measure(data, embed)
    expected = np.zeros(120)
    for run in range(3):
        model = MiniBatchKMeans(4, batch_size=512, n_init=1, random_state=run)
        clusters = model.fit_predict(embed(data.texts, None))
        for unit in range(120):
            beside = [data.labels[other] for other in range(120) if clusters[other] == clusters[unit]]
            expected[unit] += beside.count(data.labels[unit]) / len(beside) / 3
    assert result.by_unit == pytest.approx(expected)
    apart = measure(data, lambda texts, role: embed(texts, role, 0.01))
    unit = int(apart.by_unit.argmax())
    told = apart.shown(unit)
    assert told == {"text": data.texts[unit], "label": told["label"], "mostly among": told["label"]}
    assert told["label"] == str(unit % 4)
