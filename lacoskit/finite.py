"""Vectors that are no numbers, found before anything is made of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lacoskit.errors import LacoskitError


def finite(vectors: NDArray[np.float32], texts: Sequence[str], model: str) -> NDArray[np.float32]:
    """The vectors [texts, dimensions] as they are; a LacoskitError names a text whose vector is not finite.

    A cosine that is no number would be neither above nor below any other, and no ranking would show it.
    """
    good = np.isfinite(vectors).all(axis=1)
    if not good.all():
        bad = texts[int(good.argmin())]
        raise LacoskitError(f"{model} gives a vector that is not finite for {bad[:100]!r}; try another dtype")
    return vectors
