"""What is mined: queries, the corpus, and which texts of it must never be a query's negatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lacoskit.errors import DataError
from lacoskit.mining import texts
from lacoskit.mining.queries import Query, sha256
from lacoskit.mining.search import NONE
from lacoskit.mining.texts import NOWHERE, Texts, corpus_texts, open_texts, write_texts

NAMES = ("queries", "corpus", "elsewhere")
EMPTY = "empty"


@dataclass(frozen=True)
class Collection:
    """Queries, the corpus, and positives that are not in the corpus.

    A text's number is that in the corpus; those of `elsewhere` go on from there.
    """

    queries: Sequence[Query]
    query_texts: Texts
    corpus: Texts
    elsewhere: Texts
    empty: int
    """Rows of the corpus without a text."""

    @property
    def sha256(self) -> str:
        """Of everything in it."""
        return " ".join([sha256(self.queries), self.corpus.sha256, self.elsewhere.sha256])

    def text(self, number: int) -> str:
        """A text of the corpus, or a positive that is not in it."""
        own = len(self.corpus)
        return self.corpus[number] if number < own else self.elsewhere[number - own]

    def positives(self, start: int, stop: int) -> NDArray[np.int64]:
        """The numbers [queries, most of any] of the positives of queries `start` to `stop`; NONE where are no more."""
        numbers = [[self._number(text) for text in query.positives] for query in self.queries[start:stop]]
        padded = np.full((len(numbers), max(map(len, numbers), default=0)), NONE, np.int64)
        for row, own in zip(padded, numbers, strict=True):
            row[: len(own)] = own
        return padded

    def themselves(self, start: int, stop: int) -> NDArray[np.int64]:
        """The numbers [queries] that the queries' own texts have in the corpus; NONE of those that are not in it."""
        keys = (texts.key_of(query.text) for query in self.queries[start:stop])
        return np.array([self.corpus.number(key) for key in keys], np.int64)

    def _number(self, text: str) -> int:
        key = texts.key_of(text)
        number = self.corpus.number(key)
        if number != NOWHERE:
            return number
        return len(self.corpus) + self.elsewhere.number(key)


def write_collection(queries: Sequence[Query], files: Sequence[Path], columns: Sequence[str], folder: Path) -> None:
    """Write the texts to a folder, for `open_collection`; without files, all positives are the corpus.

    A DataError if there are no queries or no corpus.
    """
    if not queries:
        raise DataError("queries: there are no examples")
    folder.mkdir(parents=True)
    empty: list[str] = []
    positives = (text for query in queries for text in query.positives)
    write_texts((query.text for query in queries), folder / NAMES[0])
    write_texts(corpus_texts(files, columns, empty) if files else positives, folder / NAMES[1])
    corpus = open_texts(folder / NAMES[1])
    if not len(corpus):
        raise DataError("corpus: there is no text in it; name other files, or other columns (columns)")
    missing = (text for text in positives if corpus.number(texts.key_of(text)) == NOWHERE) if files else ()
    write_texts(missing, folder / NAMES[2])
    (folder / EMPTY).write_text(str(len(empty)), encoding="utf-8")


def open_collection(queries: Sequence[Query], folder: Path) -> Collection:
    """Open what `write_collection` has written of these queries."""
    query_texts, corpus, elsewhere = (open_texts(folder / name) for name in NAMES)
    empty = int((folder / EMPTY).read_text(encoding="utf-8"))
    return Collection(queries, query_texts, corpus, elsewhere, empty)
