"""Keep the C library from giving memory back to the system between two steps on a CPU."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # malloc.h of glibc


def keep_freed_memory() -> None:
    """Serve large tensors from the heap, which keeps its pages, and not from fresh mappings.

    glibc maps each tensor over 32 MB anew and the system zeroes its pages one by one as they are touched, which can
    take longer than the computation. Does nothing where the C library is another.
    """
    if sys.platform != "linux":
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_MAX, 0)
    mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
