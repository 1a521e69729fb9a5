"""Classification: how far a few labelled vectors tell the labels of others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt

from lacoskit import DataError, Embed, Row, Task, TaskResult, check_files, hookimpl
from lacoskit_builtins.mteb_sets import mteb_set
from lacoskit_builtins.reading import label_of
from lacoskit_builtins.task_rows import TaskRowsOptions, check_task_rows, task_rows

STEPS = 100
"""Of lbfgs at most, as in mteb."""


class ClassificationOptions(TaskRowsOptions):
    """Logistic regression on the vectors of a few labelled texts, judged on others.

    `files` hold the texts to be judged, `train` those that are learned from.
    """

    train: tuple[str, ...] = ()
    """Local files of labelled texts to learn from."""
    train_split: str = "train"
    """The split of the data set on the hub to learn from, where no such files are named."""
    text: str = "text"
    """The column of texts."""
    label: str = "label"
    """The column of labels."""
    examples_per_label: PositiveInt | None = 8
    """How many texts of each label are learned from at most; null: all of them, once."""
    draws: PositiveInt = 10
    """How often such texts are drawn; figures are means over draws."""
    seed: NonNegativeInt = 0
    """Decides the draws, which are the same for all models."""
    role: Literal["query", "document"] | None = None
    """The role whose prompt stands before texts; null: none."""
    language: str | None = None
    """The code of the language, by which results are put together."""


@dataclass(frozen=True)
class _Labelled:
    """Texts, what they are, and which of the training texts are learned from: one array a draw."""

    train: list[str]
    train_labels: NDArray[np.str_]
    test: list[str]
    test_labels: NDArray[np.str_]
    draws: list[NDArray[np.int64]]
    role: Literal["query", "document"] | None
    languages: tuple[str, ...]


def load(options: ClassificationOptions) -> _Labelled:
    """Read the texts; a DataError if labels of the two do not go together, or there is only one."""
    train, train_labels = _read(options, options.train_split)
    test, test_labels = _read(options)
    if len(set(train_labels)) < 2:
        raise DataError(f"{', '.join(options.train)}: needs at least two labels to learn")
    unknown = ~np.isin(test_labels, train_labels)
    if unknown.sum() > options.max_skipped * len(test):
        raise DataError(
            f"{', '.join(options.files)}: {unknown.sum():,} of {len(test):,} texts have a label that is not in train, "
            f"as {str(test_labels[unknown][0])!r}. Mend the files, or raise max_skipped (now {options.max_skipped:g}) "
            "to count them as mistakes"
        )
    languages = (options.language,) if options.language else ()
    return _Labelled(train, train_labels, test, test_labels, _draws(options, train_labels), options.role, languages)


def measure(data: _Labelled, embed: Embed) -> TaskResult:
    """Learn from each draw, and judge all texts of the test by it.

    The same as mteb's Classification: scikit-learn's logistic regression as it is, up to 8 texts a label, ten draws,
    accuracy and macro F1 averaged over draws. The draws themselves differ, since the generator does.

    What is resampled is the texts of the test: how far figures depend on the draws is not in the interval.
    """
    from sklearn.metrics import f1_score

    answers = list(_answers(data, embed))
    f1 = [f1_score(data.test_labels, told, average="macro", zero_division=0) for told in answers]
    right = np.zeros(len(data.test))
    for told in answers:
        right += (told == data.test_labels) / len(answers)

    def resampled(units: NDArray[np.int64]) -> float:
        return float(right[units].mean())

    def shown(unit: int) -> dict[str, str]:
        labels, counts = np.unique([told[unit] for told in answers], return_counts=True)
        told, share = str(labels[counts.argmax()]), counts.max() / len(answers)
        often = f"{told} (in {share:.0%} of the draws)" if share < 1 else told
        return {"text": data.test[unit], "label": str(data.test_labels[unit]), "taken for": often}

    return TaskResult(
        figures={"accuracy": float(right.mean()), "f1": float(np.mean(f1))},
        main="accuracy",
        units=len(right),
        resampled=resampled,
        languages=data.languages,
        by_unit=right,
        shown=shown,
    )


def _answers(data: _Labelled, embed: Embed) -> Iterator[NDArray[np.str_]]:
    """The label that each text of the test is taken for, [texts], by what is learned from each draw."""
    from sklearn.linear_model import LogisticRegression

    used = np.unique(np.concatenate(data.draws))
    vectors = embed([data.train[number] for number in used], data.role)
    asked = embed(data.test, data.role)
    for draw in data.draws:
        model = LogisticRegression(max_iter=STEPS).fit(vectors[np.searchsorted(used, draw)], data.train_labels[draw])
        yield model.predict(asked)


def as_mteb(data: _Labelled, name: str) -> Any:
    """Make mteb's Classification of the texts; it draws by itself, as many texts a label and as often as here.

    Of texts that all are learned from, accuracy is the same. It has no prompts for texts with a label.
    """
    labels = np.unique(data.train_labels)
    columns = {
        "train": {"text": data.train, "label": np.searchsorted(labels, data.train_labels)},
        "test": {"text": data.test, "label": _numbers(labels, data.test_labels)},
    }
    most = max(int((data.train_labels[draw] == label).sum()) for draw in data.draws for label in labels)
    settings: dict[str, Any] = {"samples_per_label": most, "n_experiments": len(data.draws)}
    return mteb_set(name, "Classification", "accuracy", columns, data.languages, **settings)


def check(options: ClassificationOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    columns = (options.text, options.label)
    problems = check_task_rows(options, columns, "labelled texts to be judged")
    if not options.train and options.hub is None:
        problems.append("name the files of labelled texts to learn from: train: [FILE, ...]")
    return problems + check_files(options.train, columns)


def _numbers(known: NDArray[np.str_], labels: NDArray[np.str_]) -> NDArray[np.int64]:
    """The number of each label; of those that nothing is known of, one more than there are."""
    places = np.searchsorted(known, labels)
    found = known[np.minimum(places, len(known) - 1)] == labels
    return np.where(found, places, len(known)).astype(np.int64)


def _read(options: ClassificationOptions, split: str | None = None) -> tuple[list[str], NDArray[np.str_]]:
    """The texts to be judged and their labels; with a split, those to learn from."""

    def parse(row: Row) -> tuple[str, str]:
        return row.text(options.text), label_of(row, options.label)

    source = options if split is None else options.model_copy(update={"files": options.train})
    found = task_rows(parse, source, (options.text, options.label), split)
    return [text for text, _ in found], np.array([label for _, label in found])


def _draws(options: ClassificationOptions, labels: NDArray[np.str_]) -> list[NDArray[np.int64]]:
    """The numbers of the training texts that each draw has, in their order."""
    if options.examples_per_label is None:
        return [np.arange(len(labels))]
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    generator = np.random.default_rng(options.seed)
    return [
        np.sort(np.concatenate([generator.permutation(texts)[: options.examples_per_label] for texts in members]))
        for _ in range(options.draws)
    ]


@hookimpl
def lacoskit_tasks() -> Sequence[Task[ClassificationOptions]]:
    """Offer `classification`."""
    return [
        Task(
            name="classification",
            options=ClassificationOptions,
            requires=("sklearn",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
