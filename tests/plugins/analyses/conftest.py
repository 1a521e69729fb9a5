"""Models without weights, of which it is known what an analysis has to find."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray


class Known:
    """Gives each text the unit vector that a function makes of it, and the same after each of three layers."""

    def __init__(self, vector: Callable[[str], Any]) -> None:
        self.vector = vector

    def __call__(self, texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        vectors = np.array([self.vector(text) for text in texts], np.float64)
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def layers(self, texts: Sequence[str], role: str | None) -> NDArray[np.float32]:
        return np.stack([self(texts, role)] * 4)


def by_chance(text: str) -> NDArray[np.float64]:
    return np.random.default_rng(list(text.encode())).normal(size=24)


@pytest.fixture
def random_model() -> Known:
    """A vector by chance for each text."""
    return Known(by_chance)


@pytest.fixture
def constant_model() -> Known:
    """The same vector for all texts."""
    return Known(lambda text: np.ones(24))


@pytest.fixture
def known() -> type[Known]:
    return Known
