"""Minimal pairs: whether few words that change the meaning move a vector more than many that do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt

from lacoskit import Analysis, Examined, Findings, Matrix, Row, Rows, Values, hookimpl
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import AnalysisOptions, by_label, check_texts, cosines, language_of, mean
from lacoskit_builtins.reading import label_of
from lacoskit_builtins.task_rows import task_rows

PAIRS = "pairs"
"""What stands for the phenomenon of rows that name none."""
SHOWN = 2
"""Examples of each phenomenon."""


class MinimalPairsOptions(AnalysisOptions):
    """Whether a negation, a number, a role or the order of words counts: minimal pairs by language.

    How often a paraphrase is nearer to a sentence than one that differs in few words and says something else: the
    triplets of Zhu et al. (2018, https://aclanthology.org/P18-2100), and for the order of words what Pham et al. (2021,
    https://arxiv.org/abs/2012.15180) asked. The second figure puts a translation in the paraphrase's place.
    """

    size: PositiveInt = 25
    """Without files: how many scenes a phenomenon."""
    sentence: str = "sentence"
    """The column of sentences."""
    paraphrase: str = "paraphrase"
    """The column of sentences of the same meaning: in other words, or in another language."""
    changed: str = "changed"
    """The column of sentences of another meaning in nearly the same words."""
    phenomenon: str | None = None
    """The column of what has been changed; null: the same in all rows."""
    language: str | None = None
    """The column of languages; null: all texts are of one."""


@dataclass(frozen=True)
class _Triplets:
    sentences: list[str]
    paraphrases: list[str]
    changed: list[str]
    phenomena: list[str]
    languages: list[str]
    translations: list[str] | None
    options: MinimalPairsOptions


def load(options: MinimalPairsOptions) -> _Triplets:
    """Read the triplets, or make them: the translation of a sentence is the scene's sentence in the next language."""

    def parse(row: Row) -> tuple[str, str, str, str, str]:
        texts = (row.text(options.sentence), row.text(options.paraphrase), row.text(options.changed))
        phenomenon = PAIRS if options.phenomenon is None else label_of(row, options.phenomenon)
        return (*texts, phenomenon, language_of(row, options.language))

    translations = None
    if options.own:
        rows = task_rows(parse, options, _columns(options))
    else:
        made = grammar.contrasts(options.languages, options.size, options.seed)
        rows = [(one.sentence, one.paraphrase, one.changed, one.phenomenon, one.language) for one in made]
        codes = options.languages
        following = dict(zip(codes, (*codes[1:], codes[0]), strict=True))
        said = {(one.phenomenon, one.number, one.language): one.sentence for one in made}
        if len(codes) > 1:
            translations = [said[one.phenomenon, one.number, following[one.language]] for one in made]
    sentences, paraphrases, changed, phenomena, languages = map(list, zip(*rows, strict=True))
    return _Triplets(sentences, paraphrases, changed, phenomena, languages, translations, options)


def examine(data: _Triplets, model: Examined) -> Findings:
    """Compare the two cosines of each triplet; two that are the same count half."""
    role = data.options.role
    own = model(data.sentences, role)
    kept, lost = (cosines(own, model(texts, role)) for texts in (data.paraphrases, data.changed))
    right = nearer(kept, lost)
    figures = {"paraphrase nearer": _mean(data, right)}
    parts = [_matrix(data, right, "Paraphrase nearer than the change", "a sentence of the same meaning")]
    if data.translations is not None:
        better = nearer(cosines(own, model(data.translations, role)), lost)
        figures["translation nearer"] = _mean(data, better)
        parts.append(_matrix(data, better, "Translation nearer than the change", "the translation"))
    phenomena = by_label(data.phenomena)
    figures["cosine drop"] = _mean(data, kept - lost)
    figures |= {name: _mean(data, right, places) for name, places in phenomena.items() if len(phenomena) > 1}
    drop = Values(
        title="Drop of the cosine",
        reading="How much nearer the paraphrase is than the change, in the mean: above 0 where meaning decides.",
        values={name: _mean(data, kept - lost, places) for name, places in phenomena.items()},
        unit="cosine",
    )
    return Findings(
        figures=figures,
        parts=[*parts, drop, _examples(data, kept, lost)],
        texts=len({*data.sentences, *data.paraphrases, *data.changed, *(data.translations or ())}),
        reading="How often a paraphrase (or a translation) is nearer than nearly the same words with another meaning, "
        "in all and by what was changed: 1 is best, 0.5 is chance, below it words decide. The drop is the difference "
        "of the two cosines.",
    )


def nearer(kept: NDArray[np.float64], lost: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 where the first cosine is higher, 0.5 where both are the same to seven digits, else 0."""
    apart = kept - lost
    return np.where(np.abs(apart) < 1e-7, 0.5, apart > 0)


def _cells(data: _Triplets) -> Mapping[tuple[str, str], NDArray[np.int64]]:
    """The places of each phenomenon in each language, that has any."""
    names, codes = by_label(data.phenomena), by_label(data.languages)
    cells = {(name, code): np.intersect1d(names[name], codes[code]) for name in names for code in codes}
    return {cell: places for cell, places in cells.items() if len(places)}


def _mean(data: _Triplets, values: NDArray[np.float64], among: NDArray[np.int64] | None = None) -> float:
    """The mean over phenomena and languages (those of some places), each counting as much as any other."""
    cells = _cells(data).values()
    return mean(float(values[cell].mean()) for cell in cells if among is None or np.isin(cell, among).all())


def _matrix(data: _Triplets, right: NDArray[np.float64], title: str, what: str) -> Matrix:
    names, codes = list(dict.fromkeys(data.phenomena)), list(dict.fromkeys(data.languages))
    cells = {cell: float(right[places].mean()) for cell, places in _cells(data).items()}
    return Matrix(
        title=title,
        reading=f"How often {what} is nearer than nearly the same words with another meaning: 0.5 is chance, less "
        "means that words decide.",
        rows=names,
        columns=codes,
        values=[[cells.get((name, code), float("nan")) for code in codes] for name in names],
        unit="share",
    )


def _examples(data: _Triplets, kept: NDArray[np.float64], lost: NDArray[np.float64]) -> Rows:
    """The first ones of each phenomenon, in the first language that it is there in."""
    rows = []
    for name, places in by_label(data.phenomena).items():
        first = [place for place in places if data.languages[place] == data.languages[places[0]]]
        for place in first[:SHOWN]:
            texts = (data.sentences[place], data.paraphrases[place], data.changed[place])
            rows.append([name, *texts, f"{kept[place]:.3f}", f"{lost[place]:.3f}"])
    return Rows(
        title="Examples",
        reading="The cosines are those of the sentence with the paraphrase and with the change.",
        columns=["changed", "sentence", "paraphrase", "change", "with paraphrase", "with change"],
        rows=rows,
    )


def check(options: MinimalPairsOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_texts(options, _columns(options))


def _columns(options: MinimalPairsOptions) -> list[str]:
    needed = [options.sentence, options.paraphrase, options.changed]
    return needed + [column for column in (options.phenomenon, options.language) if column is not None]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[MinimalPairsOptions]]:
    """Offer `minimal-pairs`."""
    return [Analysis(name="minimal-pairs", options=MinimalPairsOptions, load=load, examine=examine, check=check)]
