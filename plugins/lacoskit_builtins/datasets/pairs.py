"""Pairs of texts from named columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

from pydantic import Field, PositiveInt

from lacoskit import (
    DataError,
    Dataset,
    Example,
    Options,
    Row,
    check_files,
    find_files,
    hookimpl,
    parsed_rows,
    read_rows,
)
from lacoskit_builtins.hub import hub_rows
from lacoskit_builtins.mapped import mapped


class PairsOptions(Options):
    """Your own pairs, from columns that you name.

    An anchor, a positive, any number of negatives, and a score, in local files or on the hub.
    """

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed)."""
    hub: str | None = None
    """A data set on the hub, read where no files are named."""
    subset: str | None = None
    """The configuration of the data set on the hub."""
    split: str = "train"
    """The split of the data set on the hub."""
    revision: str | None = None
    """The commit, tag or branch of the data set on the hub."""
    anchor: str = "anchor"
    """The column of anchors."""
    positive: str = "positive"
    """The column of positives."""
    negatives: tuple[str, ...] = ()
    """The columns of negatives, each with a text or a list of texts; an empty one adds none."""
    score: str | None = None
    """The column of scores, where pairs are graded."""
    streaming: bool = False
    """Train on the rows as they are read, without counting or keeping them: for more than a disk holds. The run needs
    train.max_steps."""
    max_examples: PositiveInt | None = None
    """Stop after this many examples."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""


def load(options: PairsOptions) -> Sequence[Example]:
    """Return the rows as examples, in their order; the texts are kept in a file."""
    return mapped(_examples(options))


def stream(options: PairsOptions) -> Iterator[Example] | None:
    """Yield the rows as examples, if asked for."""
    return _examples(options) if options.streaming else None


def check(options: PairsOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    if not options.files and options.hub is None:
        return ["name local files in files, or a data set of the hub in hub"]
    return check_files(options.files, _columns(options))


def _examples(options: PairsOptions) -> Iterator[Example]:
    parse = partial(_parse, options=options)
    return parsed_rows(_rows(options), parse, options.max_skipped, options.max_examples)


def _rows(options: PairsOptions) -> Iterator[Row]:
    if options.files:
        for path in find_files(options.files):
            yield from read_rows(path, _columns(options))
    elif options.hub is not None:
        yield from hub_rows(
            options.hub, options.subset, options.split, _columns(options), options.revision, options.streaming
        )
    else:
        raise DataError(check(options)[0])


def _parse(row: Row, options: PairsOptions) -> Example:
    negatives: list[str] = []
    for column in options.negatives:
        value = row.values.get(column)
        texts = value if isinstance(value, list) else [value]
        if any(text is not None and not isinstance(text, str) for text in texts):
            raise ValueError(f"{column} is not text")
        negatives += [text.strip() for text in texts if text and text.strip()]
    score = row.number(options.score) if options.score is not None else None
    return Example(row.text(options.anchor), row.text(options.positive), tuple(negatives), score)


def _columns(options: PairsOptions) -> list[str]:
    score = [options.score] if options.score is not None else []
    return [options.anchor, options.positive, *options.negatives, *score]


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[PairsOptions]]:
    """Offer `pairs`."""
    return [Dataset(name="pairs", options=PairsOptions, requires=("datasets",), load=load, check=check, stream=stream)]
