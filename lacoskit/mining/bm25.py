"""Search by words: BM25 (Robertson and Zaragoza 2009, as Lucene computes it) of the library bm25s.

Words are runs of letters, marks and digits, without regard to case. Scripts that put no spaces between words, or whose
words change by what is written onto them (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan), go by pairs
of neighbouring characters, as Lucene's analyser for them does.
"""

from __future__ import annotations

import re
import shutil
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining import blocks
from lacoskit.mining.collection import Collection
from lacoskit.mining.search import DIGITS, NONE, Found
from lacoskit.storage import UNFINISHED

UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, kana, Hangul and Han."""

VERSION = 1
"""Of the way in which texts are cut into words."""


def words(text: str) -> list[str]:
    """The words of a text as BM25 counts them."""
    found: list[str] = []
    for run in _runs().finditer(unicodedata.normalize("NFKC", text).casefold()):
        part = run.group()
        pairs = run.lastgroup == "unspaced" and len(part) > 1
        found += [part[i : i + 2] for i in range(len(part) - 1)] if pairs else [part]
    return found


@dataclass(frozen=True)
class Bm25:
    """A searcher by words."""

    collection: Collection
    index: Any
    key: str

    def search(self, start: int, stop: int, depth: int, known: NDArray[np.int64]) -> tuple[Found, NDArray[np.float64]]:
        """As Searcher says. Texts that share no word with a query are none of its candidates."""
        numbers = np.full((stop - start, depth), NONE, np.int64)
        best = np.full((stop - start, depth), -np.inf)
        of_known = np.full(known.shape, np.nan)
        for row, query in enumerate(self.collection.queries[start:stop]):
            scores = self._scores(query.text)
            chosen = _highest(scores[: len(self.collection.corpus)], depth)
            numbers[row, : len(chosen)], best[row, : len(chosen)] = chosen, scores[chosen]
            there = known[row] != NONE
            of_known[row, there] = scores[known[row, there]]
        return (numbers, best), of_known

    def _scores(self, query: str) -> NDArray[np.float64]:
        """Of all texts, of the corpus and elsewhere."""
        ids = [number for word in words(query) if (number := self.index.vocab_dict.get(word)) is not None]
        scores = self.index.get_scores_from_ids(ids) if ids else np.zeros(self.index.scores["num_docs"])
        rounded: NDArray[np.float64] = np.asarray(scores, np.float64).round(DIGITS)
        return rounded


def entry_of(collection: Collection, folder: Path) -> Path:
    """Where the index of a collection is kept."""
    parts = (collection.corpus.sha256, collection.elsewhere.sha256, VERSION)
    return folder / "bm25" / blocks.key_of("bm25", *parts)


def write_index(collection: Collection, entry: Path) -> None:
    """Write the index of corpus and positives elsewhere, if it is not there."""
    if entry.is_dir():
        blocks.use(entry)
        return
    import bm25s

    index = bm25s.BM25(method="lucene")
    ids: list[list[int]] = []
    known: dict[str, int] = {}
    for text in _all(collection):
        ids.append([known.setdefault(word, len(known)) for word in words(text)])
    index.index((ids, known or {"": 0}), show_progress=False)
    unfinished = entry.with_name(UNFINISHED + entry.name)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    index.save(str(unfinished), show_progress=False)
    unfinished.rename(entry)


def open_index(collection: Collection, entry: Path) -> Bm25:
    """The searcher over an index that is on the disk, memory-mapped."""
    import bm25s

    return Bm25(collection, bm25s.BM25.load(str(entry), mmap=True, show_progress=False), entry.name)


def _all(collection: Collection) -> Iterator[str]:
    for texts in (collection.corpus, collection.elsewhere):
        for number in range(len(texts)):
            yield texts[number]


def _highest(scores: NDArray[np.float64], depth: int) -> NDArray[np.int64]:
    """The numbers of up to `depth` scores over 0, the highest first, ties by number."""
    numbers = np.flatnonzero(scores > 0)
    if len(numbers) > depth:
        least = np.partition(scores[numbers], -depth)[-depth]
        numbers = numbers[scores[numbers] >= least]
    return numbers[np.lexsort((numbers, -scores[numbers]))][:depth]


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
