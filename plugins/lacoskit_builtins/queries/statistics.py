"""How often words occur in a corpus, and how they are written there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from lacoskit_builtins.queries.text import HAN_RUN, WORD

COUNTED = 20_000
"""Documents that are counted, at even distances in a larger corpus: time and memory have a bound."""
CLEARLY = 10
"""How many times as often a name is written with a capital as small."""
LONGEST_TERM = 6
"""Characters of a Chinese term."""


@dataclass
class Statistics:
    """Of words in lower case; of Chinese, of runs of 2 to 6 characters that a document holds more than once."""

    documents: int = 0
    holding: Counter[str] = field(default_factory=Counter)
    """In how many documents a word occurs."""
    small: Counter[str] = field(default_factory=Counter)
    """How often it is written small within a sentence."""
    capital: Counter[str] = field(default_factory=Counter)
    """How often it is written with a capital within a sentence."""

    @classmethod
    def of(cls, texts: Sequence[str]) -> Statistics:
        """Count the words of texts."""
        counted = cls()
        step = max(1, -(-len(texts) // COUNTED))
        for text in texts[::step]:
            counted._add(text)
        return counted

    def _add(self, text: str) -> None:
        self.documents += 1
        seen = set(repeated_runs(text))
        for match in WORD.finditer(text):
            word = match.group()
            seen.add(word.lower())
            before = text[: match.start()].rstrip(" ")[-1:]
            if before.isalnum() or before in {",", ";"}:  # not after a full stop, a colon or a quotation mark
                (self.capital if word[0].isupper() else self.small)[word.lower()] += 1
        self.holding.update(seen)

    def rarity(self, word: str) -> float:
        """The inverse document frequency, log(1 + documents / documents that hold the word): never 0."""
        return math.log(1 + self.documents / max(1, self.holding[word.lower()]))

    def is_name(self, word: str) -> bool:
        """Whether the corpus writes a word with a capital where any other would be small."""
        low = word.lower()
        return self.capital[low] > 0 and self.capital[low] >= CLEARLY * self.small[low]


def repeated_runs(text: str) -> dict[str, int]:
    """The runs of 2 to 6 Chinese characters that occur more than once in a text, with their counts."""
    counts: Counter[str] = Counter()
    for run in HAN_RUN.findall(text):
        for length in range(2, LONGEST_TERM + 1):
            counts.update(run[start : start + length] for start in range(len(run) - length + 1))
    return {term: count for term, count in counts.items() if count > 1}
