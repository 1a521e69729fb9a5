"""What a document is about, as far as its script shows it: names and terms, one way a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lacoskit_builtins.queries.finders import arabic, devanagari, han, latin
from lacoskit_builtins.queries.phrases import Phrases, Script
from lacoskit_builtins.queries.statistics import Statistics

Finder = Callable[[list[str], Phrases, Statistics], list[str]]

FINDERS: Mapping[Script, Finder] = {
    "latin": latin.find_terms,
    "han": han.find_terms,
    "arabic": arabic.find_terms,
    "devanagari": devanagari.find_terms,
}


def find_terms(sentences: list[str], phrases: Phrases, statistics: Statistics) -> list[str]:
    """The names and terms in the sentences of a document, as they stand there, the most telling first.

    What is frequent in the document and rare in the corpus tells most (tf-idf), and more words more than one.
    """
    text = " ".join(sentences)
    scores = {
        term: text.count(term) * _rarity(term, phrases, statistics)
        for term in FINDERS[phrases.script](sentences, phrases, statistics)
    }
    return sorted(scores, key=lambda term: (-scores[term], term))


def _rarity(term: str, phrases: Phrases, statistics: Statistics) -> float:
    if phrases.script == "han" and " " not in term:
        return statistics.rarity(term) * (1 + 0.25 * len(term))
    words = term.split()
    return sum(map(statistics.rarity, words)) * (1 + len(words)) / (2 * len(words))
