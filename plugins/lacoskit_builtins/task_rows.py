"""What tasks that read rows have in common: where the rows are, and how they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from lacoskit import DataError, Options, Role, Row, check_files, find_files, parse_rows, read_rows
from lacoskit_builtins.hub import hub_rows

Parsed = TypeVar("Parsed")


class TaskRowsOptions(Options):
    """Rows of local files or of a data set on the hub."""

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed), read as one set."""
    hub: str | None = None
    """A data set on the hub, read where no files are named."""
    subset: str | None = None
    """The configuration of the data set on the hub."""
    split: str = "test"
    """The split of the data set on the hub."""
    revision: str | None = None
    """The commit, tag or branch of the data set on the hub."""
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


def task_rows(
    parse: Callable[[Row], Parsed], options: TaskRowsOptions, columns: Sequence[str], split: str | None = None
) -> list[Parsed]:
    """What `parse` makes of each row of the files or, where none are named, of the set on the hub.

    `split` is another one of the set than `options` has. A DataError if the rows cannot be had, or none can be used.
    """
    if options.files or options.hub is None:
        return rows_as(parse, options.files, columns, options.max_skipped)
    chosen = split or options.split
    rows = hub_rows(options.hub, options.subset, chosen, columns, options.revision)
    return _used(parse, rows, f"{options.hub} ({chosen})", options.max_skipped)


def check_task_rows(options: TaskRowsOptions, columns: Sequence[str], what: str) -> list[str]:
    """Look for the files and their columns; `what` says what their rows are."""
    if not options.files and options.hub is None:
        return [f"name the files of {what} in files, or a data set of the hub in hub"]
    return check_files(options.files, columns)


def rows_as(
    parse: Callable[[Row], Parsed], files: Sequence[str], columns: Sequence[str], max_skipped: float
) -> list[Parsed]:
    """What `parse` makes of each row; a DataError if a file cannot be read or no row can be used."""
    rows = (row for path in find_files(files) for row in read_rows(path, columns))
    return _used(parse, rows, ", ".join(files), max_skipped)


def _used(parse: Callable[[Row], Parsed], rows: Iterable[Row], where: str, max_skipped: float) -> list[Parsed]:
    found = parse_rows(rows, parse, max_skipped)
    if not found:
        raise DataError(f"{where}: no row can be used")
    return found
