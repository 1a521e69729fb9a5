"""Sentences and their translations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from lacoskit import Dataset, Example, Row, hookimpl, parsed_rows
from lacoskit_builtins.mapped import MappedExamples, MappedTexts
from lacoskit_builtins.reading import UNTOUCHED, RowsOptions, check_rows, rows_of

COLUMNS = ("sentence1", "sentence2")


class BitextOptions(RowsOptions):
    """Translations: sentence1 and sentence2 say the same in two languages (Tatoeba, OPUS)."""

    both_directions: bool = False
    """Take each pair a second time, the translation as the anchor."""


def load(options: BitextOptions) -> Sequence[Example]:
    """Return the pairs in the order of the rows, and then, if asked for, all of them the other way round."""
    rows = parsed_rows(rows_of(options, COLUMNS, UNTOUCHED), _parse, options.max_skipped, options.max_examples)
    texts = MappedTexts(_flat(rows))
    firsts = np.arange(0, len(texts), 2)
    if not options.both_directions:
        return MappedExamples(texts, firsts, firsts + 1)
    return MappedExamples(texts, np.concatenate([firsts, firsts + 1]), np.concatenate([firsts + 1, firsts]))


def check(options: BitextOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_rows(options, COLUMNS, UNTOUCHED)


def _flat(pairs: Iterator[tuple[str, str]]) -> Iterator[str]:
    for pair in pairs:
        yield from pair


def _parse(row: Row) -> tuple[str, str]:
    return row.text("sentence1"), row.text("sentence2")


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[BitextOptions]]:
    """Offer `bitext`."""
    return [Dataset(name="bitext", options=BitextOptions, requires=("datasets",), load=load, check=check)]
