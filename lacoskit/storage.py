"""Writing that is either whole or not there: files seen to be on the disk, and one message when the disk is full."""

from __future__ import annotations

import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.errors import LacoskitError, TrainingError

if TYPE_CHECKING:
    from torch import Tensor

UNFINISHED = ".unfinished-"
"""What the name of a file or folder starts with until it is whole."""


@contextmanager
def enough_space(folder: Path) -> Iterator[None]:
    """Turn a full disk, however a library has wrapped it, into one message; remove what is unfinished in the folder."""
    try:
        yield
    except Exception as error:
        if isinstance(error, LacoskitError) or not _is_full_disk(error):
            raise
        for unfinished in folder.glob(UNFINISHED + "*"):
            shutil.rmtree(unfinished) if unfinished.is_dir() else unfinished.unlink()
        raise TrainingError(
            f"the disk that holds {folder} is full. Nothing half-written was left, and what was saved before is whole: "
            "make room, then go on with the same command and --resume"
        ) from error


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write a safetensors file and see that it is on the disk."""
    from safetensors.torch import save_file

    save_file({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, path)
    sync(path)


def made_folder(path: str) -> Path:
    """The folder, made where it is not there; an OSError if it cannot be, or cannot be written to.

    Before hours of work, since that may fail.
    """
    folder = Path(path).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):  # what the system would allow and the disk does not, too
        return folder


def write_json(path: Path, value: Any) -> None:
    """Write JSON and see that it is on the disk."""
    write_whole(path, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def without_nan(value: Any) -> Any:
    """The same with null where there is no number, since JSON has none that is not one."""
    if isinstance(value, Mapping):
        return {str(key): without_nan(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_whole(path: Path, text: str) -> None:
    """Write a file, or put a new one in the place of an old one at once, and see that it is on the disk.

    What UTF-8 cannot hold, as the bytes of a file's name in another encoding, is escaped.
    """
    unfinished = path.with_name(UNFINISHED + path.name)
    try:
        unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")
        sync(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    sync(path.parent)


def sync(path: Path) -> None:
    """Wait until a file, or the list of a folder's files, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _is_full_disk(error: BaseException | None) -> bool:
    while error is not None:
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or "No space left" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
