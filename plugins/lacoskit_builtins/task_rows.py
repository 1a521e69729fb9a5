"""What tasks that read rows have in common: where the rows are, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from lacoskit import DataError, Options, Role, Row, find_files, parse_rows, read_rows

Parsed = TypeVar("Parsed")


class TaskRowsOptions(Options):
    """Rows of local files."""

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed), read as one set."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""


Roles = tuple[Role | None, Role | None]
"""The prompts of first and second sentences."""


class PairRowsOptions(TaskRowsOptions):
    """Rows of two sentences."""

    sentence1: str = "sentence1"
    """The column of first sentences."""
    sentence2: str = "sentence2"
    """The column of second sentences."""
    roles: Roles = ("query", "document")
    """The prompts of first and second sentences, `query`, `document` or null; by default those of training."""
    language: str | None = None
    """The code of the language, by which results are put together."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The language, if it is named."""
        return (self.language,) if self.language else ()


def rows_as(
    parse: Callable[[Row], Parsed], files: Sequence[str], columns: Sequence[str], max_skipped: float
) -> list[Parsed]:
    """What `parse` makes of each row; a DataError if a file cannot be read or no row can be used."""
    rows = (row for path in find_files(files) for row in read_rows(path, columns))
    found = parse_rows(rows, parse, max_skipped)
    if not found:
        raise DataError(f"{', '.join(files)}: no row can be used")
    return found
