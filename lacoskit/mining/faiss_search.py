"""Candidates by faiss: exact, or among the clusters that are nearest to a query, for corpora too large for all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.storage import UNFINISHED, sync

BLOCK = 65_536
"""Vectors that are added to an index at once."""

TRAINED_ON = 64
"""Vectors a cluster from which the clusters are learned."""

LOOKED_AT = 16
"""One in so many clusters is looked at for a query."""


def flat(corpus: NDArray[Any]) -> Callable[[NDArray[Any], int], NDArray[np.int64]]:
    """Search all vectors [texts, dimensions], which are held in memory."""
    import faiss

    index = faiss.IndexFlatIP(corpus.shape[1])
    _add(index, corpus)
    return lambda queries, depth: _search(index, queries, depth)


def clustered(path: Path) -> Callable[[NDArray[Any], int], NDArray[np.int64]]:
    """Search an index that `write_clusters` has written."""
    import faiss

    index: Any = faiss.read_index(str(path))
    index.nprobe = max(1, index.nlist // LOOKED_AT)
    return lambda queries, depth: _search(index, queries, depth)


def write_clusters(corpus: NDArray[Any], path: Path) -> None:
    """Write an index of about 4 sqrt(texts) clusters; the same vectors give the same clusters."""
    import faiss

    count, dimensions = corpus.shape
    clusters = max(1, min(int(4 * count**0.5), count // TRAINED_ON))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimensions), dimensions, clusters, faiss.METRIC_INNER_PRODUCT)
    chosen = np.sort(np.random.default_rng(0).permutation(count)[: clusters * TRAINED_ON])
    index.train(np.array(corpus[chosen], np.float32))
    _add(index, corpus)
    unfinished = path.with_name(UNFINISHED + path.name)
    faiss.write_index(index, str(unfinished))
    sync(unfinished)
    unfinished.replace(path)


def _add(index: Any, corpus: NDArray[Any]) -> None:
    for start in range(0, len(corpus), BLOCK):
        index.add(np.array(corpus[start : start + BLOCK], np.float32))


def _search(index: Any, queries: NDArray[Any], depth: int) -> NDArray[np.int64]:
    """The numbers that faiss finds; -1, which it writes where it finds no more, is NONE."""
    return np.asarray(index.search(queries, min(depth, index.ntotal))[1], np.int64)
