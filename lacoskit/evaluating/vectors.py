"""Vectors that are computed once: kept by the weights' hash and the text, for all tasks, runs and processes.

A model has a folder, named by its fingerprint, of files that are added and never changed: each holds the keys of some
texts (a hash of role and text) and their vectors. A file is written under another name and renamed once it is whole,
so that any number of runs may add to a folder at once; at worst two of them compute the same vector.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.cache import NoCache, cache_folder, note_use, remove_unused, writing
from lacoskit.components import Embed, Role
from lacoskit.models import TextModel, encoded
from lacoskit.storage import UNFINISHED, sync

log = logging.getLogger("lacoskit.evaluate")

KEY = 16
"""Bytes of a text's hash."""

KEYS, VECTORS = ".keys.npy", ".vectors.npy"

MAPPED = 2**22
"""Bytes above which a file is mapped."""

WINDOW = 8_192
"""Texts whose vectors are kept at once, so that an interruption loses no more."""


def kept_in(wanted: bool) -> Path | None:
    """The folder of the vectors of all models; None where they are not kept."""
    try:
        return cache_folder() / "texts" if wanted else None
    except NoCache as error:
        log.warning("vectors are held in memory, and computed again by the next run: %s", error)
        return None


class KeptVectors:
    """Encodes by a model, each text once; pass it to a task as its `Embed`."""

    def __init__(self, model: TextModel, folder: Path | None, encode: Embed | None = None) -> None:
        """Open what is kept in the folder for this model; nothing is kept without a folder.

        `encode`, if it is not the model itself, computes vectors with it, as several processes do together.
        What no run has used for long is removed from it, as from all of lacoskit's caches.
        """
        self.model = model
        self.encode = encode or partial(encoded, model)
        self.folder = folder / model.fingerprint[:32] if folder is not None else None
        self.computed = self.reused = 0
        self._places: dict[bytes, NDArray[np.float32]] = {}
        self._read()
        if folder is not None:
            remove_unused(folder)

    def __call__(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dimensions], in the order of the texts."""
        keys = [_key(text, role) for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._places}
        self.reused += len(texts) - len(missing)
        self.computed += len(missing)
        wanted = list(missing.items())
        for start in range(0, len(wanted), WINDOW):
            window = wanted[start : start + WINDOW]
            self._keep([key for key, _ in window], self.encode([text for _, text in window], role))
        found = np.empty((len(keys), self.model.dimensions), np.float32)
        for place, key in enumerate(keys):
            found[place] = self._places[key]
        return found

    def _read(self) -> None:
        """Map the files of other runs, and of this one before; one that is damaged is left aside."""
        if self.folder is None or not self.folder.is_dir():
            return
        note_use(self.folder)
        for path in sorted(self.folder.glob(f"*{KEYS}")):
            if path.name.startswith(UNFINISHED):
                continue
            try:
                keys = np.load(path, allow_pickle=False)
                vectors = _opened(_vectors_of(path))
            except (OSError, ValueError, EOFError) as error:
                log.warning("%s cannot be read (%s): its vectors are computed again", path, error)
                continue
            if vectors.shape == (len(keys), self.model.dimensions) and keys.shape[1:] == (KEY,):
                self._places.update(zip(map(bytes, keys), vectors, strict=True))

    def _keep(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        self._places.update(zip(keys, vectors, strict=True))
        if self.folder is None:
            return
        try:
            with writing():
                written = self._write(self.folder, keys, vectors)
            self._places.update(zip(keys, _opened(written), strict=True))  # large ones are on the disk from here on
        except NoCache as error:
            log.warning("vectors are held in memory, and computed again by the next run: %s", error)
            self.folder = None

    def _write(self, folder: Path, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> Path:
        """Write a window, and return the file of its vectors."""
        folder.mkdir(parents=True, exist_ok=True)
        name = uuid.uuid4().hex
        as_bytes = np.frombuffer(b"".join(keys), np.uint8).reshape(len(keys), KEY)
        for ending, array in ((VECTORS, vectors), (KEYS, as_bytes)):  # the keys last: what they name is then there
            unfinished = folder / f"{UNFINISHED}{name}{ending}"
            try:
                np.save(unfinished, array, allow_pickle=False)
                sync(unfinished)
                unfinished.replace(folder / f"{name}{ending}")
            finally:
                with contextlib.suppress(FileNotFoundError):
                    unfinished.unlink()
        return folder / f"{name}{VECTORS}"


def _opened(path: Path) -> NDArray[np.float32]:
    """The vectors of a file; mapped where they are many, and read where not: each map keeps a file open."""
    mode: Any = "r" if path.stat().st_size > MAPPED else None
    return np.asarray(np.load(path, mode, allow_pickle=False))  # or each row would be a memmap, slow to make and large


def _vectors_of(keys: Path) -> Path:
    return keys.with_name(keys.name.removesuffix(KEYS) + VECTORS)


def _key(text: str, role: str | None) -> bytes:
    return hashlib.blake2b(f"{role}\0{text}".encode(), digest_size=KEY).digest()
