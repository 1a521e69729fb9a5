"""Isotropy: whether vectors use the room that they have, or all lie in one direction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lacoskit import Analysis, Curve, Examined, Findings, Row, Values, hookimpl
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import (
    AnalysisOptions,
    Vectors,
    by_label,
    check_texts,
    cosines,
    language_of,
)
from lacoskit_builtins.task_rows import task_rows

BLOCK = 1_024
"""Vectors whose distances to all others are held at once."""
COMPONENTS = 50
"""Principal components that the curve shows."""


class IsotropyOptions(AnalysisOptions):
    """Whether vectors fill their space: mean cosine, uniformity, alignment, IsoScore.

    Anisotropy is the mean cosine of two texts (Ethayarajh 2019, https://arxiv.org/abs/1909.00512); uniformity and
    alignment, with t = 2 and alpha = 2, are those of Wang and Isola (2020, https://arxiv.org/abs/2005.10242); IsoScore
    is that of Rudman et al. (2022, https://arxiv.org/abs/2108.07344). Texts are pairs of the same meaning.
    """

    sentence1: str = "sentence1"
    """The column of texts."""
    sentence2: str = "sentence2"
    """The column of texts of the same meaning."""
    language: str | None = None
    """The column of languages; null: all texts are of one."""


@dataclass(frozen=True)
class _Pairs:
    first: list[str]
    second: list[str]
    languages: list[str]
    options: IsotropyOptions


def load(options: IsotropyOptions) -> _Pairs:
    """Read the pairs, or say each scene twice in each language."""

    def parse(row: Row) -> tuple[str, str, str]:
        return row.text(options.sentence1), row.text(options.sentence2), language_of(row, options.language)

    if options.own:
        rows = task_rows(parse, options, _columns(options))
    else:
        scenes = grammar.parallel(options.languages, options.size, options.seed)
        rows = [(scene.said[code], scene.again[code], code) for code in options.languages for scene in scenes]
    first, second, languages = map(list, zip(*rows, strict=True))
    return _Pairs(first, second, languages, options)


def examine(pairs: _Pairs, model: Examined) -> Findings:
    """Measure all texts, each once, and the pairs."""
    first, second = (model(texts, pairs.options.role).astype(np.float64) for texts in (pairs.first, pairs.second))
    texts, both = [*pairs.first, *pairs.second], np.concatenate([first, second])
    vectors = both[_once(texts, range(len(texts)))]
    shares = variance_shares(vectors)
    places = by_label([*pairs.languages, *pairs.languages])
    within = {code: mean_cosine(both[_once(texts, chosen.tolist())]) for code, chosen in places.items()}
    return Findings(
        figures={
            "mean cosine": mean_cosine(vectors),
            "uniformity": uniformity(vectors),
            "alignment": float((2 - 2 * cosines(first, second)).mean()),
            "IsoScore": iso_score(vectors),
            "first component": float(shares[0]),
        },
        parts=[
            Values(
                title="Mean cosine within a language",
                reading="Of any two texts of the same language. The nearer to 0, the more room its sentences have.",
                values=within,
                unit="cosine",
            ),
            Curve(
                title="Variance by principal component",
                reading="The share of the variance in so many directions. The slower it rises, the more are used.",
                lines={"share": shares.cumsum()[:COMPONENTS].tolist()},
                first=1,
                axis="components",
                unit="share of variance",
            ),
        ],
        texts=len(vectors),
        reading="Nearer to 0 is better for the mean cosine of any two texts, lower for uniformity and for alignment "
        "(the distance of texts of the same meaning), higher for IsoScore (1: all directions alike).",
    )


def _once(texts: Sequence[str], places: Iterable[int]) -> list[int]:
    """Of these places of texts, the first of each text, in their order."""
    return sorted({texts[place]: place for place in sorted(places, reverse=True)}.values())


def mean_cosine(vectors: NDArray[np.float64]) -> float:
    """The mean cosine of unit vectors [texts, dimensions] over all pairs of two texts; not a sample of them."""
    count = len(vectors)
    if count < 2:
        return float("nan")
    total = vectors.sum(axis=0)
    return float((total @ total - np.einsum("ij,ij->", vectors, vectors)) / (count * (count - 1)))


def uniformity(vectors: NDArray[np.float64], t: float = 2.0) -> float:
    """The logarithm of the mean of exp(-t d²) over all pairs of two unit vectors [texts, dimensions], d their distance.

    0 for vectors that are all the same, about -2t for random ones of many dimensions.
    """
    count, total = len(vectors), 0.0
    if count < 2:
        return float("nan")
    for start in range(0, count, BLOCK):
        squares = 2 - 2 * vectors[start : start + BLOCK] @ vectors.T
        total += float(np.exp(-t * np.maximum(squares, 0)).sum())
    return float(np.log((total - count) / (count * (count - 1))))


def iso_score(vectors: Vectors) -> float:
    """How evenly variance is spread over dimensions: 0 for one direction, 1 for all alike; NaN where nothing varies.

    The published steps (rotate to principal components, scale the variances to the length of the vector of ones,
    compare with it) come to this: with the sum s and the sum of squares q of the variances, s² / q is how many of the n
    dimensions are in use, and that less 1, over n - 1, is the score.
    """
    dimensions = vectors.shape[1]
    covariance = np.cov(np.asarray(vectors, np.float64), rowvar=False).reshape(dimensions, dimensions)
    squares = float((covariance**2).sum())
    if dimensions < 2 or squares < 1e-24:
        return float("nan")
    return float((np.trace(covariance) ** 2 / squares - 1) / (dimensions - 1))


def variance_shares(vectors: Vectors) -> NDArray[np.float64]:
    """The share of the variance along each principal component, the largest first; NaN where nothing varies."""
    centred = vectors - vectors.mean(axis=0)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2
    total = variances.sum()
    return np.asarray(variances / total if total > 1e-12 else np.full(len(variances), np.nan))


def check(options: IsotropyOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_texts(options, _columns(options))


def _columns(options: IsotropyOptions) -> list[str]:
    return [column for column in (options.sentence1, options.sentence2, options.language) if column is not None]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[IsotropyOptions]]:
    """Offer `isotropy`."""
    return [Analysis(name="isotropy", options=IsotropyOptions, load=load, examine=examine, check=check)]
