"""The vectors that another model has for all training texts: computed once, kept, and handed to losses batch by batch.

They are kept as `lacoskit.cache` keeps things: a folder of NumPy files, memory-mapped when read.
"""

from __future__ import annotations

import gc
import hashlib
import json
import logging
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lacoskit.bar import progress_bar, worthwhile
from lacoskit.cache import NoCache, Unusable, cache_folder, kept, writing
from lacoskit.components import Example, Role, VectorBatch
from lacoskit.data import fingerprint
from lacoskit.errors import LacoskitError
from lacoskit.models import TextModel, encoded, open_model
from lacoskit.randomness import RandomState
from lacoskit.sharding import unsharded_loading
from lacoskit.storage import sync, write_json
from lacoskit.tokens import spans
from lacoskit.vector_file import VectorFile

log = logging.getLogger("lacoskit.data")

FORMAT = 1
"""Of the entries; another one makes other keys."""

WINDOW = 8_192
"""Texts that the teacher gets at once."""

STARTS = "negative_starts"
ROLES = ("anchors", "positives", "negatives")
ABOUT, VECTORS = "about.json", "vectors.npy"


@dataclass(frozen=True)
class TeacherVectors:
    """A teacher's vectors of the different texts of some examples, and which of them each text has."""

    vectors: NDArray[np.float16]
    """[different texts, dimensions], of unit length but for rounding."""
    rows: Mapping[str, NDArray[np.int64]]
    """By role, int64 [texts of the role]; `negative_starts` says where each example's negatives begin."""
    key: str
    """The hash of what decides the vectors: the model, and the examples."""

    def of(self, examples: NDArray[np.int64], device: torch.device) -> VectorBatch:
        """The vectors of examples in this order, float32, as the batch of these examples has its own."""
        starts = self.rows[STARTS]
        counts = starts[examples + 1] - starts[examples]
        chosen = {"anchors": examples, "positives": examples, "negatives": spans(starts[examples], counts)}
        found = (torch.from_numpy(self.vectors[self.rows[role][texts]]) for role, texts in chosen.items())
        anchors, positives, negatives = (vectors.to(device).float() for vectors in found)
        negative_of = torch.from_numpy(np.repeat(np.arange(len(examples)), counts)).to(device)
        return VectorBatch(anchors=anchors, positives=positives, negatives=negatives, negative_of=negative_of)


def teach(reference: str, sources: Mapping[str, Sequence[Example]], device: torch.device) -> dict[str, TeacherVectors]:
    """Open a model, and have it encode the texts of each source, unless an earlier run or another process has.

    Each text is encoded once for each role that it stands in, anchors as queries, positives and negatives as documents.
    The model is gone afterwards, and random numbers are as before. A LacoskitError if it cannot be opened.
    """
    random = RandomState(device)
    try:
        with unsharded_loading():
            return _taught(open_model(reference), sources)
    except LacoskitError as error:
        raise LacoskitError(f"the loss's teacher: {error}") from error
    finally:
        random.restore()
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()


def _taught(model: TextModel, sources: Mapping[str, Sequence[Example]]) -> dict[str, TeacherVectors]:
    return {name: teacher_vectors(model, examples) for name, examples in sources.items()}


def teacher_vectors(model: TextModel, examples: Sequence[Example]) -> TeacherVectors:
    """The vectors by this model, from the cache if they are there; in memory if it cannot be written."""
    about = [FORMAT, model.fingerprint, fingerprint(examples)]
    key = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]
    try:
        entry = cache_folder() / "vectors" / key
        return kept(
            entry,
            lambda folder: _opened(folder, key),
            lambda folder: _write(folder, key, model, examples),
            f"vectors of {len(examples):,} examples by {model.name}",
        )
    except (NoCache, Unusable) as error:
        log.warning("the teacher's vectors are held in memory, and made again by the next run: %s", error)
    rows, count = _rows(examples)
    vectors = np.empty((count, model.dimensions), np.float16)

    def keep(start: int, part: NDArray[np.float16]) -> None:
        vectors[start : start + len(part)] = part

    _encode(model, examples, rows, count, keep)
    return TeacherVectors(vectors, rows, key)


