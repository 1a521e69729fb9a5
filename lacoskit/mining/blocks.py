"""Work in numbered blocks that processes share, each kept in a file: what is there is not done again.

A block is the same whoever computes it, so neither the number of processes nor a restart changes a byte.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import cache
from lacoskit.errors import LacoskitError
from lacoskit.storage import UNFINISHED, sync

Arrays = Mapping[str, NDArray[Any]]

FORMAT = 1
"""Of what is kept; another one makes other keys."""

ENTRIES = ("bm25", "candidates", "faiss", "vectors")
"""The folders of a cache, each of entries of one kind."""


@dataclass(frozen=True)
class Share:
    """Which of several processes this is."""

    process: int = 0
    processes: int = 1

    def of(self, blocks: int) -> range:
        """The numbers of this process's blocks."""
        return range(self.process, blocks, self.processes)


def key_of(*parts: Any) -> str:
    """The name of an entry: a hash of all that decides its contents."""
    return hashlib.sha256(json.dumps([FORMAT, *parts], sort_keys=True, default=str).encode()).hexdigest()[:32]


def compute(folder: Path, blocks: int, share: Share, block: Callable[[int], Arrays], done: Callable[[], None]) -> None:
    """Compute and keep this process's blocks that are not there yet; `done` is called after each."""
    for number in share.of(blocks):
        path = _file(folder, number)
        if not path.exists():
            unfinished = path.with_name(UNFINISHED + path.name)
            arrays: dict[str, Any] = dict(block(number))
            np.savez(unfinished, **arrays)
            sync(unfinished)
            unfinished.replace(path)
        done()


def read(folder: Path, number: int) -> dict[str, NDArray[Any]]:
    """Read a block; a LacoskitError if it is damaged."""
    path = _file(folder, number)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return dict(arrays)
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise LacoskitError(f"{path} is damaged ({error}); remove it and run the same command again") from None


def use(entry: Path) -> Path:
    """Make an entry, or note that it is still in use."""
    entry.mkdir(parents=True, exist_ok=True)
    cache.note_use(entry)
    return entry


def remove_unused(folder: Path) -> None:
    """Remove the entries of a cache that no run has used for long; nothing else that its folder may hold."""
    for kind in ENTRIES:
        cache.remove_unused(folder / kind)


def _file(folder: Path, number: int) -> Path:
    return folder / f"block-{number:06}.npz"
