"""The texts of files, in their order: counted and checked once, then read window by window, never all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from lacoskit.errors import DataError
from lacoskit.rows import Row, read_rows

SHOWN = 10
"""Unusable rows that are told."""


def count_texts(files: Sequence[Path], column: str) -> int:
    """How many texts a column has; a DataError tells every unusable row, up to SHOWN of them with their places."""
    count, unusable = 0, 0
    told: list[str] = []
    for row in _rows(files, column):
        count += 1
        try:
            _text(row, column)
        except ValueError as error:
            unusable += 1
            if len(told) < SHOWN:
                told.append(f"\n  {row.where}: {error}")
    if unusable:
        more = f"\n  and {unusable - SHOWN:,} more" if unusable > SHOWN else ""
        raise DataError(
            f"{unusable:,} of {count:,} rows have no text to encode. Mend them or take them out: vector i has to be "
            f"that of row i.{''.join(told)}{more}"
        )
    return count


def read_windows(files: Sequence[Path], column: str, size: int) -> Iterator[list[str]]:
    """Yield the texts, `size` at a time; a DataError at a row that has none."""
    texts = _texts(files, column)
    while window := list(islice(texts, size)):
        yield window


def _texts(files: Sequence[Path], column: str) -> Iterator[str]:
    for row in _rows(files, column):
        try:
            yield _text(row, column)
        except ValueError as error:
            raise DataError(f"{row.where}: {error}") from None


def _rows(files: Sequence[Path], column: str) -> Iterator[Row]:
    for path in files:
        yield from read_rows(path, [column])


def _text(row: Row, column: str) -> str:
    if row.problem:
        raise ValueError(row.problem)
    return row.text(column)
