"""Texts as token ids: tokenised once, kept one after the other, and cut by length into chunks that pad little."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 2048
"""Texts given to the tokenizer at once, which shares them among its threads."""


AT_ONCE = {"cpu": 2_048, "cuda": 32_768}
"""Token positions that a device computes at once, of texts sorted by length.

Enough for all of it to be busy, little enough for a CPU's caches, and for texts of similar length to pad little.
"""


class Part(NamedTuple):
    """Texts one after the other; every array may be memory-mapped."""

    ids: NDArray[np.int32]
    """int32 [tokens]"""
    offsets: NDArray[np.int64]
    """int64 [texts + 1]: where each text begins and ends, from 0 on."""
    hashes: NDArray[np.int64] | None = None
    """int64 [texts], as `hashes_of` makes them; None where nobody asked for them."""


class TokenTable:
    """The token ids of many texts, one after the other, in one array or in several parts.

    ids, offsets, hashes: as of a `Part`. truncated: how many of the texts were longer than the limit and have been cut.
    """

    def __init__(
        self,
        ids: NDArray[np.int32],
        offsets: NDArray[np.int64],
        truncated: int = 0,
        hashes: NDArray[np.int64] | None = None,
    ) -> None:
        self._hold([Part(ids, offsets, hashes)], truncated)

    @classmethod
    def chained(cls, tables: Iterable[TokenTable]) -> TokenTable:
        """The texts of several tables, one table after the other; nothing is copied."""
        tables = list(tables)
        table = cls(np.zeros(0, np.int32), np.zeros(1, np.int64), hashes=np.zeros(0, np.int64))
        if tables:
            table._hold([part for each in tables for part in each.parts], sum(each.truncated for each in tables))
        return table

    def _hold(self, parts: Sequence[Part], truncated: int) -> None:
        self.parts = tuple(parts)
        self.truncated = truncated
        self._first_texts = np.cumsum([0, *(len(part.offsets) - 1 for part in parts)])

    def __len__(self) -> int:
        return int(self._first_texts[-1])

    @property
    def tokens(self) -> int:
        """Tokens of all texts."""
        return sum(len(part.ids) for part in self.parts)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text, int64 [texts], counted at each call."""
        return np.concatenate([np.diff(part.offsets) for part in self.parts])

    def row(self, index: int) -> NDArray[np.int32]:
        """The ids of one text, int32 [its tokens], not copied; an IndexError if there is no such text."""
        if not 0 <= index < len(self):
            raise IndexError(f"no text {index} in a table of {len(self)}")
        number = int(np.searchsorted(self._first_texts, index, "right")) - 1
        ids, offsets, _ = self.parts[number]
        place = index - self._first_texts[number]
        return ids[offsets[place] : offsets[place + 1]]

    def gather(self, texts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Copy texts, in the order asked for: ids int32 [tokens], lengths int64 [texts]; an IndexError as for `row`."""
        texts = np.asarray(texts, np.int64)
        touched = self._parts_of(texts)
        begins, lengths = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.int64)
        for number, here in touched:
            offsets = self.parts[number][1]
            places = texts[here] - self._first_texts[number]
            begins[here] = offsets[places]
            lengths[here] = offsets[places + 1] - begins[here]
        if len(touched) == 1:
            return self.parts[touched[0][0]][0][spans(begins, lengths)], lengths
        gathered = np.empty(int(lengths.sum()), np.int32)
        targets = np.cumsum(lengths) - lengths
        for number, here in touched:
            gathered[spans(targets[here], lengths[here])] = self.parts[number][0][spans(begins[here], lengths[here])]
        return gathered, lengths

    def hashes(self, texts: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """The hashes of texts, int64 [texts], in the order asked for; None if the table has none."""
        texts = np.asarray(texts, np.int64)
        found = np.zeros(len(texts), np.int64)
        for number, here in self._parts_of(texts):
            hashes = self.parts[number].hashes
            if hashes is None:
                return None
            found[here] = hashes[texts[here] - self._first_texts[number]]
        return found

    def _parts_of(self, texts: NDArray[np.int64]) -> list[tuple[int, NDArray[np.bool_]]]:
        """The parts that hold some of the texts, and which."""
        if len(texts) and not (texts.min() >= 0 and texts.max() < len(self)):
            raise IndexError(f"a text outside of 0..{len(self) - 1}")
        part_of = np.searchsorted(self._first_texts, texts, "right") - 1
        return [(int(number), part_of == number) for number in np.unique(part_of)]

    def merged(self) -> TokenTable:
        """The same texts copied into one part."""
        offsets = np.zeros(len(self) + 1, np.int64)
        np.cumsum(self.lengths, out=offsets[1:])
        hashes = [part.hashes for part in self.parts if part.hashes is not None]
        return TokenTable(
            np.concatenate([part.ids for part in self.parts]),
            offsets,
            self.truncated,
            np.concatenate(hashes) if len(hashes) == len(self.parts) else None,
        )


def spans(begins: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers from each of `begins` on, as many as its length says: begins 5, 1 and lengths 2, 3 give 5 6 1 2 3."""
    ends = np.cumsum(lengths)
    return np.repeat(begins - ends + lengths, lengths) + np.arange(ends[-1] if len(ends) else 0)


def hashes_of(texts: Sequence[str]) -> NDArray[np.int64]:
    """Numbers, int64 [texts], that are equal where texts are: 64 bits of BLAKE2b."""
    digests = (blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(b"".join(digests), "<i8").astype(np.int64)


def tokenize(tokenizer: Any, texts: Sequence[str], max_length: int, prompt: str = "") -> TokenTable:
    """Tokenise texts with their prompt and special tokens, cutting those over `max_length` tokens.

    A fast tokenizer does it in threads of its own, as many as there are cores or as RAYON_NUM_THREADS says.
    """
    tables = []
    for start in range(0, len(texts), CHUNK):
        chunk = [prompt + text for text in texts[start : start + CHUNK]]
        tables.append(_chunk(tokenizer, chunk, max_length))
    return TokenTable.chained(tables).merged()


def _chunk(tokenizer: Any, texts: list[str], max_length: int) -> TokenTable:
    rows, truncated = (_cut_by_backend if tokenizer.is_fast else _cut_afterwards)(tokenizer, texts, max_length)
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    return TokenTable(np.fromiter(chain.from_iterable(rows), np.int32, count=int(offsets[-1])), offsets, truncated)


def _cut_by_backend(tokenizer: Any, texts: list[str], max_length: int) -> tuple[list[list[int]], int]:
    """Rows of ids, cut, and how many were: those of full length that have something left over."""
    encoded = tokenizer(texts, truncation=True, max_length=max_length, return_attention_mask=False, verbose=False)
    rows: list[list[int]] = encoded["input_ids"]
    full = [i for i, row in enumerate(rows) if len(row) == max_length]
    return rows, sum(bool(encoded.encodings[i].overflowing) for i in full)


def _cut_afterwards(tokenizer: Any, texts: list[str], max_length: int) -> tuple[list[list[int]], int]:
    """The same for a tokenizer that does not tell what it has cut: the long texts are tokenised again."""
    rows: list[list[int]] = tokenizer(texts, return_attention_mask=False, verbose=False)["input_ids"]
    long = [i for i, row in enumerate(rows) if len(row) > max_length]
    if long:
        cut = tokenizer([texts[i] for i in long], truncation=True, max_length=max_length, return_attention_mask=False)
        for i, row in zip(long, cut["input_ids"], strict=True):
            rows[i] = row
    return rows, len(long)


def chunks_by_length(lengths: NDArray[np.int64], tokens: int, pads: bool) -> Iterator[NDArray[np.int64]]:
    """Cut the texts that have tokens, longest first, into chunks of at most `tokens` positions.

    With `pads`, a text takes as many as the longest of its chunk; without, its own. Yields the numbers of a chunk's
    texts, int64. A text that is longer than `tokens` has a chunk to itself.
    """
    order = np.argsort(-lengths, kind="stable")
    order = order[lengths[order] > 0]
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        before = ends[start] - lengths[order[start]]
        size = tokens // lengths[order[start]] if pads else np.searchsorted(ends, before + tokens, "right") - start
        stop = start + max(1, int(size))
        yield order[start:stop]
        start = stop
