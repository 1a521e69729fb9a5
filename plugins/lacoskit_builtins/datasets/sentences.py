"""Texts without any label: what tells a text from itself is dropout alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lacoskit import Dataset, Example, hookimpl, parsed_rows
from lacoskit_builtins.mapped import MappedExamples, MappedTexts
from lacoskit_builtins.reading import RowsOptions, check_rows, rows_of


class SentencesOptions(RowsOptions):
    """Unlabelled texts, each its own positive (SimCSE, 2104.08821).

    The two vectors of a text differ by dropout: the model, or the adapter (`adapter.dropout`), has to have some.
    """

    column: str = "text"
    """The column of texts; of a .txt file, in which each line is one, `text`."""


def load(options: SentencesOptions) -> Sequence[Example]:
    """Return each text with itself, in the order of the rows."""
    rows = rows_of(options, (options.column,))
    limits = (options.max_skipped, options.max_examples)
    texts = MappedTexts(parsed_rows(rows, lambda row: row.text(options.column), *limits))
    places = np.arange(len(texts))
    return MappedExamples(texts, places, places)


def check(options: SentencesOptions) -> Sequence[str]:
    """Look for the files and their column."""
    return check_rows(options, (options.column,))


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[SentencesOptions]]:
    """Offer `sentences`."""
    return [Dataset(name="sentences", options=SentencesOptions, requires=("datasets",), load=load, check=check)]
