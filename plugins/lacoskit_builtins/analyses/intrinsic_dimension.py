"""Intrinsic dimension: how many dimensions vectors need, however many they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacoskit import Analysis, Examined, Findings, Row, Values, hookimpl
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import AnalysisOptions, Vectors, by_label, check_texts, language_of, mean
from lacoskit_builtins.task_rows import task_rows

BLOCK = 1_024
"""Vectors whose distances to all others are held at once."""
KEPT = 0.9
"""The share of the ratios that the line is fitted to: the largest are few, and would decide it (Facco et al. 2017)."""
FEWEST = 20
"""Different vectors that an estimate takes at least."""


class IntrinsicDimensionOptions(AnalysisOptions):
    """How many dimensions the vectors need: TwoNN, in all and by language.

    From the ratio of the distances to the two nearest neighbours of each text (Facco et al. 2017,
    https://www.nature.com/articles/s41598-017-11873-y).
    """

    text: str = "text"
    """The column of texts."""
    language: str | None = None
    """The column of languages; null: all texts are of one."""


@dataclass(frozen=True)
class _Texts:
    texts: list[str]
    languages: list[str]
    options: IntrinsicDimensionOptions


def load(options: IntrinsicDimensionOptions) -> _Texts:
    """Read the texts, or say each scene in each language."""

    def parse(row: Row) -> tuple[str, str]:
        return row.text(options.text), language_of(row, options.language)

    if options.own:
        rows = task_rows(parse, options, _columns(options))
    else:
        scenes = grammar.parallel(options.languages, options.size, options.seed)
        rows = [(text, code) for code in options.languages for scene in scenes for text in _both(scene, code)]
    texts, languages = map(list, zip(*rows, strict=True))
    return _Texts(texts, languages, options)


def _both(scene: grammar.Parallel, code: str) -> tuple[str, str]:
    return scene.said[code], scene.again[code]


def examine(data: _Texts, model: Examined) -> Findings:
    """Estimate the dimension of all texts together, and of those of each language."""
    vectors = model(data.texts, data.options.role)
    within = {code: two_nn(vectors[chosen]) for code, chosen in by_label(data.languages).items()}
    return Findings(
        figures={"dimension": two_nn(vectors), "within a language": mean(within.values())},
        parts=[
            Values(
                title="Dimension by language",
                reading="How many numbers it takes, at least, to tell the sentences of a language apart.",
                values=within,
                unit="dimensions",
            )
        ],
        texts=len(set(data.texts)),
        reading="How many numbers it takes, at least, to tell near texts apart. It depends on the texts: compare "
        "models by the same ones.",
    )


def two_nn(vectors: Vectors) -> float:
    """The dimension of the set that vectors [texts, dimensions] lie on; NaN for fewer than FEWEST different ones.

    The ratios mu of second to first distances are distributed as 1 - mu^-d: d is the slope of the line through 0 that
    fits -log(1 - F(mu)) over log mu, without the largest tenth.
    """
    different = np.unique(np.asarray(vectors, np.float64), axis=0)
    if len(different) < FEWEST:
        return float("nan")
    one, two = _two_nearest(different - different.mean(axis=0))  # far from 0, small distances would be rounded away
    known = one > 0
    ratios = np.sort(np.log(two[known] / one[known]))
    below = np.arange(1, len(ratios) + 1) / len(ratios)
    kept = slice(0, int(KEPT * len(ratios)))
    across, up = ratios[kept], -np.log1p(-below[kept])
    length = float(across @ across)
    return float(across @ up) / length if length > 0 else float("nan")


def _two_nearest(vectors: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The distances of each vector to the nearest other one, and to the one after that."""
    squares = np.einsum("ij,ij->i", vectors, vectors)
    found = np.empty((len(vectors), 2))
    for start in range(0, len(vectors), BLOCK):
        stop = min(start + BLOCK, len(vectors))
        near = squares[start:stop, None] + squares - 2 * vectors[start:stop] @ vectors.T
        near[np.arange(stop - start), np.arange(start, stop)] = np.inf
        found[start:stop] = np.partition(near, 1, axis=1)[:, :2]
    distances = np.sqrt(np.maximum(found, 0))
    return distances[:, 0], distances[:, 1]


def check(options: IntrinsicDimensionOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_texts(options, _columns(options))


def _columns(options: IntrinsicDimensionOptions) -> list[str]:
    return [column for column in (options.text, options.language) if column is not None]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[IntrinsicDimensionOptions]]:
    """Offer `intrinsic-dimension`."""
    return [
        Analysis(name="intrinsic-dimension", options=IntrinsicDimensionOptions, load=load, examine=examine, check=check)
    ]
