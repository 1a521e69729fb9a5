"""Figures as they are read: counts, sizes and times, in few digits."""

from __future__ import annotations

GIB = 2**30


def short(count: int) -> str:
    """A count in three digits, as in 560M."""
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def in_bytes(size: int) -> str:
    """A size in bytes in three digits, as in 1.04 GiB."""
    for unit, unit_size in (("GiB", GIB), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= unit_size:
            return f"{size / unit_size:.3g} {unit}"
    return f"{size} bytes"


def duration(seconds: float) -> str:
    """A time in hours, minutes and seconds, as in 1:02:03 or 2:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
