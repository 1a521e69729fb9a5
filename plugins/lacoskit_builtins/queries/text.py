"""Words, numbers and scripts of a text, by ranges of Unicode."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set

MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
"""Signs above, below and after letters, which Python's \\w leaves out: a word of Hindi would end at each vowel."""

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
WORD = re.compile(rf"[^\W\d_][\w{MARKS}]*(?:[-'’‘ʼ]\w[\w{MARKS}]*)*")
SPACED = rf"[^\W{HAN}]"
"""What a word is made of where words stand between spaces; Chinese writes on after a number or a Latin word."""
NUMBER = re.compile(rf"(?<!{SPACED})(?<![.,])\d+(?:[.,٫٬]\d+)*(?!{SPACED})")
YEAR = re.compile(r"(?<![\d.,-])(?:1\d{3}|20\d{2})(?![\d.,]?\d|\s*%)")
HAN_RUN = re.compile(rf"[{HAN}]+")
QUOTED = re.compile('[“«《「『„"]([^“”«»《》「」『』„"\n]{2,40})[”»》」』"]')

_SCRIPTS = {
    "han": re.compile(rf"[{HAN}]"),
    "kana": re.compile("[\u3040-\u30ff]"),
    "arabic": re.compile("[\u0620-\u064a\u0671-\u06d3]"),
    "devanagari": re.compile("[\u0904-\u0939\u0958-\u0961]"),
    "latin": re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "other": re.compile("[\u0370-\u058f\u05d0-\u05ea\u0980-\u109f\u10a0-\u10ff\u1780-\u17ff\uac00-\ud7af]"),
}


def script_of(text: str) -> str:
    """The script of most of a text's letters: han, kana, arabic, devanagari, latin or other.

    A character of Chinese or Japanese weighs as three letters, since a word has fewer of them.
    """
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS.items()}
    if counts["kana"] * 10 > counts["han"]:
        counts["kana"] += counts["han"]
        counts["han"] = 0
    counts["han"], counts["kana"] = 3 * counts["han"], 3 * counts["kana"]
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else "other"


def places_alone(text: str, term: str, small: Set[str]) -> list[int]:
    """Where a term stands in a text and not within a longer word.

    Where a term of Chinese ends cannot be seen: it counts where what is on one side of it is no Chinese character, or
    one of the small words.
    """
    places: list[int] = []
    place = text.find(term)
    while place >= 0:
        before, after = text[place - 1 : place], text[place + len(term) : place + len(term) + 1]
        if _is_han(term[0]) or _is_han(term[-1]):
            alone = any(not _is_han(side) or side in small for side in (before, after))
        else:
            alone = not _is_spaced(before) and not _is_spaced(after)
        if alone:
            places.append(place)
        place = text.find(term, place + len(term))
    return places


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def _is_spaced(character: str) -> bool:
    """Whether a character is a part of a word, of a script that puts spaces between words."""
    letter = character.isalnum() or unicodedata.category(character or " ") in {"Mn", "Mc"}
    return letter and not _is_han(character)


def quoted_terms(text: str) -> list[str]:
    """What stands between quotation marks in 2 to 40 characters, without punctuation at its ends."""
    return [term for match in QUOTED.finditer(text) if (term := match[1].strip(" ,.;:!?،؛。，、"))]


def in_one_line(text: str) -> str:
    """The text without line breaks and repeated spaces."""
    return " ".join(text.split())
