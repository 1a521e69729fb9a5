"""Layers: after which of them the mean of the states tells most of what a sentence means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lacoskit import Analysis, Curve, Examined, Findings, Matrix, hookimpl
from lacoskit_builtins.analysis_texts import (
    PairsByLanguage,
    ScoredPairsOptions,
    by_label,
    check_scored,
    cosines,
    mean,
    pairs_by_language,
    spearman,
)


class LayersOptions(ScoredPairsOptions):
    """Which layer knows most: the rank correlation with graded similarity after each layer.

    The mean of the states of all tokens after each layer, whatever the model's own pooling is, as Ethayarajh (2019,
    https://arxiv.org/abs/1909.00512) and Li et al. (2020, https://arxiv.org/abs/2011.05864) looked at layers of BERT.
    Correlations are taken language by language, and their mean is shown.
    """


def examine(pairs: PairsByLanguage, model: Examined) -> Findings:
    """Correlate cosines after each layer with the scores, and those of the model's own vectors."""
    role = pairs.options.role
    places = by_label(pairs.languages)
    layers = [
        cosines(first, second)
        for first, second in zip(model.layers(pairs.first, role), model.layers(pairs.second, role), strict=True)
    ]
    found = {
        code: [spearman(values[chosen], pairs.scores[chosen]) for values in layers] for code, chosen in places.items()
    }
    line = [mean(values) for values in zip(*found.values(), strict=True)]
    own = cosines(model(pairs.first, role), model(pairs.second, role))
    known = np.isfinite(line).any()
    best = int(np.nanargmax(line)) if known else 0
    return Findings(
        figures={
            "best layer's spearman": line[best],
            "best layer": float(best) if known else float("nan"),
            "last layer's spearman": line[-1],
            "model's spearman": mean(spearman(own[chosen], pairs.scores[chosen]) for chosen in places.values()),
        },
        parts=_parts(line, found),
        texts=len({*pairs.first, *pairs.second}),
        reading="The rank correlation of cosines with graded similarity: after the layer where it is highest (0 is the "
        "embedding), after the last one, and of the model's own vectors. Higher is better.",
    )


def _parts(line: Sequence[float], by_language: Mapping[str, Sequence[float]]) -> list[Curve | Matrix]:
    """The correlation after each layer, in the mean and for each language."""
    return [
        Curve(
            title="Similarity by layer",
            reading="The rank correlation of cosines with graded similarity after each layer; 0 is the embedding.",
            lines={"mean of the states": line},
            axis="layer",
            unit="Spearman",
        ),
        Matrix(
            title="Similarity by layer and language",
            reading="The same for each language.",
            rows=list(by_language),
            columns=[str(layer) for layer in range(len(line))],
            values=list(by_language.values()),
            unit="Spearman",
        ),
    ]


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[LayersOptions]]:
    """Offer `layers`."""
    return [Analysis(name="layers", options=LayersOptions, load=pairs_by_language, examine=examine, check=check_scored)]
