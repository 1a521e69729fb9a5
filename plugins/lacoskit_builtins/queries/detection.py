"""The language of a text, from its script and its small words."""

from __future__ import annotations

from lacoskit_builtins.queries.languages import LANGUAGES
from lacoskit_builtins.queries.text import WORD, script_of

ENOUGH_WORDS = 3
"""Fewer small words do not tell a language."""
ENOUGH_SHARE = 0.12
"""The share of a text's words that have to be small words of its language: in running text a quarter to a half are."""
ENOUGH_LEAD = 1.15
"""How many times as many small words as the next language has."""


def detect_language(text: str) -> str | None:
    """The code of one of LANGUAGES; None where the text is too short, mixed, or in another language.

    Languages of another script are not considered, and Japanese is none of them. Without small words the script alone
    tells Chinese only: others share theirs, as Urdu that of Arabic and Marathi that of Hindi.
    """
    script = script_of(text)
    if script == "han":
        return "zh"
    words = [word.lower() for word in WORD.findall(text)]
    counts = {
        code: sum(word in phrases.function_words for word in words)
        for code, phrases in LANGUAGES.items()
        if phrases.script == script
    }
    if not counts:
        return None
    best, *others = sorted(counts, key=lambda code: -counts[code])
    second = counts[others[0]] if others else 0
    enough = counts[best] >= ENOUGH_WORDS and counts[best] >= ENOUGH_SHARE * len(words)
    return best if enough and counts[best] >= ENOUGH_LEAD * second else None
