"""Texts of any script cut into words.

Words are runs of letters, marks and digits, without regard to case. Scripts that put no spaces between words, or whose
words change by what is written onto them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan), go by pairs
of neighbouring characters, as Lucene's analyser for them does.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from functools import cache

UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, kana, Hangul and Han."""

VERSION = 1
"""Of the way in which texts are cut into words: a part of the key of all that is kept and made of words."""


def words_of(text: str) -> list[str]:
    """The words of a text in their order, casefolded and in NFKC; those of scripts without spaces are pairs."""
    found: list[str] = []
    for run in _runs().finditer(unicodedata.normalize("NFKC", text).casefold()):
        part = run.group()
        pairs = run.lastgroup == "unspaced" and len(part) > 1
        found += [part[i : i + 2] for i in range(len(part) - 1)] if pairs else [part]
    return found


@cache
def _runs() -> re.Pattern[str]:
    """What finds words: `\\w` has no combining marks, without which the words of Indic scripts fall apart."""
    spans: list[list[int]] = []
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code))[0] in "LMN":
            if spans and spans[-1][1] == code - 1:
                spans[-1][1] = code
            else:
                spans.append([code, code])
    letters = "".join(f"{chr(first)}-{chr(last)}" for first, last in spans)
    return re.compile(f"(?P<unspaced>(?:(?=[{UNSPACED}])[{letters}])+)|(?P<word>(?:(?![{UNSPACED}])[{letters}])+)")
