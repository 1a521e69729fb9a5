"""Search by words (BM25, through bm25s), in any script."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Signs above, below and after letters are no letters for Python: a word of Hindi would end at each vowel.
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963"
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_TOKEN = re.compile(rf"[{_UNSPACED}]+|(?:(?![{_UNSPACED}])[\w{_MARKS}])+")


def tokens(text: str) -> list[str]:
    """The words of a text without case; of scripts without spaces, every two characters that stand side by side."""
    found: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        if re.match(f"[{_UNSPACED}]", run) and len(run) > 1:
            found += [run[start : start + 2] for start in range(len(run) - 1)]
        else:
            found.append(run)
    return found


class Bm25:
    """An index of texts (Robertson's BM25 in the variant of Lucene, k1 1.5, b 0.75)."""

    tie = 0.0

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        self.count = len(texts)
        self.index: Any = bm25s.BM25()
        self.index.index([tokens(text) or [""] for text in texts], show_progress=False)

    def scores(self, queries: Sequence[str]) -> NDArray[np.float32]:
        """Return the scores of all texts, float32 [queries, texts]; 0 where no word is shared."""
        rows = [self._row(tokens(query)) for query in queries]
        return np.stack(rows).astype(np.float32, copy=False)

    def _row(self, words: list[str]) -> NDArray[np.float32]:
        if not words:
            return np.zeros(self.count, np.float32)
        found: NDArray[np.float32] = self.index.get_scores(words)
        return found
