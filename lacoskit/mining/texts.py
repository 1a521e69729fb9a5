"""A corpus on disk: each text once, found by its number or by its contents, never all of them in memory.

Two texts are the same if they differ in white space, or in how Unicode composes their characters, alone.
"""

from __future__ import annotations

import hashlib
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from lacoskit.errors import DataError
from lacoskit.rows import Row, read_rows

KEY = 16
"""Bytes of the hash by which a text is found."""

NOWHERE = -1
"""The number of a text that is not there."""


def key_of(text: str) -> bytes:
    """What is equal for equal texts: a hash, 16 bytes."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=KEY).digest()


@dataclass(frozen=True)
class Texts:
    """Texts of a file, without repetitions, numbered in the order in which each came first."""

    content: NDArray[np.uint8]
    """Of all texts, one after the other; memory-mapped."""
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    keys: NDArray[np.uint64]
    """[texts, 2], sorted."""
    numbers: NDArray[np.int64]
    """The number of the text of each key."""
    repeated: int
    """How many texts were left out, since they were there already."""
    sha256: str
    """Of the texts, in order."""

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, number: int) -> str:
        part = self.content[self.starts[number] : self.stops[number]]
        return part.tobytes().decode("utf-8", "surrogatepass")

    def window(self, start: int, stop: int) -> list[str]:
        """The texts from number `start` to `stop`."""
        return [self[number] for number in range(start, min(stop, len(self)))]

    def number(self, key: bytes) -> int:
        """The number of the text with a key; NOWHERE if there is none."""
        high, low = np.frombuffer(key, ">u8").astype(np.uint64)
        first = int(np.searchsorted(self.keys[:, 0], high))
        while first < len(self.keys) and self.keys[first, 0] == high:
            if self.keys[first, 1] == low:
                return int(self.numbers[first])
            first += 1
        return NOWHERE


def write_texts(texts: Iterable[str], path: Path) -> None:
    """Write texts to a file, and what is to be known about them beside it, for `open_texts`."""
    ends, keys = array("q", [0]), bytearray()
    with path.open("wb") as file:
        for text in texts:
            _append(text, file, ends, keys)
    limits = np.array(ends, np.int64)
    halves = np.frombuffer(bytes(keys), ">u8").astype(np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0]))  # stable, so the first of equal texts comes first
    ordered = halves[order]
    first = np.ones(len(order), bool)
    first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    rows = np.sort(order[first])
    number_of = np.full(len(order), NOWHERE, np.int64)
    number_of[rows] = np.arange(len(rows))
    starts, stops = limits[:-1][rows], limits[1:][rows]
    np.savez(
        path.with_suffix(".npz"),
        starts=starts,
        stops=stops,
        keys=ordered[first],
        numbers=number_of[order[first]],
        repeated=len(order) - len(rows),
        sha256=_hash(_mapped(path), starts, stops),
    )


def open_texts(path: Path) -> Texts:
    """Open what `write_texts` has written."""
    with np.load(path.with_suffix(".npz"), allow_pickle=False) as known:
        arrays = {name: known[name] for name in ("starts", "stops", "keys", "numbers")}
        return Texts(_mapped(path), **arrays, repeated=int(known["repeated"]), sha256=str(known["sha256"]))


def corpus_texts(files: Sequence[Path], columns: Sequence[str], empty: list[str]) -> Iterator[str]:
    """The texts of files, their columns joined; a DataError tells a row that cannot be read.

    Rows without a text, which large collections have, are left out; their places are added to `empty`.
    """
    for path in files:
        for row in read_rows(path, columns):
            try:
                text = " ".join(filter(None, (_text(row, column) for column in columns)))
            except ValueError as error:
                raise DataError(f"corpus: {row.where}: {error}; mend the row or take it out") from None
            if text:
                yield text
            else:
                empty.append(row.where)


def _append(text: str, file: BinaryIO, ends: array[int], keys: bytearray) -> None:
    encoded = text.encode("utf-8", "surrogatepass")
    file.write(encoded)
    ends.append(ends[-1] + len(encoded))
    keys += key_of(text)


def _text(row: Row, column: str) -> str:
    """What a column has; it may be empty or missing, as the titles of some documents are."""
    if row.problem:
        raise ValueError(row.problem)
    value = row.values.get(column)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{column} is not text")
    return (value or "").strip()


def _hash(content: NDArray[np.uint8], starts: NDArray[np.int64], stops: NDArray[np.int64]) -> str:
    digest = hashlib.sha256()
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):
        digest.update(f"{stop - start} ".encode())
        digest.update(content[start:stop].tobytes())
    return digest.hexdigest()


def _mapped(path: Path) -> NDArray[np.uint8]:
    return np.memmap(path, np.uint8, "r") if path.stat().st_size else np.zeros(0, np.uint8)
