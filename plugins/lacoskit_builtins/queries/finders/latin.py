"""Names in languages that write them with a capital letter."""

from __future__ import annotations

import re

from lacoskit_builtins.queries.phrases import Phrases
from lacoskit_builtins.queries.statistics import Statistics
from lacoskit_builtins.queries.text import WORD, quoted_terms

LONGEST_NAME = 6
"""Words of a name."""
_POSSESSIVE = re.compile(r"['’]s?$")
_DEMONYM = re.compile(r"(?:ian|ean|ish|ese|ican|ist|ists|ians|eans|icans)$")


def find_terms(sentences: list[str], phrases: Phrases, statistics: Statistics) -> list[str]:
    """The names in sentences as they stand there, each once: runs of words with a capital, and what is quoted.

    The first word of a sentence counts only if the corpus writes it with a capital elsewhere too; a word alone only if
    it is no month, weekday or (English) adjective of a nation.
    """
    found: dict[str, None] = {}
    for sentence in sentences:
        found.update(dict.fromkeys(term for term in quoted_terms(sentence) if _is_title(term)))
        found.update(dict.fromkeys(_names(sentence, phrases, statistics)))
    return list(found)


def _names(sentence: str, phrases: Phrases, statistics: Statistics) -> list[str]:
    words = list(WORD.finditer(sentence))
    names: list[str] = []
    position = 0
    while position < len(words):
        stop = _end_of_run(sentence, words, position, phrases, statistics)
        if stop > position:
            name = _POSSESSIVE.sub("", sentence[words[position].start() : words[stop - 1].end()])
            if _is_usable(name, stop - position, phrases, statistics):
                names.append(name)
        position = max(stop, position + 1)
    return names


def _end_of_run(sentence: str, words: list[re.Match[str]], start: int, phrases: Phrases, statistics: Statistics) -> int:
    """The place after the last word of a run that begins at `start`; `start` where none begins."""
    stop = start
    between: list[str] = []  # the small words since the last one with a capital
    for place in range(start, len(words)):
        word = words[place].group()
        if place > start and not _joined(sentence[words[place - 1].end() : words[place].start()]):
            break
        if _is_capital(word) and (place > 0 or _starts_with_a_name(word, phrases, statistics)):
            if between and "_".join(between) not in phrases.connectors:
                break
            stop, between = place + 1, []
        elif stop == start or len(between) == 2:
            break
        else:
            between.append(word.lower())
        if word.endswith(("'s", "’s")):
            break
    return stop


def _starts_with_a_name(word: str, phrases: Phrases, statistics: Statistics) -> bool:
    return word.lower() not in phrases.function_words and statistics.is_name(word)


def _is_capital(word: str) -> bool:
    return word[0].isupper() or (word[:1] == "d" and word[1:2] in {"'", "’"} and word[2:3].isupper())


def _joined(between: str) -> bool:
    return between in {" ", "-", "\u00a0"}


def _is_title(quoted: str) -> bool:
    """Whether quoted words may be the name of a work: others can be any part of a sentence."""
    return quoted[0].isupper() and 1 < len(quoted.split()) <= 5


def _is_usable(name: str, count: int, phrases: Phrases, statistics: Statistics) -> bool:
    if count > LONGEST_NAME or len(name) < 3 or all(word in phrases.not_names for word in name.split()):
        return False
    if count > 1:
        return True
    return statistics.is_name(name) and not (name.lower() in phrases.function_words or _is_demonym(name, phrases))


def _is_demonym(name: str, phrases: Phrases) -> bool:
    return phrases.code == "en" and _DEMONYM.search(name) is not None
