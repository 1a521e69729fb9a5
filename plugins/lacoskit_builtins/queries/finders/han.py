"""Terms of Chinese, which writes no spaces: what is quoted, transcribed names, and runs that a document repeats."""

from __future__ import annotations

import re
from functools import cache

from lacoskit_builtins.queries.phrases import Phrases
from lacoskit_builtins.queries.statistics import Statistics, repeated_runs
from lacoskit_builtins.queries.text import HAN, quoted_terms

_LATIN = re.compile(r"[A-Z\u00c0-\u00de][A-Za-z0-9\u00c0-\u024f]+(?:[ -][A-Z][A-Za-z0-9\u00c0-\u024f]+)*")
ENOUGH = (3, 2)
"""How often a document has to hold two characters, and how often more, outside of longer terms."""
_NEVER_LAST = frozenset("年月日时后前次个位种名条中上下里内外一二三四五六七八九十百千万亿")
_NEVER_FIRST = frozenset("一二三四五六七八九十两几个第年月日")


def find_terms(sentences: list[str], phrases: Phrases, statistics: Statistics) -> list[str]:
    """The terms of a document, each once.

    A run of characters is taken for a word where what stands on either side of it differs from place to place.
    """
    text = "\n".join(sentences)
    found: dict[str, None] = {}
    for term in quoted_terms(text):
        if len(term) <= 16 and not re.search("[，。、；：]", term):
            found[term] = None
    found.update(dict.fromkeys(_LATIN.findall(text)))
    found.update(dict.fromkeys(match.group() for match in _names(phrases.function_words).finditer(text)))
    longer: dict[str, int] = {}
    runs = repeated_runs(text)
    for term in sorted(runs, key=lambda run: (-len(run), run)):
        alone = runs[term] - sum(count for other, count in longer.items() if term in other)
        if alone >= ENOUGH[len(term) > 2] and _is_term(term, text, phrases):
            longer[term] = runs[term]
    found.update(dict.fromkeys(longer))
    return list(found)


@cache
def _names(function_words: frozenset[str]) -> re.Pattern[str]:
    """Transcribed names, whose parts a dot holds together, between characters that are surely no part of them."""
    small = "".join(sorted(function_words))
    character = rf"(?![{small}])[{HAN}]"
    before = rf"(?:(?<![{HAN}])|(?<=[{small}]))"
    return re.compile(rf"{before}(?:{character}){{1,5}}(?:·(?:{character}){{1,4}})+(?![{HAN}·](?<![{small}]))")


def _is_term(term: str, text: str, phrases: Phrases) -> bool:
    if phrases.function_words.intersection(term) or term[-1] in _NEVER_LAST or term[0] in _NEVER_FIRST:
        return False
    before, after = set(), set()
    for number, match in enumerate(re.finditer(re.escape(term), text)):
        left, right = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
        # The edge of a run, or a small word, can be the edge of a word anywhere; only the same letter twice tells else.
        before.add(left if _continues(left, phrases) else f"edge {number}")
        after.add(right if _continues(right, phrases) else f"edge {number}")
    return len(before) > 1 and len(after) > 1


def _continues(character: str, phrases: Phrases) -> bool:
    return "\u3400" <= character <= "\u9fff" and character not in phrases.function_words
