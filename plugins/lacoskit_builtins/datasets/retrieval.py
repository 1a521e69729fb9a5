"""Queries, a corpus, and which of its texts answer which query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import numpy as np
from pydantic import Field, PositiveInt

from lacoskit import DataError, Dataset, Example, Options, Row, hookimpl
from lacoskit_builtins.beir import COLUMNS, BeirFolder, BeirHub, answers_of, texts_of
from lacoskit_builtins.mapped import MappedExamples, MappedTexts


class RetrievalOptions(Options):
    """A retrieval set as BEIR writes it: corpus, queries, and qrels that join them.

    Each query with each text that answers it (a score over 0) is an example.
    """

    folder: str | None = None
    """A folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv or qrels.jsonl (each also as .gz)."""
    hub: str | None = None
    """A set of the same form on the hub, read where no folder is named, as mteb/scifact."""
    qrels_hub: str | None = None
    """The set on the hub that holds the qrels, where it is another, as BeIR/scifact-qrels."""
    revision: str | None = None
    """The commit, tag or branch of the set on the hub."""
    split: str = "train"
    """The split of the qrels."""
    titles: bool = True
    """Put titles before texts."""
    max_examples: PositiveInt | None = None
    """Stop after this many examples."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows, or of answers whose text is not there, above which loading fails."""


def load(options: RetrievalOptions) -> Sequence[Example]:
    """Return the examples in the order of the qrels; of the corpus only answers are kept, in a file."""
    found = answers_of(_rows("qrels", options), options.max_skipped)
    answers = list(dict.fromkeys((query, text) for query, text, _ in found))
    numbers: dict[tuple[str, str], int] = {}
    texts = MappedTexts(_texts(answers, options, numbers))
    pairs = [(numbers.get(("queries", query)), numbers.get(("corpus", text))) for query, text in answers]
    lost = [answer for answer, pair in zip(answers, pairs, strict=True) if None in pair]
    if len(lost) > options.max_skipped * len(answers):
        raise DataError(
            f"{len(lost):,} of {len(answers):,} answers name a query or a text that is not there, as {lost[0]!r}. Mend "
            f"the qrels, or raise max_skipped (now {options.max_skipped:g}) to leave them out."
        )
    whole = np.array([pair for pair in pairs if None not in pair], np.int64).reshape(-1, 2)[: options.max_examples]
    return MappedExamples(texts, whole[:, 0], whole[:, 1])


def check(options: RetrievalOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    if options.folder is None:
        return [] if options.hub is not None else ["name a local folder in folder, or a data set of the hub in hub"]
    return BeirFolder(options.folder, options.split).problems(tuple(COLUMNS))


def _rows(part: str, options: RetrievalOptions) -> Iterator[Row]:
    if options.folder is not None:
        return BeirFolder(options.folder, options.split).rows(part)
    if options.hub is None:
        raise DataError(check(options)[0])
    return BeirHub(options.hub, options.qrels_hub, options.split, options.revision).rows(part)


def _texts(
    answers: Sequence[tuple[str, str]], options: RetrievalOptions, numbers: dict[tuple[str, str], int]
) -> Iterator[str]:
    """Yield the texts that answers name, and note their numbers by part and id."""
    for place, part in enumerate(("queries", "corpus")):
        wanted = {answer[place] for answer in answers}
        titles = options.titles and part == "corpus"  # as the task `retrieval` and BEIR do
        for name, text in texts_of(_rows(part, options), titles, options.max_skipped):
            if name in wanted and (part, name) not in numbers:
                numbers[part, name] = len(numbers)
                yield text


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[RetrievalOptions]]:
    """Offer `retrieval`."""
    return [Dataset(name="retrieval", options=RetrievalOptions, requires=("datasets",), load=load, check=check)]
