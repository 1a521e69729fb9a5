"""Keep the C library from giving memory back to the system between two steps on a CPU."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc
_DEFAULTS = {_M_MMAP_MAX: 65_536, _M_TRIM_THRESHOLD: 128 * 1024}


@contextmanager
def freed_memory_kept() -> Iterator[None]:
    """Serve large tensors of the block from the heap, which keeps its pages, and not from fresh mappings.

    glibc maps each tensor over 32 MB anew and the system zeroes its pages one by one as they are touched, which can
    take longer than the computation. What is left of the heap is given back at the end, and what is made before, as
    the model, has mappings of its own: a heap of hundreds of gigabytes, though untouched, cannot be forked. Does
    nothing where the C library is another.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_M_MMAP_MAX, 0)
    library.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
    try:
        yield
    finally:
        for setting, value in _DEFAULTS.items():
            library.mallopt(setting, value)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL("libc.so.6")
        found = library.mallopt, library.malloc_trim
        assert all(found)
    except (OSError, AttributeError):
        return None
    return library
