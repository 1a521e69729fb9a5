"""Bitext mining: whether the nearest sentence of the other language is the translation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import Embed, Row, Task, TaskResult, hookimpl, nearest
from lacoskit_builtins.mteb_sets import mteb_set
from lacoskit_builtins.task_rows import TaskRowsOptions, check_task_rows, task_rows

BLOCK = 1_024
"""Sentences whose nearest are looked for at once."""


class BitextOptions(TaskRowsOptions):
    """How often the nearest sentence of the other side is the translation (Tatoeba, FLORES).

    First sentences are encoded with the prompt `query`, second ones with `document`, as in training.
    """

    sentence1: str = "sentence1"
    """The column of first sentences."""
    sentence2: str = "sentence2"
    """The column of their translations."""
    language1: str | None = None
    """The code of the language of first sentences."""
    language2: str | None = None
    """The code of the language of second sentences."""


@dataclass(frozen=True)
class _Pairs:
    first: list[str]
    second: list[str]
    languages: tuple[str, ...]


def load(options: BitextOptions) -> _Pairs:
    """Read the pairs."""

    def parse(row: Row) -> tuple[str, str]:
        return row.text(options.sentence1), row.text(options.sentence2)

    pairs = task_rows(parse, options, _columns(options))
    languages = tuple(dict.fromkeys(code for code in (options.language1, options.language2) if code))
    return _Pairs([first for first, _ in pairs], [second for _, second in pairs], languages)


def measure(pairs: _Pairs, embed: Embed) -> TaskResult:
    """Look for each sentence among all of the other side, by cosines.

    `accuracy` and `f1` (of each sentence that is sought, weighted by how often it is) go from first sentences to second
    ones, as mteb's BitextMining does; `_back` is the other way. It also counts a text that is there twice as two, of
    which one is a mistake; here every translation that a sentence has in the files is right. The main figure is
    accuracy and not f1 as there: right or wrong is told of each pair by itself, so that pairs can be resampled.
    """
    first, firsts = _numbered(pairs.first)
    second, seconds = _numbered(pairs.second)
    one, other = embed(first, "query"), embed(second, "document")
    found, found_back = _nearest(one, other)[firsts], _nearest(other, one)[seconds]
    sought, sought_back = _sought(firsts, seconds, found), _sought(seconds, firsts, found_back)
    right = found == sought

    def resampled(units: NDArray[np.int64]) -> float:
        return float(right[units].mean())

    def shown(unit: int) -> dict[str, str]:
        texts = {"sentence": pairs.first[unit], "translation": pairs.second[unit]}
        return {**texts, "found": second[found[unit]]}

    return TaskResult(
        figures={
            "accuracy": float(right.mean()),
            "accuracy_back": float((found_back == sought_back).mean()),
            "f1": _f1(sought, found),
            "f1_back": _f1(sought_back, found_back),
        },
        main="accuracy",
        units=len(right),
        resampled=resampled,
        languages=pairs.languages,
        by_unit=right.astype(np.float64),
        shown=shown,
    )


def as_mteb(pairs: _Pairs, name: str) -> Any:
    """Make mteb's BitextMining of the pairs; it encodes both sides without a prompt, which is another vector if a
    model has one."""
    columns = {"sentence1": pairs.first, "sentence2": pairs.second}
    return mteb_set(name, "BitextMining", "f1", {"test": columns}, pairs.languages)


def check(options: BitextOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_task_rows(options, _columns(options), "sentences and translations")


def _columns(options: BitextOptions) -> tuple[str, str]:
    return options.sentence1, options.sentence2


def _numbered(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The different texts, and the number of each text among them."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return list(numbers), np.array([numbers[text] for text in texts], np.int64)


def _nearest(asked: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.int64]:
    """The number of the nearest of the others, for each that is asked."""
    blocks = (asked[start : start + BLOCK] for start in range(0, len(asked), BLOCK))
    return np.concatenate([nearest(block, others, 1)[0][:, 0] for block in blocks])


def _sought(asked: NDArray[np.int64], own: NDArray[np.int64], found: NDArray[np.int64]) -> NDArray[np.int64]:
    """What should have been found: the row's own translation, or another one of the same text if that was found."""
    pairs = set(zip(asked.tolist(), own.tolist(), strict=True))
    also = [pair in pairs for pair in zip(asked.tolist(), found.tolist(), strict=True)]
    return np.where(also, found, own)


def _f1(sought: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(sought, found, average="weighted", zero_division=0))


@hookimpl
def lacoskit_tasks() -> Sequence[Task[BitextOptions]]:
    """Offer `bitext`."""
    return [
        Task(
            name="bitext",
            options=BitextOptions,
            requires=("sklearn",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
