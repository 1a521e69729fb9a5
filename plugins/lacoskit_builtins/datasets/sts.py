"""Pairs of sentences that people have scored."""

from __future__ import annotations

from collections.abc import Sequence

from lacoskit import Dataset, Example, Row, hookimpl, parsed_rows
from lacoskit_builtins.mapped import mapped
from lacoskit_builtins.reading import UNTOUCHED, RowsOptions, check_rows, rows_of

COLUMNS = ("sentence1", "sentence2", "score")


class StsOptions(RowsOptions):
    """Scored pairs: sentence1, sentence2, score (STS-B, SICK-R), for losses that order them."""


def load(options: StsOptions) -> Sequence[Example]:
    """Return the rows as examples, in their order."""
    rows = rows_of(options, COLUMNS, UNTOUCHED)
    return mapped(parsed_rows(rows, _parse, options.max_skipped, options.max_examples))


def check(options: StsOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_rows(options, COLUMNS, UNTOUCHED)


def _parse(row: Row) -> Example:
    return Example(row.text("sentence1"), row.text("sentence2"), score=row.number("score"))


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[StsOptions]]:
    """Offer `sts`."""
    return [Dataset(name="sts", options=StsOptions, requires=("datasets",), load=load, check=check)]
