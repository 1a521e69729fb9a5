"""Search by words (BM25, through bm25s) among texts in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining.bm25 import words


class Bm25:
    """An index of texts (Robertson's BM25 in the variant of Lucene, k1 1.5, b 0.75)."""

    tie = 0.0

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        self.count = len(texts)
        self.index: Any = bm25s.BM25()
        self.index.index([words(text) or [""] for text in texts], show_progress=False)

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all texts, float32 [queries, texts]; 0 where no word is shared."""
        rows = [self._row(words(query)) for query in queries]
        return np.stack(rows).astype(np.float32, copy=False)

    def _row(self, asked: list[str]) -> NDArray[np.float32]:
        if not asked:
            return np.zeros(self.count, np.float32)
        found: NDArray[np.float32] = self.index.get_scores(asked)
        return found
