"""Labelled texts: two of one class are a pair."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeInt

from lacoskit import DataError, Dataset, Example, Row, hookimpl, parsed_rows
from lacoskit_builtins.mapped import MappedExamples, MappedTexts
from lacoskit_builtins.reading import UNTOUCHED, RowsOptions, check_rows, label_of, rows_of

COLUMNS = ("text", "label")


class ClassificationOptions(RowsOptions):
    """Labelled texts: text, label. Two texts of a class are a pair.

    Each text is once an anchor and once a positive. Losses that take the rest of the batch as negatives also meet texts
    of the anchor's own class there: a set of few classes wants small batches.
    """

    negatives: NonNegativeInt = 0
    """How many texts of other classes each example takes as negatives."""
    seed: NonNegativeInt = 0
    """The same seed makes the same pairs."""


def load(options: ClassificationOptions) -> Sequence[Example]:
    """Return the examples, in the order in which their anchors stand in the rows.

    Of texts that come again in their class the first counts; one that has two classes is left out.
    """
    texts, labels = _read(options)
    generator = np.random.default_rng(options.seed)
    partner = np.full(len(texts), -1, np.int64)
    for label in range(labels.max(initial=-1) + 1):
        members = generator.permutation(np.flatnonzero(labels == label))
        if len(members) > 1:
            partner[members] = np.roll(members, 1)
    anchors = np.flatnonzero(partner >= 0)[: options.max_examples]
    if options.negatives and len(np.unique(labels[labels >= 0])) < 2:
        raise DataError("dataset: negatives are texts of other classes, and there is but one class")
    chosen = _others(anchors, labels, options.negatives, generator)
    starts = np.arange(len(anchors) + 1) * options.negatives
    return MappedExamples(texts, anchors, partner[anchors], chosen, starts)


def check(options: ClassificationOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_rows(options, COLUMNS, UNTOUCHED)


def _read(options: ClassificationOptions) -> tuple[MappedTexts, NDArray[np.int64]]:
    """The texts that are there once and of one class, and the numbers of their classes, in the order of the rows."""
    numbers: dict[str, int] = {}
    first: dict[str, int] = {}
    of_row, contradicted = array("q"), set()

    def texts() -> Iterator[str]:
        for text, label in parsed_rows(rows_of(options, COLUMNS, UNTOUCHED), _parse, options.max_skipped):
            number = numbers.setdefault(label, len(numbers))
            if text not in first:
                first[text] = len(of_row)
                of_row.append(number)
                yield text
            elif of_row[first[text]] != number:
                contradicted.add(first[text])

    kept = MappedTexts(texts())
    labels = np.array(of_row, np.int64)
    labels[sorted(contradicted)] = -1
    return kept, labels


def _others(
    anchors: NDArray[np.int64], labels: NDArray[np.int64], count: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    """For each anchor, `count` texts of other classes, int64 [anchors * count]: each such text is as likely."""
    by_class = np.argsort(labels, kind="stable")
    by_class = by_class[labels[by_class] >= 0]
    begins = np.searchsorted(labels[by_class], labels[anchors], "left")
    ends = np.searchsorted(labels[by_class], labels[anchors], "right")
    others = len(by_class) - (ends - begins)
    drawn = np.floor(generator.random((len(anchors), count)) * others[:, None]).astype(np.int64)
    drawn += np.where(drawn >= begins[:, None], (ends - begins)[:, None], 0)  # past the anchor's own class
    return by_class[drawn].reshape(-1)


def _parse(row: Row) -> tuple[str, str]:
    return row.text("text"), label_of(row)


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[ClassificationOptions]]:
    """Offer `classification`."""
    return [
        Dataset(name="classification", options=ClassificationOptions, requires=("datasets",), load=load, check=check)
    ]
