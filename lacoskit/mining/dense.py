"""Search by vectors: queries and corpus encoded once, then compared, exactly or by faiss."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining import blocks, search
from lacoskit.mining.collection import Collection
from lacoskit.mining.search import NONE, Found
from lacoskit.mining.vectors import Encoding
from lacoskit.models import TextModel

Numbers = Callable[[NDArray[Any], int], NDArray[np.int64]]
"""From queries [queries, dimensions] and a depth to the numbers [queries, up to depth] of candidates."""


@dataclass(frozen=True)
class Dense:
    """A searcher by vectors, once all are on the disk."""

    queries: NDArray[Any]
    corpus: NDArray[Any]
    elsewhere: NDArray[Any]
    numbers: Numbers
    key: str

    def search(self, start: int, stop: int, depth: int, known: NDArray[np.int64]) -> tuple[Found, NDArray[np.float64]]:
        """As Searcher says."""
        queries = np.array(self.queries[start:stop], np.float32)
        candidates = self.numbers(queries, depth + search.SLACK)
        return search.rank(queries, self.corpus, candidates, depth), self._scores(queries, known)

    def _scores(self, queries: NDArray[Any], known: NDArray[np.int64]) -> NDArray[np.float64]:
        own = len(self.corpus)
        inside = search.dots(queries, self.corpus, np.where((known >= 0) & (known < own), known, 0))
        outside = search.dots(queries, self.elsewhere, np.where(known >= own, known - own, 0))
        scores = np.where(known < own, inside, outside)
        scores[known == NONE] = np.nan
        return scores


def encodings(collection: Collection, model: TextModel, dtype: str, cache: Path) -> tuple[Encoding, ...]:
    """What has to be encoded: queries, corpus, and positives that are not in it."""
    return (
        Encoding(collection.query_texts, "query", model, dtype, cache),
        Encoding(collection.corpus, "document", model, dtype, cache),
        Encoding(collection.elsewhere, "document", model, dtype, cache),
    )


def begin(encoded: Sequence[Encoding]) -> None:
    """Make the files of vectors, before all processes fill them; in one process."""
    for encoding in encoded:
        encoding.begin()


def finish(encoded: Sequence[Encoding], how: str, cache: Path) -> None:
    """Finish the files, and write what a way to search (the option `search`) needs beside them; in one process."""
    for encoding in encoded:
        encoding.finish()
    index = _index_file(encoded, cache)
    if how != "faiss-ivf":
        return
    blocks.use(index.parent)
    if not index.exists():
        from lacoskit.mining import faiss_search

        faiss_search.write_clusters(encoded[1].open(), index)


def open_vectors(encoded: Sequence[Encoding], how: str, cache: Path, device: str) -> Dense:
    """The searcher over vectors that are all on the disk."""
    queries, corpus, elsewhere = (encoding.open() for encoding in encoded)
    key = blocks.key_of("dense", how, [encoding.key for encoding in encoded])
    return Dense(queries, corpus, elsewhere, _numbers(corpus, how, _index_file(encoded, cache), device), key)


def _index_file(encoded: Sequence[Encoding], cache: Path) -> Path:
    return cache / "faiss" / encoded[1].key / "ivf.index"


def _numbers(corpus: NDArray[Any], how: str, index: Path, device: str) -> Numbers:
    if how == "exact":
        return lambda queries, depth: search.stream(queries, corpus, depth, device)
    from lacoskit.mining import faiss_search

    return faiss_search.flat(corpus) if how == "faiss-flat" else faiss_search.clustered(index)
