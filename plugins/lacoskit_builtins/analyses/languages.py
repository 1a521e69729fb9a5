"""Languages: whether the same sentence in two languages lies in the same place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import Analysis, Examined, Findings, Matrix, Row, Values, hookimpl, nearest
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import AnalysisOptions, Vectors, check_texts, cosines, mean
from lacoskit_builtins.task_rows import task_rows

ByPair = Mapping[tuple[str, str], float]


class LanguagesOptions(AnalysisOptions):
    """Whether translations lie together: retrieval, CKA and cosines for each two languages.

    Retrieval is that of bitext mining; CKA, of linear kernels and without its bias, is that of Kornblith et al. (2019,
    https://arxiv.org/abs/1905.00414) with the estimator of Song et al. (2012, https://jmlr.org/papers/v13/song12a.html).
    """

    languages: tuple[str, ...] = grammar.LANGUAGES
    """The columns of the files, one a language, each row a sentence in all of them; without files, the languages of the
    grammar."""


@dataclass(frozen=True)
class _Texts:
    """By language, the same sentences in the same order."""

    texts: Mapping[str, list[str]]
    options: LanguagesOptions


def load(options: LanguagesOptions) -> _Texts:
    """Read the sentences, or say each scene in each language."""

    def parse(row: Row) -> tuple[str, ...]:
        return tuple(row.text(code) for code in options.languages)

    if options.own:
        rows = task_rows(parse, options, options.languages)
    else:
        scenes = grammar.parallel(options.languages, options.size, options.seed)
        rows = [tuple(scene.said[code] for code in options.languages) for scene in scenes]
    columns = map(list, zip(*rows, strict=True))
    return _Texts(dict(zip(options.languages, columns, strict=True)), options)


def examine(data: _Texts, model: Examined) -> Findings:
    """Compare each two languages, both ways where the two ways differ."""
    codes = list(data.texts)
    vectors = {code: model(texts, data.options.role) for code, texts in data.texts.items()}
    found, alike, gap, near = ({(code, code): 1.0 for code in codes} for _ in range(4))
    for one in codes:
        for other in codes:
            if one != other:
                pair = vectors[one], vectors[other]
                found[one, other] = retrieval(*pair, data.texts[other])
                near[one, other], far = translation_cosines(*pair)
                gap[one, other] = near[one, other] - far
                alike[one, other] = alike[other, one] if (other, one) in alike else cka(*pair)
    apart = [(one, other) for one in codes for other in codes if one != other]
    by_language = {code: mean(found[pair] for pair in apart if code in pair) for code in codes}
    return Findings(
        figures={
            "retrieval": mean(found[pair] for pair in apart),
            "CKA": mean(alike[pair] for pair in apart),
            "cosine gap": mean(gap[pair] for pair in apart),
        },
        parts=_parts(codes, by_language, found, near, alike),
        texts=len({text for texts in data.texts.values() for text in texts}),
        reading="How often the nearest sentence of another language is the translation, how alike two languages' "
        "spaces are (1: alike), and by how much translations are nearer than other sentences. Higher is better.",
    )


def _parts(
    codes: Sequence[str], by_language: Mapping[str, float], found: ByPair, near: ByPair, alike: ByPair
) -> list[Values | Matrix]:
    """The same in full: by language, and by pair of languages."""
    return [
        Values(
            title="Translations found, by language",
            reading="How often the nearest sentence of another language is the translation, in both directions.",
            values=by_language,
            unit="share",
        ),
        Matrix(
            title="Translations found",
            reading="How often the nearest sentence of the column's language is the translation of the row's.",
            **_square(codes, found),
            unit="share",
        ),
        Matrix(
            title="Cosine of translations",
            reading="The mean cosine of a sentence and its translation.",
            **_square(codes, near),
            unit="cosine",
        ),
        Matrix(
            title="Similarity of the spaces",
            reading="Linear CKA without its bias: 1 where the sentences of two languages lie to each other in the "
            "same way, wherever both lie; 0 where they do not.",
            **_square(codes, alike),
            unit="CKA",
        ),
    ]


def retrieval(asked: Vectors, others: Vectors, texts: Sequence[str]) -> float:
    """How often the nearest of the others is at the same place, or has the same text as the one there."""
    found = nearest(asked, others, 1)[0][:, 0]
    return float(np.mean([texts[number] == text for number, text in zip(found.tolist(), texts, strict=True)]))


def translation_cosines(one: Vectors, other: Vectors) -> tuple[float, float]:
    """The mean cosine of rows at the same place, and that of rows at different ones."""
    count, same = len(one), cosines(one, other)
    total = float(one.sum(axis=0, dtype=np.float64) @ other.sum(axis=0, dtype=np.float64))
    far = (total - float(same.sum())) / (count * (count - 1)) if count > 1 else float("nan")
    return float(same.mean()), far


def cka(one: Vectors, other: Vectors) -> float:
    """Centred kernel alignment of [texts, ...] and [texts, ...], by the unbiased estimator of HSIC.

    NaN for fewer than four texts, or where one side does not vary.
    """
    if len(one) < 4:
        return float("nan")
    sides = [np.asarray(side, np.float64) - side.mean(axis=0, dtype=np.float64) for side in (one, other)]
    product = _hsic(sides[0], sides[0]) * _hsic(sides[1], sides[1])
    return _hsic(sides[0], sides[1]) / float(np.sqrt(product)) if product > 1e-20 else float("nan")


def _hsic(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Song et al. (2012), equation 5, of the linear kernels of centred vectors.

    It takes kernels K and L with 0 on the diagonal. Their rows sum to what was there, less 0 (the vectors are centred):
    all that is needed are the squared lengths k and m, and the sum of K times L over all pairs.
    """
    count, k, m = len(one), (one**2).sum(axis=1), (other**2).sum(axis=1)
    wide = count <= min(one.shape[1], other.shape[1])
    both = ((one @ one.T) * (other @ other.T)).sum() if wide else ((one.T @ other) ** 2).sum()
    value = both - k @ m + k.sum() * m.sum() / ((count - 1) * (count - 2)) - 2 * (k @ m) / (count - 2)
    return float(value / (count * (count - 3)))


def _square(codes: Sequence[str], values: ByPair) -> dict[str, Any]:
    return {"rows": list(codes), "columns": list(codes), "values": [[values[a, b] for b in codes] for a in codes]}


def check(options: LanguagesOptions) -> Sequence[str]:
    """Look for the files and their columns, and for a second language."""
    if len(set(options.languages)) < max(2, len(options.languages)):
        return ["languages: name at least two, each once"]
    return check_texts(options, options.languages)


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[LanguagesOptions]]:
    """Offer `languages`."""
    return [Analysis(name="languages", options=LanguagesOptions, load=load, examine=examine, check=check)]
