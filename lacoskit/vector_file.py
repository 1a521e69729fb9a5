"""A NumPy file of vectors that several processes fill, and that has its name only once it is whole."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.storage import UNFINISHED, sync


@dataclass(frozen=True)
class VectorFile:
    """A file of `count` vectors: `create` and `finish` or `discard` in one process, `write` in any.

    It is written with plain writes and not through a memory map: a full disk is then an OSError and not a SIGBUS, and
    processes of several machines may share the file.
    """

    path: Path
    count: int
    dimensions: int
    dtype: str
    """float32 or float16."""

    @property
    def unfinished(self) -> Path:
        """Where the vectors are until all are there."""
        return self.path.with_name(UNFINISHED + self.path.name)

    def create(self) -> None:
        """Make the file in its full size; an OSError if the disk has no room for it."""
        header = self._header()
        size = len(header) + self.count * self._row_bytes()
        with self.unfinished.open("wb") as file:
            file.write(header)
            file.flush()
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)

    def write(self, start: int, vectors: NDArray[Any]) -> None:
        """Write the vectors [texts, dimensions] of the texts from number `start` on."""
        with self.unfinished.open("r+b") as file:
            file.seek(len(self._header()) + start * self._row_bytes())
            file.write(np.ascontiguousarray(vectors, self.dtype).tobytes())

    def finish(self) -> None:
        """See that all is on the disk, and give the file its name."""
        sync(self.unfinished)
        self.unfinished.replace(self.path)
        sync(self.path.parent)

    def discard(self) -> None:
        """Remove what has not been finished."""
        self.unfinished.unlink(missing_ok=True)

    def _row_bytes(self) -> int:
        return self.dimensions * np.dtype(self.dtype).itemsize

    def _header(self) -> bytes:
        header = io.BytesIO()
        shape = (self.count, self.dimensions)
        description = {"descr": np.dtype(self.dtype).str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(header, description)
        return header.getvalue()
