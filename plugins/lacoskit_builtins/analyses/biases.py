"""Biases: what moves cosines apart from meaning."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lacoskit import Analysis, Examined, Findings, Matrix, hookimpl, words_of
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


class BiasesOptions(ScoredPairsOptions):
    """What moves cosines apart from meaning: shared words and letters, and differences of length.

    The rank correlation of the cosine with the overlap, or with the difference of lengths, of which the part that goes
    with the gold score is taken away (a partial correlation). That models follow shared words was found by McCoy et al.
    (2019, https://arxiv.org/abs/1902.01007) and Zhang et al. (2019, https://arxiv.org/abs/1904.01130), that length
    moves vectors by Zhou et al. (2025, https://arxiv.org/abs/2410.24200).
    """


def examine(pairs: PairsByLanguage, model: Examined) -> Findings:
    """Correlate language by language; figures are means over languages."""
    role = pairs.options.role
    own = cosines(model(pairs.first, role), model(pairs.second, role))
    texts = list(zip(pairs.first, pairs.second, strict=True))
    features = {name: np.array([measure(*pair) for pair in texts]) for name, measure in MEASURES.items()}
    places = by_label(pairs.languages)
    found = {
        name: [partial_spearman(own[chosen], values[chosen], pairs.scores[chosen]) for chosen in places.values()]
        for name, values in features.items()
    }
    plain = mean(spearman(own[chosen], pairs.scores[chosen]) for chosen in places.values())
    return Findings(
        figures={**{name: mean(values) for name, values in found.items()}, "meaning (spearman)": plain},
        parts=[
            Matrix(
                title="Biases by language",
                reading="The rank correlation of cosines with what is not meaning, at equal gold scores; 0 is no bias.",
                rows=list(places),
                columns=list(found),
                values=[list(row) for row in zip(*found.values(), strict=True)],
                unit="partial Spearman",
            )
        ],
        texts=len({*pairs.first, *pairs.second}),
        reading="How far cosines follow shared letters, shared words and a difference of length among pairs of the "
        "same gold score (-1 to 1; 0 is no bias), beside how far they follow the gold score itself.",
    )


def shared_letters(one: str, other: str) -> float:
    """The share of three letters in a row that two texts have in common (Jaccard), whatever their case."""
    return _jaccard(*({text[at : at + 3] for at in range(max(1, len(text) - 2))} for text in _lower(one, other)))


def shared_words(one: str, other: str) -> float:
    """The share of words that two texts have in common (Jaccard), whatever their case and script."""
    return _jaccard(set(words_of(one)), set(words_of(other)))


def length_difference(one: str, other: str) -> float:
    """By how much two texts differ in length, as a share of the longer one."""
    longest = max(len(one), len(other))
    return abs(len(one) - len(other)) / longest if longest else 0.0


def partial_spearman(one: NDArray[np.float64], other: NDArray[np.float64], given: NDArray[np.float64]) -> float:
    """The rank correlation of two sides at equal values of a third; NaN where a side does not vary, or is the third."""
    xy, xz, yz = spearman(one, other), spearman(one, given), spearman(other, given)
    rest = (1 - xz**2) * (1 - yz**2)
    return float((xy - xz * yz) / np.sqrt(rest)) if np.isfinite(rest) and rest > 1e-12 else float("nan")


MEASURES: dict[str, Callable[[str, str], float]] = {
    "shared letters": shared_letters, "shared words": shared_words, "length difference": length_difference,
}  # fmt: skip


def _lower(*texts: str) -> list[str]:
    return [text.casefold() for text in texts]


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0


@hookimpl
def lacoskit_analyses() -> Sequence[Analysis[BiasesOptions]]:
    """Offer `biases`."""
    return [Analysis(name="biases", options=BiasesOptions, load=pairs_by_language, examine=examine, check=check_scored)]
