"""Round trip: at which rank does a query find the document that it was written for, among all documents?"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import Document, Pair
from lacoskit.generation.config import Filter
from lacoskit.mining.bm25 import Index
from lacoskit.mining.config import BM25
from lacoskit.models import TextModel, encoded, open_model

CELLS = 2**24
"""Scores in memory at once: 64 MiB."""
WINDOW = 4096
"""Texts that are encoded between two writes."""


class Search(Protocol):
    """Scores texts for queries."""

    @property
    def tie(self) -> float:
        """Scores that are no further apart count as equal."""

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 [queries, texts]."""


@dataclass(frozen=True)
class Words:
    """Search by words (BM25)."""

    index: Index
    tie: float = 0.0

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all texts, float32 [queries, texts]."""
        return np.stack([self.index.scores(query) for query in queries])


@dataclass(frozen=True)
class Vectors:
    """Search by the cosines of vectors, which are on the disk and mapped into memory."""

    model: TextModel
    vectors: NDArray[np.float32]
    tie: float = 1e-6
    """Of float32: how a sum is rounded depends on the shape of what is multiplied."""

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return the cosines with all texts, float32 [queries, texts]."""
        found: NDArray[np.float32] = encoded(self.model, queries, "query") @ self.vectors.T
        return found


def round_trip(
    pairs: Sequence[Pair], documents: Sequence[Document], options: Filter, advance: Callable[[int], None]
) -> NDArray[np.int64]:
    """The rank of each pair's text for its query, among all documents, from 1; `advance` is told of progress.

    A text that is a document without its first sentence takes the place of the whole document.
    """
    texts = list(dict.fromkeys([*(document.text for document in documents), *(pair.text for pair in pairs)]))
    if options.model == BM25:
        return ranks(Words(Index.of(texts)), pairs, documents, texts, advance)
    model = open_model(options.model)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vectors.npy"
        shape = (len(texts), model.dimensions)
        vectors = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        for start in range(0, len(texts), WINDOW):
            vectors[start : start + WINDOW] = encoded(model, texts[start : start + WINDOW], "document")
        return ranks(Vectors(model, vectors), pairs, documents, texts, advance)


def ranks(
    search: Search,
    pairs: Sequence[Pair],
    documents: Sequence[Document],
    texts: Sequence[str],
    advance: Callable[[int], None],
) -> NDArray[np.int64]:
    """One more than the other documents that score at least as high; the documents are the first of the texts.

    A document that cannot be told from its rival is not found, so the order of the documents makes no difference.
    """
    place = {text: number for number, text in enumerate(texts)}
    own_document = {document.id: number for number, document in enumerate(documents)}
    found = np.empty(len(pairs), np.int64)
    step = max(1, min(1024, CELLS // len(texts)))
    for start in range(0, len(pairs), step):
        block = pairs[start : start + step]
        rows = np.arange(len(block))
        scores = search.scores([pair.query for pair in block])
        own = scores[rows, [place[pair.text] for pair in block]]
        rivals = scores[:, : len(documents)] >= own[:, None] - search.tie
        rivals[rows, [own_document[pair.document] for pair in block]] = False
        found[start : start + step] = 1 + rivals.sum(axis=1)
        advance(len(block))
    return found
