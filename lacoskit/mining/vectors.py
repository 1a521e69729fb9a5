"""Vectors of texts, computed once by all processes, kept on disk, and gone on with where a killed run has stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import Role
from lacoskit.mining import blocks
from lacoskit.mining.texts import Texts
from lacoskit.models import TextModel, encoded
from lacoskit.storage import sync
from lacoskit.vector_file import VectorFile

BLOCK = 4_096
"""Texts that are encoded at once, sorted by length, and then kept."""

MARKS = "done"
"""A file with one byte a block, which is 1 once its vectors are on the disk."""


@dataclass(frozen=True)
class Encoding:
    """What is encoded, in which role, and the entry of the cache that receives the vectors."""

    texts: Texts
    role: Role
    model: TextModel
    dtype: str
    cache: Path

    @property
    def key(self) -> str:
        """Names the entry by all that decides the vectors."""
        return blocks.key_of(self.model.fingerprint, self.role, self.texts.sha256, len(self.texts), self.dtype, BLOCK)

    @property
    def entry(self) -> Path:
        """The folder of the vectors."""
        return self.cache / "vectors" / self.key

    @property
    def count(self) -> int:
        """How many blocks there are."""
        return -(-len(self.texts) // BLOCK)

    @property
    def file(self) -> VectorFile:
        """The file of the vectors."""
        return VectorFile(self.entry / "vectors.npy", len(self.texts), self.model.dimensions, self.dtype)

    def texts_of(self, share: blocks.Share) -> int:
        """How many texts a process encodes."""
        return sum(min(BLOCK, len(self.texts) - number * BLOCK) for number in share.of(self.count))

    def begin(self) -> None:
        """Make the file, or leave what a killed run has written of it; in one process."""
        blocks.use(self.entry)
        marks, file = self.entry / MARKS, self.file
        if file.path.exists() or (marks.exists() and file.unfinished.exists()):
            return
        marks.unlink(missing_ok=True)
        file.create()
        sync(file.unfinished)
        marks.write_bytes(bytes(self.count))
        sync(marks)

    def encode(self, share: blocks.Share, done: Callable[[int], None]) -> None:
        """Encode this process's blocks that are not there yet; `done` is told how many texts each has."""
        file, marks = self.file, self.entry / MARKS
        if file.path.exists():
            return
        there = marks.read_bytes()
        for number in share.of(self.count):
            texts = self.texts.window(number * BLOCK, (number + 1) * BLOCK)
            if not there[number]:
                file.write(number * BLOCK, encoded(self.model, texts, self.role))
                sync(file.unfinished)
                _mark(marks, number)
            done(len(texts))

    def finish(self) -> None:
        """Give the file its name; in one process, once all are done."""
        if not self.file.path.exists():
            self.file.finish()
        (self.entry / MARKS).unlink(missing_ok=True)

    def open(self) -> NDArray[Any]:
        """The vectors [texts, dimensions], memory-mapped."""
        vectors: NDArray[Any] = np.load(self.file.path, mmap_mode="r" if len(self.texts) else None, allow_pickle=False)
        return vectors


def _mark(marks: Path, number: int) -> None:
    handle = os.open(marks, os.O_WRONLY)
    try:
        os.pwrite(handle, b"\x01", number)
        os.fsync(handle)
    finally:
        os.close(handle)
