"""Scores of a cross-encoder, which reads query and text together, for candidates that a faster model has found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.errors import LacoskitError
from lacoskit.mining.search import DIGITS
from lacoskit.models import fingerprint


class Rescorer:
    """A cross-encoder of sentence-transformers; its scores are those of its own `predict`."""

    def __init__(self, reference: str, batch_size: int) -> None:
        import torch
        from sentence_transformers import CrossEncoder

        folder = Path(reference).expanduser()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            source = str(folder) if folder.is_dir() else reference
            self.model: Any = CrossEncoder(source, device=device, trust_remote_code=False)
        except (OSError, ValueError) as error:
            told = " ".join(str(error).split())
            raise LacoskitError(f"rescore: {reference}: sentence-transformers cannot open it: {told}") from error
        self.batch_size = batch_size
        about = {"modules": repr(self.model), "length": self.model.max_length}
        self.fingerprint = fingerprint(self.model, self.model.tokenizer, about)

    def scores(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float64]:
        """The score of each query with its text, [pairs]."""
        if not pairs:
            return np.zeros(0)
        scores = self.model.predict(list(pairs), batch_size=self.batch_size, show_progress_bar=False)
        if np.ndim(scores) != 1:
            raise LacoskitError(
                f"rescore: the model gives {np.shape(scores)[1]} figures a pair; use one that gives one"
            )
        rounded: NDArray[np.float64] = np.asarray(scores, np.float64).round(DIGITS) + 0.0
        return rounded
