"""Texts as token ids: tokenised once, kept one after the other, and cut by length into chunks that pad little."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 2048
"""Texts given to the tokenizer at once."""


CPU_TOKENS = 1024
"""Token positions that a CPU computes at once: what its caches hold, which is over twice as fast as more."""


@dataclass(frozen=True)
class TokenTable:
    """The token ids of many texts, one after the other: ids int32 [tokens], offsets int64 [texts + 1]."""

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    truncated: int = 0
    """How many of the texts were longer than the limit and have been cut."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text."""
        return np.diff(self.offsets)

    def row(self, index: int) -> NDArray[np.int32]:
        """The ids of one text."""
        return self.ids[self.offsets[index] : self.offsets[index + 1]]


def tokenize(tokenizer: Any, texts: Sequence[str], max_length: int, prompt: str = "") -> TokenTable:
    """Tokenise texts with their prompt and special tokens, cutting those over `max_length` tokens."""
    rows: list[list[int]] = []
    truncated = 0
    for start in range(0, len(texts), CHUNK):
        chunk = [prompt + text for text in texts[start : start + CHUNK]]
        encoded = tokenizer(chunk, return_attention_mask=False, verbose=False)["input_ids"]
        long = [i for i, row in enumerate(encoded) if len(row) > max_length]
        if long:
            cut = tokenizer(
                [chunk[i] for i in long], truncation=True, max_length=max_length, return_attention_mask=False
            )
            for i, row in zip(long, cut["input_ids"], strict=True):
                encoded[i] = row
            truncated += len(long)
        rows += encoded
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    ids = np.fromiter((token for row in rows for token in row), np.int32, count=int(offsets[-1]))
    return TokenTable(ids, offsets, truncated)


def chunks_by_length(lengths: NDArray[np.int64], tokens: int) -> Iterator[NDArray[np.int64]]:
    """Cut the texts that have tokens, longest first, into chunks of at most `tokens` positions once padded.

    Yields the numbers of a chunk's texts, int64. A text that is longer than `tokens` has a chunk to itself.
    """
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    while len(order):
        size = max(1, tokens // int(lengths[order[0]]))
        yield order[:size]
        order = order[size:]
