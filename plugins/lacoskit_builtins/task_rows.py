"""What tasks that read rows have in common: where the rows are, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from lacoskit import DataError, Options, Row, find_files, parse_rows, read_rows

Parsed = TypeVar("Parsed")


class TaskRowsOptions(Options):
    """Rows of local files."""

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed), read as one set."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""


def rows_as(
    parse: Callable[[Row], Parsed], files: Sequence[str], columns: Sequence[str], max_skipped: float
) -> list[Parsed]:
    """What `parse` makes of each row; a DataError if a file cannot be read or no row can be used."""
    rows = (row for path in find_files(files) for row in read_rows(path, columns))
    found = parse_rows(rows, parse, max_skipped)
    if not found:
        raise DataError(f"{', '.join(files)}: no row can be used")
    return found
