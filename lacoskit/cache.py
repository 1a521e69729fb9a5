"""Folders of what is computed once and used by many runs, each found by a hash of all that decides its contents.

An entry is written under another name and renamed once it is whole. Of several processes that want it at once, one
writes it and the others wait.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
from filelock import FileLock, Timeout

from lacoskit.errors import LacoskitError
from lacoskit.storage import UNFINISHED, sync

log = logging.getLogger("lacoskit.data")

UNUSED = 30 * 24 * 3600
"""Seconds without use after which an entry is removed."""

ENTRY = re.compile(rf"[0-9a-f]{{32}}|{re.escape(UNFINISHED)}.*")
"""The names of entries, and of what was to become one: a cache may stand among folders that are none of its own."""

T = TypeVar("T")


class Unusable(Exception):
    """Why an entry cannot be used: it is not there, or not as it was written."""


class NoCache(LacoskitError):
    """Why nothing can be kept."""


def cache_folder() -> Path:
    """$LACOSKIT_CACHE, else lacoskit in $XDG_CACHE_HOME or ~/.cache."""
    named = os.environ.get("LACOSKIT_CACHE")
    common = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(named or f"{common}/lacoskit").expanduser().absolute()
    except RuntimeError as error:  # a user without a home
        raise NoCache(f"{error}; LACOSKIT_CACHE can name a folder") from error


def kept(entry: Path, opened: Callable[[Path], T], write: Callable[[Path], None], what: str) -> T:
    """Open an entry; where that raises Unusable, have it written first, to the folder that `write` is given.

    `what` says in messages what it holds. Raises NoCache where nothing can be written.
    """
    try:
        return _used(entry, opened, what)  # without the lock: a cache that is only read serves as well
    except Unusable:
        with _one_at_a_time(entry, what):
            try:
                return _used(entry, opened, what)  # another process may have written it meanwhile
            except Unusable as reason:
                began = time.perf_counter()
                _write(entry, write, reason)
                found = opened(entry)
                log.info("%s made in %.1f s, kept in %s", what, time.perf_counter() - began, entry)
    remove_unused(entry.parent)
    return found


def note_use(entry: Path) -> None:
    """Note that an entry is still in use."""
    with contextlib.suppress(OSError):  # the folder of another user
        os.utime(entry)


def remove_unused(folder: Path) -> None:
    """Remove entries that no run has used for long, and what processes that were killed have left."""
    for old in folder.iterdir() if folder.is_dir() else ():
        with contextlib.suppress(OSError, Timeout):  # another process removes it too, or has just used it
            if ENTRY.fullmatch(old.name) and old.is_dir() and time.time() - old.stat().st_mtime > UNUSED:
                with FileLock(_lock_of(old), timeout=0):
                    gone = old.rename(old.with_name(f"{UNFINISHED}gone-{os.getpid()}"))
                shutil.rmtree(gone)
                _lock_of(old).unlink()


def _used(entry: Path, opened: Callable[[Path], T], what: str) -> T:
    if not os.path.isdir(entry):  # noqa: PTH112 - Path's raises where a folder above may not be looked into
        raise Unusable(f"there is no {entry}")
    found = opened(entry)
    note_use(entry)
    log.info("%s from %s", what, entry)
    return found


def _write(entry: Path, write: Callable[[Path], None], reason: Unusable) -> None:
    """Write an entry, which for this reason cannot be used; nothing is left if it cannot be finished."""
    unfinished = entry.with_name(UNFINISHED + entry.name)
    with writing():
        if entry.exists():
            log.warning("%s and is made again", reason)
            shutil.rmtree(entry)
        shutil.rmtree(unfinished, ignore_errors=True)  # of a process that was killed
        unfinished.mkdir()
    try:
        write(unfinished)
        with writing():
            unfinished.rename(entry)
            sync(entry.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


@contextlib.contextmanager
def _one_at_a_time(entry: Path, what: str) -> Iterator[None]:
    """Let one process in; the lock is the system's, so that of a process that dies is free again."""
    with writing():
        entry.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(_lock_of(entry))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            log.info("waiting for another process, which makes the %s", what)
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Tell what goes wrong with the cache folder from what goes wrong with the data."""
    try:
        yield
    except (OSError, NotImplementedError, pa.ArrowException) as error:
        raise NoCache(f"{error}; LACOSKIT_CACHE can name another folder") from error


def _lock_of(entry: Path) -> Path:
    return entry.with_name(f"{entry.name}.lock")
