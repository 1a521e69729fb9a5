"""What every way to search offers."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining.search import Found


class Searcher(Protocol):
    """Finds texts of a corpus for queries that are given by their numbers."""

    @property
    def key(self) -> str:
        """Names all that decides what is found."""

    def search(self, start: int, stop: int, depth: int, known: NDArray[np.int64]) -> tuple[Found, NDArray[np.float64]]:
        """The best `depth` texts of the corpus for queries `start` to `stop`, and the scores of `known` texts.

        `known`: numbers [queries, n], NONE where there are no more; their scores have the same shape, NaN there.
        """
