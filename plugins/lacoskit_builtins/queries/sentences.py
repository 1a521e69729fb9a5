"""Sentences of a text, in the scripts of the languages that there are phrases for."""

from __future__ import annotations

import re
from collections.abc import Set

from lacoskit_builtins.queries.text import in_one_line

CLOSING = "\"'”’»」』）)\\]】"
_END = re.compile(rf"[。！？｡][{CLOSING}]*|[!?؟۔।॥…][!?{CLOSING}]*(?=\s|$)|\.[{CLOSING}]*(?=\s|$)|\n+")
_NEXT = re.compile(r"\s+[\"'“‘«¿¡(\[]*(.)")
_LAST_WORD = re.compile(r"([^\s(\"“«]+)\.$")


def split_sentences(text: str, abbreviations: Set[str] = frozenset()) -> list[str]:
    """The sentences of a text in their order, each in one line.

    A full stop ends one where a space and no small letter follows; neither an abbreviation nor an initial does.
    """
    return [line for sentence in _raw_sentences(text, abbreviations) if (line := in_one_line(sentence))]


def after_first_sentence(text: str, abbreviations: Set[str] = frozenset()) -> str:
    """The text from its second sentence on, as it stands there."""
    sentences = _raw_sentences(text, abbreviations)
    first = next((place for place, sentence in enumerate(sentences) if sentence.strip()), 0)
    return "".join(sentences[first + 1 :]).strip()


def _raw_sentences(text: str, abbreviations: Set[str]) -> list[str]:
    """The parts of a text from one end of a sentence to the next: joined, they are the text."""
    sentences: list[str] = []
    start = 0
    for match in _END.finditer(text):
        if match.group().startswith(".") and not _ends(text, match, abbreviations):
            continue
        sentences.append(text[start : match.end()])
        start = match.end()
    return [*sentences, text[start:]]


def _ends(text: str, stop: re.Match[str], abbreviations: Set[str]) -> bool:
    following = _NEXT.match(text, stop.end())
    if following is not None and following[1].islower():
        return False
    before = _LAST_WORD.search(text[max(0, stop.start() - 40) : stop.start() + 1])
    if before is None:
        return True
    word = before[1]
    initial = (len(word) == 1 and word.isupper()) or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", word) is not None
    return not initial and word.lower() not in abbreviations
