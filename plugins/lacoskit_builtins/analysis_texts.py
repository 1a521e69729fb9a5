"""What analyses have in common: where their texts come from, and numbers that several of them take."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt, PositiveInt

from lacoskit import Row, check_files
from lacoskit_builtins import grammar
from lacoskit_builtins.reading import label_of
from lacoskit_builtins.task_rows import TaskRowsOptions, task_rows

NO_LANGUAGE = "all"
"""What stands for the language of texts of which none is told."""

Vectors = NDArray[np.floating[Any]]


class AnalysisOptions(TaskRowsOptions):
    """Texts of your own, or else sentences of the grammar `templates`."""

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed), read as one set; none: sentences of the grammar."""
    languages: tuple[str, ...] = grammar.LANGUAGES
    """Without files: the languages of the grammar."""
    size: PositiveInt = 100
    """Without files: how many scenes to say in each language."""
    seed: NonNegativeInt = 0
    """Without files: decides the scenes."""
    role: Literal["query", "document"] | None = None
    """The role whose prompt stands before texts; null: none."""

    @property
    def own(self) -> bool:
        """Whether the texts are the user's own."""
        return bool(self.files) or self.hub is not None


class ScoredPairsOptions(AnalysisOptions):
    """Scored pairs of your own, or else graded pairs of the grammar."""

    size: PositiveInt = 100
    """Without files: how many graded pairs to make in each language."""
    sentence1: str = "sentence1"
    """The column of first sentences."""
    sentence2: str = "sentence2"
    """The column of second sentences."""
    score: str = "score"
    """The column of scores, on any scale."""
    language: str | None = None
    """The column of languages; null: all pairs are of one."""


@dataclass(frozen=True)
class PairsByLanguage:
    """Pairs, how near they are, and the language of each."""

    first: list[str]
    second: list[str]
    scores: NDArray[np.float64]
    languages: list[str]
    options: ScoredPairsOptions


def pairs_by_language(options: ScoredPairsOptions) -> PairsByLanguage:
    """Read the pairs, or make them."""

    def parse(row: Row) -> tuple[str, str, float, str]:
        texts = row.text(options.sentence1), row.text(options.sentence2)
        return (*texts, row.number(options.score), language_of(row, options.language))

    if options.own:
        rows = task_rows(parse, options, _of_scored(options))
    else:
        made = ((code, grammar.graded_pairs(code, options.size, options.seed)) for code in options.languages)
        rows = [(pair.first, pair.second, pair.score, code) for code, pairs in made for pair in pairs]
    first, second, scores, languages = map(list, zip(*rows, strict=True))
    return PairsByLanguage(first, second, np.array(scores, np.float64), languages, options)


def check_scored(options: ScoredPairsOptions) -> Sequence[str]:
    """Look for the files and columns of scored pairs."""
    return check_texts(options, _of_scored(options))


def check_texts(options: AnalysisOptions, columns: Iterable[str | None]) -> Sequence[str]:
    """Look for the files and their columns, or for the languages in the grammar."""
    if options.own:
        return check_files(options.files, [column for column in columns if column is not None])
    return unknown_languages(options.languages)


def unknown_languages(languages: Sequence[str]) -> list[str]:
    """What is wrong with languages that the grammar has to know."""
    unknown = [code for code in languages if code not in grammar.LANGUAGES]
    if unknown or not languages:
        wrong = f"the grammar does not know {', '.join(unknown)}" if unknown else "languages: name at least one"
        return [f"{wrong}; it knows {', '.join(grammar.LANGUAGES)}"]
    return []


def language_of(row: Row, column: str | None) -> str:
    """The language of a row, or what stands for it where none is told."""
    return NO_LANGUAGE if column is None else label_of(row, column)


def by_label(labels: Sequence[str]) -> Mapping[str, NDArray[np.int64]]:
    """The places of each label, in the order in which labels come first."""
    array = np.asarray(labels)
    return {label: np.flatnonzero(array == label) for label in dict.fromkeys(labels)}


def mean(values: Iterable[float]) -> float:
    """The mean of what is a number; NaN where nothing is."""
    finite = [value for value in values if np.isfinite(value)]
    return float(np.mean(finite)) if finite else float("nan")


def cosines(one: Vectors, other: Vectors) -> NDArray[np.float64]:
    """The dot product of each row with the row at the same place."""
    return np.asarray(np.einsum("ij,ij->i", one, other, dtype=np.float64))


def spearman(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The rank correlation; NaN, without a warning, where one side is always the same."""
    from scipy.stats import ConstantInputWarning, spearmanr

    if len(one) < 2:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)
        return float(spearmanr(one, other).statistic)


def _of_scored(options: ScoredPairsOptions) -> tuple[str, ...]:
    columns = (options.sentence1, options.sentence2, options.score, options.language)
    return tuple(column for column in columns if column is not None)
