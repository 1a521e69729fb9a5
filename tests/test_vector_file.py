from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lacoskit.vector_file import VectorFile


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_the_file_is_that_of_numpy_whatever_the_order_of_the_parts(dtype: str, tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).normal(size=(10, 3)).astype(np.float32)
    file = VectorFile(tmp_path / "vectors.npy", 10, 3, dtype)
    file.create()
    for start, stop in ((6, 10), (0, 4), (4, 6)):
        file.write(start, vectors[start:stop])
    assert not file.path.exists()
    file.finish()
    np.save(tmp_path / "truth.npy", vectors.astype(dtype))
    assert file.path.read_bytes() == (tmp_path / "truth.npy").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["truth.npy", "vectors.npy"]


def test_what_an_earlier_run_has_left_is_written_anew(tmp_path: Path) -> None:
    file = VectorFile(tmp_path / "vectors.npy", 2, 3, "float32")
    file.unfinished.write_bytes(b"x" * 1000)
    file.create()
    file.write(0, np.ones((2, 3)))
    file.finish()
    np.testing.assert_array_equal(np.load(file.path), np.ones((2, 3)))


def test_a_disk_without_room_is_an_error_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    file = VectorFile(tmp_path / "vectors.npy", 2, 3, "float32")
    with pytest.raises(OSError, match="No space left"):
        file.create()
    file.discard()
    assert list(tmp_path.iterdir()) == []
