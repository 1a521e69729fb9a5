"""Queries with what answers them and what does not, as FlagEmbedding and `lacoskit mine` write them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import NonNegativeInt

from lacoskit import Dataset, Example, Row, hookimpl, parsed_rows
from lacoskit_builtins.mapped import mapped
from lacoskit_builtins.reading import UNTOUCHED, RowsOptions, check_rows, rows_of

COLUMNS = ("query", "pos", "neg")
OPTIONAL = ("pos_scores", "neg_scores", "prompt", *UNTOUCHED)


class TriplesOptions(RowsOptions):
    """Queries with lists of positives and hard negatives (FlagEmbedding's format).

    A row has query, pos and neg, as {"query": "...", "pos": ["..."], "neg": ["..."]}, and may have pos_scores and
    neg_scores. Each query and positive make an example. A row's own prompt is not used: the config's `prompts` are.
    """

    streaming: bool = False
    """Train on the rows as they are read, without counting or keeping them: for more than a disk holds. The run needs
    train.max_steps."""
    negatives: NonNegativeInt | None = 7
    """How many of a query's negatives an example takes; null for all."""
    choice: Literal["random", "hardest"] = "random"
    """Which of them: others for each positive, or those with the highest neg_scores."""
    seed: NonNegativeInt = 0
    """The same seed chooses the same negatives."""
    scores: bool = False
    """Take pos_scores as the scores of the examples."""


def load(options: TriplesOptions) -> Sequence[Example]:
    """Return the examples, in the order of the rows and their positives."""
    return mapped(_examples(options))


def stream(options: TriplesOptions) -> Iterator[Example] | None:
    """Yield the examples, if asked for."""
    return _examples(options) if options.streaming else None


def check(options: TriplesOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_rows(options, COLUMNS, OPTIONAL)


def _examples(options: TriplesOptions) -> Iterator[Example]:
    read = rows_of(options, COLUMNS, OPTIONAL, options.streaming)
    rows, given = parsed_rows(read, lambda row: _parse(row, options), options.max_skipped), 0
    for examples in rows:
        for example in examples:
            if given == options.max_examples:
                return
            given += 1
            yield example


def _parse(row: Row, options: TriplesOptions) -> list[Example]:
    query, positives, negatives = row.text("query"), _texts(row, "pos"), _texts(row, "neg")
    if not positives:
        raise ValueError("no text in pos")
    scores = _numbers(row, "pos_scores", len(positives), options.scores)
    hardness = _numbers(row, "neg_scores", len(negatives), options.choice == "hardest")
    others = [place for place, text in enumerate(negatives) if text not in positives and text != query]
    examples = []
    for place, positive in enumerate(positives):
        chosen = _chosen(others, hardness, f"{options.seed} {query} {positive}", options)
        score = scores[place] if options.scores else None
        examples.append(Example(query, positive, tuple(negatives[number] for number in chosen), score))
    return examples


def _chosen(places: list[int], hardness: list[float], name: str, options: TriplesOptions) -> list[int]:
    """The places of the negatives to take, the hardest first or as they are drawn; all of them in their own order."""
    if options.choice == "hardest":
        return sorted(places, key=lambda place: -hardness[place])[: options.negatives]
    if options.negatives is None or options.negatives >= len(places):
        return places
    return random.Random(name).sample(places, options.negatives)  # noqa: S311 - by the row, wherever it stands


def _texts(row: Row, column: str) -> list[str]:
    values = row.values.get(column)
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"{column} is not a list of texts")
    texts = [value.strip() for value in values]
    if not all(texts):
        raise ValueError(f"empty text in {column}")
    return texts


def _numbers(row: Row, column: str, count: int, needed: bool) -> list[float]:
    """The numbers in a column, as many as there are texts; none where nobody needs them and they are not there."""
    values = row.values.get(column)
    if values is None and not needed:
        return []
    if not isinstance(values, list | tuple) or len(values) != count:
        raise ValueError(f"{column} is not a list of as many numbers as texts")
    return [Row(row.where, {column: value}).number(column) for value in values]


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[TriplesOptions]]:
    """Offer `triples`."""
    return [
        Dataset(name="triples", options=TriplesOptions, requires=("datasets",), load=load, check=check, stream=stream)
    ]
