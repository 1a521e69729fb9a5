"""What a language gives to the writing of queries: phrases with gaps, and the words that finders need to know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Script = Literal["latin", "han", "arabic", "devanagari"]


def words(text: str) -> frozenset[str]:
    """A set of words from a text of them."""
    return frozenset(text.split())


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """The phrases of one language; what fills a gap stands where it needs no article, case or agreement."""

    code: str
    script: Script
    title: tuple[str, ...]
    """With {title}."""
    entity: tuple[str, ...]
    """With {entity}."""
    two_entities: tuple[str, ...]
    """With {entity} and {other}."""
    year: tuple[str, ...]
    """With {entity} and {year}."""
    gap_name: tuple[str, ...]
    """With {sentence}, from which a name or term has been taken."""
    gap_number: tuple[str, ...]
    """With {sentence}, from which a number has been taken."""
    function_words: frozenset[str]
    """Frequent small words, in lower case (Chinese: characters), by which the language is known and terms end."""
    keywords: Literal["words", "terms"] = "words"
    """Whether the words of a text, or only the terms found in it, are what one would type into a search: a word between
    spaces is a syllable in Vietnamese, and in Arabic and Hindi it may be a verb or hold other words."""
    connectors: frozenset[str] = frozenset()
    """What may stand within a name in lower case, `_` for a space: Isla *de_la* Juventud."""
    not_names: frozenset[str] = frozenset()
    """Words with a capital that are no name alone: months, weekdays, pronouns, adjectives of nations."""
    abbreviations: frozenset[str] = frozenset()
    """In lower case, without their last full stop, which does not end a sentence."""
    instruction: str
    """Asks a language model for one question, in this language."""
    question: str
    """What stands before the question that a language model is to write."""
