"""Neighbours: what is nearest to a few sentences, across languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from lacoskit import Analysis, Examined, Findings, Row, Rows, hookimpl, nearest
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import NO_LANGUAGE, AnalysisOptions, Vectors, check_texts, language_of
from lacoskit_builtins.task_rows import task_rows

PROBES = 6
"""Texts that are shown with their neighbours where none are named."""


class NeighboursOptions(AnalysisOptions):
    """What is nearest to a few sentences, in which language, and whether some texts are near to everything.

    Texts that are among the nearest of too many others are hubs (Radovanovic et al. 2010,
    https://jmlr.org/papers/v11/radovanovic10a.html): hubness is the skewness of how often a text is one of the nearest.
    """

    text: str = "text"
    """The column of texts."""
    language: str | None = None
    """The column of languages; null: all texts are of one."""
    probes: tuple[str, ...] = ()
    """The sentences whose neighbours are shown; none: some of the texts, each of another language."""
    neighbours: PositiveInt = 5
    """How many neighbours of a sentence are shown and counted."""


@dataclass(frozen=True)
class _Texts:
    """Texts, their languages, and the number of the scene that each is of (None where nobody knows)."""

    texts: list[str]
    languages: list[str]
    scenes: NDArray[np.int64] | None
    options: NeighboursOptions


def load(options: NeighboursOptions) -> _Texts:
    """Read the texts, each once, or say each scene in each language."""

    def parse(row: Row) -> tuple[str, str]:
        return row.text(options.text), language_of(row, options.language)

    if options.own:
        found = dict(task_rows(parse, options, _columns(options)))
        return _Texts(list(found), list(found.values()), None, options)
    made = enumerate(grammar.parallel(options.languages, options.size, options.seed))
    rows = [(scene.said[code], code, number) for number, scene in made for code in options.languages]
    texts, languages, scenes = map(list, zip(*rows, strict=True))
    return _Texts(texts, languages, np.array(scenes), options)


def examine(data: _Texts, model: Examined) -> Findings:
    """Look for the nearest texts of each text, and of the probes."""
    options = data.options
    vectors = model(data.texts, options.role)
    depth = min(options.neighbours, len(vectors) - 1)
    found = others(vectors, depth)
    codes = np.unique(data.languages, return_inverse=True)[1]
    figures = {"hubness": hubness(found, len(vectors))}
    if codes.max(initial=0) > 0:
        figures = {"other language": float((codes[found] != codes[:, None]).mean()), **figures}
    if data.scenes is not None:
        figures = {"same meaning": float((data.scenes[found] == data.scenes[:, None]).mean()), **figures}
    return Findings(
        figures=figures,
        parts=[_shown(data, vectors, depth, model)],
        texts=len(data.texts),
        reading=f"Of the {depth} nearest texts of each, how many say the same, where that is known, and how many are "
        "of another language; hubness is high where a few texts are near to most others.",
    )


def others(vectors: Vectors, depth: int) -> NDArray[np.int64]:
    """The numbers [texts, depth] of the nearest vectors of each, without itself, the nearest first."""
    if depth < 1:
        return np.zeros((len(vectors), 0), np.int64)
    found = nearest(vectors, vectors, depth + 1)[0]
    return np.array([row[row != place][:depth] for place, row in enumerate(found)])


def hubness(found: NDArray[np.int64], texts: int) -> float:
    """The skewness of how often each text is among the nearest of another; NaN where all are so equally often."""
    counts = np.bincount(found.ravel(), minlength=texts).astype(np.float64)
    apart = counts - counts.mean()
    spread = float(np.mean(apart**2))
    return float(np.mean(apart**3)) / spread**1.5 if spread > 0 else float("nan")


def _shown(data: _Texts, vectors: Vectors, depth: int, model: Examined) -> Rows:
    """The neighbours of the probes, which are not counted as their own."""
    probes = list(data.options.probes) or _some(data.texts, data.languages)
    asked = model(probes, data.options.role)
    numbers, scores = nearest(asked, vectors, min(depth + 1, len(vectors)))
    known = dict(zip(data.texts, data.languages, strict=True))
    rows = []
    for probe, row, near in zip(probes, numbers.tolist(), scores.tolist(), strict=True):
        pairs = [pair for pair in zip(row, near, strict=True) if data.texts[pair[0]] != probe][:depth]
        for number, score in pairs:
            rows.append([probe, known.get(probe, ""), data.texts[number], data.languages[number], f"{score:.3f}"])
    columns = ["sentence", "language", "near to it", "its language", "cosine"]
    if set(data.languages) == {NO_LANGUAGE}:
        columns, rows = [columns[0], columns[2], columns[4]], [[row[0], row[2], row[4]] for row in rows]
    reading = "The nearest texts of a few sentences; in a good multilingual space they say the same in other languages."
    return Rows(title="Nearest neighbours", reading=reading, columns=columns, rows=rows)


def _some(texts: Sequence[str], languages: Sequence[str]) -> list[str]:
    """Texts from all over, each of another language while there is one."""
    codes = list(dict.fromkeys(languages))
    chosen = []
    for number in range(min(PROBES, len(texts))):
        start = number * len(texts) // PROBES
        fitting = (place for place in range(start, len(texts)) if languages[place] == codes[number % len(codes)])
        chosen.append(texts[next(fitting, start)])
    return list(dict.fromkeys(chosen))


def check(options: NeighboursOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_texts(options, _columns(options))


def _columns(options: NeighboursOptions) -> list[str]:
    return [column for column in (options.text, options.language) if column is not None]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[NeighboursOptions]]:
    """Offer `neighbours`."""
    return [Analysis(name="neighbours", options=NeighboursOptions, load=load, examine=examine, check=check)]
