from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from lacoskit_builtins.tasks.classification import ClassificationOptions, check, load, measure
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import classification_report

from lacoskit import DataError

LABELS = ("food", "rain", "work")


def embed(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
    """Unit vectors that depend on the first word of a text, and on all of it and the role."""
    vectors = np.array([np.random.default_rng([*text.split()[0].encode()]).normal(size=6) for text in texts])
    vectors += [1.5 * np.random.default_rng([*text.encode(), len(role or "")]).normal(size=6) for text in texts]
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def files(write_rows: Any) -> dict[str, tuple[str, ...]]:
    """90 texts to learn from, 60 of them about food, and 45 to be judged."""
    train = [{"text": f"{LABELS[max(0, n % 9 - 6)]} train {n}", "label": LABELS[max(0, n % 9 - 6)]} for n in range(90)]
    test = [{"text": f"{LABELS[n % 3]} test {n}", "label": LABELS[n % 3]} for n in range(45)]
    return {"train": (str(write_rows(train, "train.jsonl")),), "files": (str(write_rows(test, "test.jsonl")),)}


def test_figures_are_means_over_draws_of_scikit_learns_own_report(files: Any) -> None:
    data = load(ClassificationOptions(**files, examples_per_label=4, draws=5, language="en"))
    result = measure(data, embed)
    train, test = embed(data.train, None), embed(data.test, None)
    reports = []
    for draw in data.draws:
        model = LogisticRegression(max_iter=100).fit(train[draw], data.train_labels[draw])
        told = model.classes_[np.argmax(test @ model.coef_.T + model.intercept_, axis=1)]
        reports.append(classification_report(data.test_labels, told, output_dict=True, zero_division=0))
    assert result.figures["accuracy"] == pytest.approx(np.mean([report["accuracy"] for report in reports]))
    assert result.figures["f1"] == pytest.approx(np.mean([report["macro avg"]["f1-score"] for report in reports]))
    assert 0.4 < result.figures["accuracy"] < 0.98
    assert (result.main, result.units, result.languages) == ("accuracy", 45, ("en",))
    assert result.resampled(np.arange(45)[::-1]) == pytest.approx(result.figures["accuracy"])
    one_by_one = [result.resampled(np.array([n])) for n in range(45)]
    assert set(np.round(np.multiply(one_by_one, 5), 6)) <= {0, 1, 2, 3, 4, 5}
    assert result.resampled(np.array([3, 3, 7])) == pytest.approx((2 * one_by_one[3] + one_by_one[7]) / 3)


def test_a_draw_has_as_many_texts_of_each_label_as_asked_for_or_all_there_are(files: Any) -> None:
    data = load(ClassificationOptions(**files, examples_per_label=20))
    assert len(data.draws) == 10
    for draw in data.draws:
        counts = dict(zip(*np.unique(data.train_labels[draw], return_counts=True), strict=True))
        assert counts == {"food": 20, "rain": 10, "work": 10}
        assert len(set(draw)) == 40
    assert len({tuple(draw) for draw in data.draws}) == 10


def test_the_seed_decides_the_draws(files: Any) -> None:
    one, same, other = (load(ClassificationOptions(**files, seed=seed)).draws for seed in (1, 1, 2))
    assert [*map(list, one)] == [*map(list, same)]
    assert [*map(list, one)] != [*map(list, other)]


def test_all_texts_are_learned_from_once_where_no_number_is_given(files: Any) -> None:
    data = load(ClassificationOptions(**files, examples_per_label=None))
    (draw,) = data.draws
    assert list(draw) == list(range(90))
    model = LogisticRegression(max_iter=100).fit(embed(data.train, None), data.train_labels)
    assert measure(data, embed).figures["accuracy"] == pytest.approx(
        model.score(embed(data.test, None), data.test_labels)
    )


def test_only_texts_that_are_drawn_are_encoded_with_the_prompt_of_the_role(files: Any) -> None:
    asked: list[tuple[int, str | None]] = []

    def watched(texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        asked.append((len(texts), role))
        return embed(texts, role)

    measure(load(ClassificationOptions(**files, examples_per_label=1, draws=1, role="query")), watched)
    assert asked == [(3, "query"), (45, "query")]


def test_labels_that_cannot_be_learned_are_told(files: Any, write_rows: Any) -> None:
    alone = (str(write_rows([{"text": "a", "label": "food"}] * 3)),)
    with pytest.raises(DataError, match="needs at least two labels"):
        load(ClassificationOptions(files=files["files"], train=alone))
    strange = (str(write_rows([{"text": "a", "label": label} for label in ("food", "snow")])),)
    with pytest.raises(DataError, match=r"1 of 2 texts have a label that is not in train, as 'snow'"):
        load(ClassificationOptions(files=strange, train=files["train"]))
    data = load(ClassificationOptions(files=strange, train=files["train"], max_skipped=0.5))
    assert measure(data, embed).figures["accuracy"] <= 0.5


def test_missing_files_and_columns_are_told_all_at_once(files: Any) -> None:
    assert check(ClassificationOptions()) == [
        "name the files of labelled texts to be judged in files, or a data set of the hub in hub",
        "name the files of labelled texts to learn from: train: [FILE, ...]",
    ]
    assert len(check(ClassificationOptions(**files, text="words"))) == 2
    assert not check(ClassificationOptions(**files))


def test_topics_of_real_texts_are_learned_from_their_words(shared_data: Path) -> None:
    from sklearn.feature_extraction.text import HashingVectorizer

    hashing = HashingVectorizer(n_features=1024)
    folder = shared_data / "classification"
    parts = {"train": "train", "files": "dev"}
    paths = {name: (str(folder / f"sib200_eng_Latn_{part}.jsonl.gz"),) for name, part in parts.items()}
    data = load(ClassificationOptions(**paths, examples_per_label=None))
    result = measure(data, lambda texts, role: hashing.transform(texts).toarray().astype(np.float32))
    assert result.units == 99
    assert 0.35 < result.figures["accuracy"] < 0.9  # a seventh by chance


def test_a_text_does_as_well_as_the_share_of_draws_that_tell_its_label(files: Any) -> None:
    data = load(ClassificationOptions(**files, examples_per_label=4, draws=5))
    result = measure(data, embed)
    train, test = embed(data.train, None), embed(data.test, None)
    models = [LogisticRegression(max_iter=100).fit(train[draw], data.train_labels[draw]) for draw in data.draws]
    for unit, text in enumerate(data.test):
        answers = [model.predict(test[unit : unit + 1])[0] for model in models]
        assert result.by_unit[unit] == pytest.approx(answers.count(data.test_labels[unit]) / 5)
        told = result.shown(unit)
        assert (told["text"], told["label"]) == (text, data.test_labels[unit])
        label, _, share = told["taken for"].partition(" (in ")
        assert answers.count(label) == max(map(answers.count, answers))
        assert share == (f"{answers.count(label) / 5:.0%} of the draws)" if answers.count(label) < 5 else "")


def test_a_set_of_the_hub_has_a_split_to_learn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {split: [{"text": f"{split} {n}", "label": n % 2} for n in range(6)] for split in ("train", "test", "few")}

    def load_dataset(name: str, subset: str | None, split: str, **options: Any) -> datasets.Dataset:
        return datasets.Dataset.from_list(rows[split])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    data = load(ClassificationOptions(hub="mteb/topics", train_split="few"))
    assert (data.train, data.test) == ([f"few {n}" for n in range(6)], [f"test {n}" for n in range(6)])
    assert not check(ClassificationOptions(hub="mteb/topics"))
