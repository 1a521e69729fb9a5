"""Terms of Arabic: nouns with their article and the adjectives after them, without what is written onto them."""

from __future__ import annotations

import re

from lacoskit_builtins.queries.phrases import Phrases
from lacoskit_builtins.queries.statistics import Statistics
from lacoskit_builtins.queries.text import MARKS, WORD, quoted_terms

LONGEST_TERM = 3
"""Words of a term."""
_ARTICLE = re.compile(f"ال[\\w{MARKS}]{{3,}}$")
_WITH_PREFIX = re.compile(f"[وفبك]+(ال[\\w{MARKS}]{{3,}})$|لل([\\w{MARKS}]{{3,}})$")


def find_terms(sentences: list[str], phrases: Phrases, statistics: Statistics) -> list[str]:
    """The terms of a document, each once: what is quoted, and runs of nouns and adjectives with the article."""
    found: dict[str, None] = {}
    for sentence in sentences:
        found.update(dict.fromkeys(term for term in quoted_terms(sentence) if len(term.split()) <= 4))
        found.update((" ".join(run), None) for run in _runs(sentence, phrases, statistics))
    return list(found)


def _runs(sentence: str, phrases: Phrases, statistics: Statistics) -> list[list[str]]:
    runs: list[list[str]] = []
    open_run = False
    end = 0
    for match in WORD.finditer(sentence):
        word = match.group()
        adjacent = sentence[end : match.start()] == " "
        end = match.end()
        if word in phrases.function_words:
            open_run = False
        elif _ARTICLE.match(word) and open_run and adjacent and len(runs[-1]) < LONGEST_TERM:
            runs[-1].append(word)
        else:
            bare = _bare(word, statistics)
            open_run = bool(bare) and bare not in phrases.function_words
            if open_run:
                runs.append([bare])
    return runs


def _bare(word: str, statistics: Statistics) -> str:
    """A noun with its article, without conjunctions and prepositions before it; empty where it has no article.

    What is left of a word has to be in the corpus by itself: some begin with the same letters and have no article.
    """
    if _ARTICLE.match(word):
        return word
    match = _WITH_PREFIX.match(word)
    bare = "" if match is None else match[1] or "ال" + match[2]
    return bare if statistics.holding[bare] else ""
