"""Terms of Hindi: the words before a postposition, already in the case that a postposition asks for."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words
from lacoskit_builtins.queries.statistics import Statistics
from lacoskit_builtins.queries.text import WORD, quoted_terms

LONGEST_TERM = 3
"""Words of a term."""
_POSTPOSITIONS = words("का की के में से को ने पर")
_INFINITIVE, _ABSOLUTIVE = "ने", "कर"


def find_terms(sentences: list[str], phrases: Phrases, statistics: Statistics) -> list[str]:
    """The terms of a document, each once: what is quoted, and up to three words that end before a postposition."""
    found: dict[str, None] = {}
    for sentence in sentences:
        found.update(dict.fromkeys(term for term in quoted_terms(sentence) if len(term.split()) <= 4))
        run: list[str] = []
        end = 0
        for match in WORD.finditer(sentence):
            word, adjacent = match.group(), sentence[end : match.start()] == " "
            end = match.end()
            if word in _POSTPOSITIONS and adjacent and run and not run[-1].endswith(_INFINITIVE):
                found[" ".join(run if len(run) <= LONGEST_TERM else run[-2:])] = None
            if word in phrases.function_words or word.endswith(_ABSOLUTIVE):
                run = []
            else:
                run = [*run, word] if adjacent else [word]
    return [term for term in found if len(term) > 2]
