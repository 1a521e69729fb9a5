"""The rules by which pairs are dropped; each pair by the first that it breaks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lacoskit.components import Pair
from lacoskit.generation.documents import draw


@dataclass
class Judged:
    """A pair, its number among those of its document, and what has become of it."""

    pair: Pair
    number: int
    dropped_by: str | None = None
    rank: int | None = None
    """The rank at which the round trip found the document; None where there was none."""


RULES = {
    "empty": "the query has no letter or digit",
    "too long": "the query has more characters than max_query",
    "copied": "the query stands in its text word for word",
    "repeated": "the document has the same query already",
    "ambiguous": "other documents have a query for the same",
    "round trip": "the query does not find its document",
    "surplus": "more pairs than max_pairs",
}
"""In the order in which they are applied."""


def judge(pairs: Sequence[Pair]) -> list[Judged]:
    """Number the pairs of each document, none of them dropped yet."""
    counts: dict[str, int] = {}
    judged = []
    for pair in pairs:
        counts[pair.document] = counts.get(pair.document, 0) + 1
        judged.append(Judged(pair, counts[pair.document]))
    return judged


def kept(judged: Sequence[Judged]) -> list[Judged]:
    """Those that no rule has dropped."""
    return [one for one in judged if one.dropped_by is None]


def apply_text_rules(judged: Sequence[Judged], max_query: int) -> None:
    """Drop what can be judged from query and text alone, then what is repeated or ambiguous among the rest."""
    _drop(judged, "empty", lambda one: not any(map(str.isalnum, one.pair.query)))
    _drop(judged, "too long", lambda one: len(one.pair.query) > max_query)
    _drop(judged, "copied", lambda one: not one.pair.may_quote and normal(one.pair.query) in normal(one.pair.text))
    seen: set[tuple[str, str]] = set()
    for one in kept(judged):
        key = (normal(one.pair.query), one.pair.document)
        if key in seen:
            one.dropped_by = "repeated"
        seen.add(key)
    documents: dict[str, set[str]] = {}
    for one in kept(judged):
        documents.setdefault(_subject(one.pair), set()).add(one.pair.document)
    _drop(judged, "ambiguous", lambda one: len(documents[_subject(one.pair)]) > 1)


def apply_rank(judged: Sequence[Judged], ranks: Sequence[int], top_k: int) -> None:
    """Note the ranks of the pairs that are left, and drop those whose document was not found."""
    for one, rank in zip(kept(judged), ranks, strict=True):
        one.rank = int(rank)
    _drop(judged, "round trip", lambda one: one.rank is not None and one.rank > top_k)


def apply_limit(judged: Sequence[Judged], most: int | None, seed: int) -> None:
    """Drop what is left over of `most` pairs, drawn by the seed."""
    left = kept(judged)
    if most is not None:
        left.sort(key=lambda one: draw(seed, f"{one.pair.document} {one.number}"))
        for one in left[most:]:
            one.dropped_by = "surplus"


def normal(text: str) -> str:
    """A text as it is compared: without case, width and repeated spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _subject(pair: Pair) -> str:
    return normal(pair.subject or pair.query)


def _drop(judged: Sequence[Judged], rule: str, broken: Callable[[Judged], bool]) -> None:
    for one in judged:
        if one.dropped_by is None and broken(one):
            one.dropped_by = rule