def _opened(folder: Path, key: str) -> TeacherVectors:
    """Map an entry's files; Unusable if it is not what its key and its sizes say."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        if (about["format"], about["key"]) != (FORMAT, key):
            raise ValueError("it says that it is another entry")
        for name, size in about["bytes"].items():
            if (folder / name).stat().st_size != size:
                raise ValueError(f"{name} has been cut off or changed")
        mapped = {name: np.load(folder / f"{name}.npy", "r", allow_pickle=False) for name in (*ROLES, STARTS)}
        return TeacherVectors(np.load(folder / VECTORS, "r", allow_pickle=False), mapped, key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unusable(f"{folder} is damaged ({error!r})") from error


def _write(folder: Path, key: str, model: TextModel, examples: Sequence[Example]) -> None:
    rows, count = _rows(examples)
    file = VectorFile(folder / VECTORS, count, model.dimensions, "float16")
    with writing():
        for name, numbers in rows.items():
            np.save(folder / f"{name}.npy", numbers, allow_pickle=False)
            sync(folder / f"{name}.npy")
        file.create()

    def keep(start: int, vectors: NDArray[np.float16]) -> None:
        with writing():
            file.write(start, vectors)

    _encode(model, examples, rows, count, keep)
    with writing():
        file.finish()
        sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
        write_json(folder / ABOUT, {"format": FORMAT, "key": key, "model": model.name, "bytes": sizes})


def _rows(examples: Sequence[Example]) -> tuple[dict[str, NDArray[np.int64]], int]:
    """The vector that each text has, numbered as texts are first met, queries before documents; and how many there are.

    Hashes are kept, texts are not: the examples may be more than memory holds.
    """
    hashes = {role: array("q") for role in ROLES}
    starts = array("q", [0])
    for example in examples:
        for role, texts in _texts(example).items():
            hashes[role].extend(_hash(text) for text in texts)
        starts.append(starts[-1] + len(example.negatives))
    anchors, queries = _numbered(np.array(hashes["anchors"], np.int64))
    rest, documents = _numbered(np.array(hashes["positives"] + hashes["negatives"], np.int64))
    positives, negatives = np.split(rest + queries, [len(anchors)])
    rows = {"anchors": anchors, "positives": positives, "negatives": negatives, STARTS: np.array(starts, np.int64)}
    return rows, queries + documents


def _texts(example: Example) -> dict[str, Sequence[str]]:
    return {"anchors": (example.anchor,), "positives": (example.positive,), "negatives": example.negatives}


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little", signed=True)


def _numbered(hashes: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    """Number different values from 0 in the order in which they first occur: int64, as many; and how many differ."""
    _, first, of_each = np.unique(hashes, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int64)
    number[np.argsort(first)] = np.arange(len(first))
    return number[of_each], len(first)


def _encode(
    model: TextModel,
    examples: Sequence[Example],
    rows: Mapping[str, NDArray[np.int64]],
    count: int,
    keep: Callable[[int, NDArray[np.float16]], None],
) -> None:
    """Encode each different text of each role, and hand the vectors on, from number 0 on."""
    done = 0
    with progress_bar("encoding with the teacher", count, worthwhile(count)) as advance:
        for role, texts in _windows(examples, rows):
            keep(done, encoded(model, texts, role).astype(np.float16))
            done += len(texts)
            advance(len(texts))


def _windows(examples: Sequence[Example], rows: Mapping[str, Any]) -> Iterator[tuple[Role, list[str]]]:
    """The different texts, in the order of their vectors, as many as are encoded at once, with their role."""
    known = 0
    kinds: tuple[tuple[Role, tuple[str, ...]], ...] = (("query", ROLES[:1]), ("document", ROLES[1:]))
    for kind, roles in kinds:
        waiting: list[str] = []
        for role in roles:
            texts = (text for example in examples for text in _texts(example)[role])
            for row, text in zip(rows[role], texts, strict=True):
                if row == known:  # a text that has been met has a smaller number
                    waiting.append(text)
                    known += 1
                if len(waiting) == WINDOW:
                    yield kind, waiting
                    waiting = []
        if waiting:
            yield kind, waiting
