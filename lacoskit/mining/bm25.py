"""Search by words: BM25 (Robertson and Zaragoza 2009, as Lucene computes it) of the library bm25s."""

from __future__ import annotations

import importlib.metadata
import logging
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining import blocks
from lacoskit.mining.collection import Collection
from lacoskit.mining.search import DIGITS, NONE, Found
from lacoskit.storage import UNFINISHED
from lacoskit.words import VERSION, words_of

log = logging.getLogger("lacoskit.mine")


@dataclass(frozen=True)
class Index:
    """What bm25s keeps of texts (k1 1.5, b 0.75)."""

    kept: Any

    @classmethod
    def of(cls, texts: Iterable[str]) -> Index:
        """The index of texts, in memory."""
        import bm25s

        known: dict[str, int] = {}
        ids = [[known.setdefault(word, len(known)) for word in words_of(text)] for text in texts]
        kept = bm25s.BM25(method="lucene")
        kept.index((ids, known or {"": 0}), show_progress=False)
        return cls(kept)

    @classmethod
    def opened(cls, folder: Path) -> Index:
        """One that is on the disk, memory-mapped."""
        import bm25s

        return cls(bm25s.BM25.load(str(folder), mmap=True, show_progress=False))

    def save(self, folder: Path) -> None:
        """Write it to a folder."""
        self.kept.save(str(folder), show_progress=False)

    def scores(self, query: str) -> NDArray[np.float32]:
        """The scores of all texts, float32 [texts]; 0 where no word is shared."""
        ids = [number for word in words_of(query) if (number := self.kept.vocab_dict.get(word)) is not None]
        scores = self.kept.get_scores_from_ids(ids) if ids else np.zeros(self.kept.scores["num_docs"])
        return np.asarray(scores, np.float32)


@dataclass(frozen=True)
class Bm25:
    """A searcher by words."""

    collection: Collection
    index: Index
    key: str

    def search(self, start: int, stop: int, depth: int, known: NDArray[np.int64]) -> tuple[Found, NDArray[np.float64]]:
        """As Searcher says. Texts that share no word with a query are none of its candidates."""
        numbers = np.full((stop - start, depth), NONE, np.int64)
        best = np.full((stop - start, depth), -np.inf)
        of_known = np.full(known.shape, np.nan)
        for row, query in enumerate(self.collection.queries[start:stop]):
            scores = self.index.scores(query.text).astype(np.float64).round(DIGITS)
            chosen = _highest(scores[: len(self.collection.corpus)], depth)
            numbers[row, : len(chosen)], best[row, : len(chosen)] = chosen, scores[chosen]
            there = known[row] != NONE
            of_known[row, there] = scores[known[row, there]]
        return (numbers, best), of_known


def entry_of(collection: Collection, folder: Path) -> Path:
    """Where the index of a collection is kept."""
    parts = (collection.corpus.sha256, collection.elsewhere.sha256, VERSION, importlib.metadata.version("bm25s"))
    return folder / "bm25" / blocks.key_of("bm25", *parts)


def write_index(collection: Collection, entry: Path) -> None:
    """Write the index of corpus and positives elsewhere, if it is not there whole."""
    if entry.is_dir():
        try:
            Index.opened(entry)
        except (OSError, ValueError, KeyError, EOFError) as error:
            log.warning("%s is damaged (%s) and is made again", entry, error)
            shutil.rmtree(entry)
        else:
            blocks.use(entry)
            return
    unfinished = entry.with_name(UNFINISHED + entry.name)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    Index.of(_all(collection)).save(unfinished)
    unfinished.rename(entry)


def open_index(collection: Collection, entry: Path) -> Bm25:
    """The searcher over an index that is on the disk, memory-mapped."""
    return Bm25(collection, Index.opened(entry), entry.name)


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
