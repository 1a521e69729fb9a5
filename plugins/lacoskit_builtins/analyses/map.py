"""Map: texts on a plane, near where their vectors are near, coloured by language and by topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat, PositiveInt

from lacoskit import Analysis, Examined, Findings, Points, Row, hookimpl, nearest
from lacoskit_builtins import grammar
from lacoskit_builtins.analysis_texts import AnalysisOptions, Vectors, check_texts
from lacoskit_builtins.reading import label_of
from lacoskit_builtins.task_rows import task_rows

FEW = 50
"""Up to so many texts their principal components are the map: t-SNE needs neighbourhoods."""
NEIGHBOURS = 10
"""Nearest texts that are asked for what they share with a text."""


class MapOptions(AnalysisOptions):
    """A map of the texts, coloured by language and by topic.

    By t-SNE (van der Maaten and Hinton 2008, https://jmlr.org/papers/v9/vandermaaten08a.html) as scikit-learn has it,
    beginning with the principal components; up to 50 texts by these alone. Distances between far groups say nothing.
    Trustworthiness (Venna and Kaski 2001) is how far neighbours on the map are neighbours in truth. Which of language
    and topic decides is counted among the ten nearest texts in the model's own space, not on the map.
    """

    size: PositiveInt = 60
    """Without files: how many scenes to say in each language."""
    text: str = "text"
    """The column of texts."""
    language: str | None = None
    """The column of languages, to colour by; null: there is none."""
    topic: str | None = None
    """The column of topics, or of other labels, to colour by; null: there is none."""
    perplexity: PositiveFloat = 30.0
    """About how many neighbours of a text t-SNE looks at; less where there are few texts."""


@dataclass(frozen=True)
class _Texts:
    texts: list[str]
    groups: dict[str, list[str]]
    options: MapOptions


def load(options: MapOptions) -> _Texts:
    """Read the texts and their labels, or say each scene in each language."""
    names = {name: column for name in ("language", "topic") if (column := getattr(options, name)) is not None}

    def parse(row: Row) -> tuple[str, ...]:
        return row.text(options.text), *(label_of(row, column) for column in names.values())

    if options.own:
        rows = task_rows(parse, options, _columns(options))
    else:
        names = dict.fromkeys(("language", "topic"), "")
        scenes = grammar.parallel(options.languages, options.size, options.seed)
        rows = [(scene.said[code], code, scene.topic) for code in options.languages for scene in scenes]
    texts, *labels = map(list, zip(*dict.fromkeys(rows), strict=True))
    return _Texts(texts, dict(zip(names, labels, strict=True)), options)


def examine(data: _Texts, model: Examined) -> Findings:
    """Lay the texts out, and count what the nearest ones of each have in common with it."""
    from sklearn.manifold import trustworthiness

    options = data.options
    vectors = model(data.texts, options.role)
    x, y = plane(vectors, options.perplexity, options.seed).T
    shared = {f"same {name}": shared_share(vectors, labels) for name, labels in reversed(data.groups.items())}
    neighbours = min(NEIGHBOURS, (len(vectors) - 1) // 2)
    truth = float(trustworthiness(vectors, np.stack([x, y], 1), n_neighbors=neighbours)) if neighbours else np.nan
    return Findings(
        figures={**shared, "trustworthiness": truth},
        parts=[
            Points(
                title="A map of the texts",
                reading="Each point is a text; near ones have near vectors. Where colours by language lie apart, the "
                "language decides; where colours by topic do, the meaning.",
                x=np.round(x, 3).tolist(),
                y=np.round(y, 3).tolist(),
                texts=data.texts,
                groups=data.groups,
            )
        ],
        texts=len(data.texts),
        reading=f"Of the {NEIGHBOURS} nearest texts, how many have the topic or the language of a text: meaning "
        "decides where the first is high and the second low. Trustworthiness is how far the map shows true neighbours.",
    )


def plane(vectors: Vectors, perplexity: float, seed: int) -> NDArray[np.float64]:
    """Positions [texts, 2] of vectors; all at one place where they do not differ."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    vectors = np.asarray(vectors, np.float64)
    if len(vectors) < 3 or float(np.ptp(vectors, axis=0).max()) < 1e-6:
        return np.zeros((len(vectors), 2))
    if len(vectors) <= FEW:
        found = PCA(min(2, vectors.shape[1]), svd_solver="full").fit_transform(vectors)
        return np.pad(found, ((0, 0), (0, 2 - found.shape[1])))
    wide = min(perplexity, (len(vectors) - 1) / 3)
    return np.asarray(TSNE(init="pca", perplexity=wide, random_state=seed).fit_transform(vectors), np.float64)


def shared_share(vectors: Vectors, labels: Sequence[str]) -> float:
    """How many of the nearest texts of each have its label, as a share; NaN for a single text."""
    depth = min(NEIGHBOURS, len(vectors) - 1)
    if depth < 1:
        return float("nan")
    _, numbers = np.unique(labels, return_inverse=True)
    found = nearest(vectors, vectors, depth + 1)[0]
    others = [row[row != place][:depth] for place, row in enumerate(found)]
    return float((numbers[np.array(others)] == numbers[:, None]).mean())


def check(options: MapOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_texts(options, _columns(options))


def _columns(options: MapOptions) -> list[str]:
    return [column for column in (options.text, options.language, options.topic) if column is not None]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[MapOptions]]:
    """Offer `map`."""
    return [
        Analysis(name="map", options=MapOptions, requires=("sklearn",), load=load, examine=examine, check=check),
    ]
