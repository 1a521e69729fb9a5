"""What datasets and tasks that read rows have in common: where the rows are, and what their columns hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field, PositiveInt

from lacoskit import DataError, Options, Row, check_files, find_files, read_rows
from lacoskit_builtins.hub import hub_rows

UNTOUCHED = ("id", "source", "language", "type", "split")
"""Columns that tell where a row comes from, and that any file may have."""


class RowsOptions(Options):
    """Rows of local files or of a data set on the hub."""

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, TXT, each also as .gz, or Parquet; patterns allowed)."""
    hub: str | None = None
    """A data set on the hub, read where no files are named."""
    subset: str | None = None
    """The configuration of the data set on the hub."""
    split: str = "train"
    """The split of the data set on the hub."""
    revision: str | None = None
    """The commit, tag or branch of the data set on the hub."""
    max_examples: PositiveInt | None = None
    """Stop after this many examples."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""


def rows_of(
    options: RowsOptions, columns: Sequence[str], ignored: Sequence[str] | None = None, streaming: bool = False
) -> Iterator[Row]:
    """Yield the rows; a DataError as of `read_rows`. A row of a file with a column that is in neither is unusable."""
    if not options.files:
        if options.hub is None:
            raise DataError(check_rows(options, columns)[0])
        yield from hub_rows(options.hub, options.subset, options.split, columns, options.revision, streaming)
        return
    known = {*columns, *(ignored or ())}
    for path in find_files(options.files):
        for row in read_rows(path, columns, ignored):
            unknown = [] if ignored is None else [name for name in row.values if name not in known]
            yield Row(row.where, problem=f"unknown column {unknown[0]!r}") if unknown else row


def check_rows(options: RowsOptions, columns: Sequence[str], ignored: Sequence[str] | None = None) -> list[str]:
    """Look for the files and their columns."""
    if not options.files and options.hub is None:
        return ["name local files in files, or a data set of the hub in hub"]
    return check_files(options.files, columns, ignored)


def label_of(row: Row, column: str = "label") -> str:
    """The label in a column, a number or a word, as text; a ValueError where there is none."""
    label = row.values.get(column)
    if label is None or isinstance(label, float | list | dict) or not str(label).strip():
        raise ValueError(f"no {column}")
    return str(label).strip()
