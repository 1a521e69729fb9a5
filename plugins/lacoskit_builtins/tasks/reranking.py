"""Reranking: how high the right ones stand among a query's own candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit import Embed, Row, Task, TaskResult, hookimpl
from lacoskit_builtins.mteb_sets import mteb_set, retrieval_split
from lacoskit_builtins.task_rows import TaskRowsOptions, check_task_rows, task_rows

DIGITS = 7
"""Decimals of a cosine: what differs by less is a tie."""


class RerankingOptions(TaskRowsOptions):
    """How high the right ones stand among a query's candidates (AskUbuntu, MIRACL).

    Queries are encoded with the prompt `query`, candidates with `document`.
    """

    query: str = "query"
    """The column of queries."""
    positive: str = "positive"
    """The column of right candidates: a list of texts, or one."""
    negative: str = "negative"
    """The column of wrong candidates: a list of texts, or one. A text that is in both is right."""
    language: str | None = None
    """The code of the language, by which results are put together."""


@dataclass(frozen=True)
class _Query:
    """A query and its candidates, in the order in which ties are ranked."""

    text: str
    candidates: list[str]
    right: frozenset[str]


@dataclass(frozen=True)
class _Queries:
    queries: list[_Query]
    languages: tuple[str, ...]


def load(options: RerankingOptions) -> _Queries:
    """Read the queries; one without a right or without a wrong candidate is an unusable row."""

    def parse(row: Row) -> _Query:
        right = frozenset(_texts(row, options.positive))
        wrong = set(_texts(row, options.negative)) - right
        if not wrong:
            raise ValueError(f"{options.negative} has no text that is not in {options.positive}")
        # by their letters, which say nothing: a model that holds all for equal is not to profit from the file's order
        return _Query(row.text(options.query), sorted(right | wrong), right)

    queries = task_rows(parse, options, _columns(options))
    return _Queries(queries, (options.language,) if options.language else ())


def measure(data: _Queries, embed: Embed) -> TaskResult:
    """Order each query's candidates by cosines; mean average precision and reciprocal rank as trec_eval counts them.

    The same as mteb's Reranking (`map_at_1000`, `mrr_at_1000`) but for ties, which it leaves to the order of ids.
    """
    queries = data.queries
    texts = {text: number for number, text in enumerate(dict.fromkeys(t for q in queries for t in q.candidates))}
    asked = embed([query.text for query in queries], "query").astype(np.float64)
    vectors = embed(list(texts), "document")
    found = {}
    for number, query in enumerate(queries):
        cosines = vectors[[texts[text] for text in query.candidates]].astype(np.float64) @ asked[number]
        order = np.argsort(-np.round(cosines, DIGITS), kind="stable")
        # by rank: trec_eval orders ties by id, and so would not see what is ranked here
        found[str(number)] = {query.candidates[place]: -float(rank) for rank, place in enumerate(order)}
    per_query = _figures(queries, found)
    main = per_query["map"]
    firsts = [max(ranked, key=ranked.__getitem__) for ranked in found.values()]

    def resampled(units: NDArray[np.int64]) -> float:
        return float(main[units].mean())

    def shown(unit: int) -> dict[str, str]:
        query = queries[unit]
        return {"query": query.text, "right": min(query.right), "found first": firsts[unit]}

    return TaskResult(
        figures={name: float(values.mean()) for name, values in per_query.items()},
        main="map",
        units=len(queries),
        resampled=resampled,
        languages=data.languages,
        by_unit=main,
        shown=shown,
    )


def as_mteb(data: _Queries, name: str) -> Any:
    """Make mteb's Reranking of the queries and their candidates, with the same prompts."""
    texts = {
        text: f"d{number}" for number, text in enumerate(dict.fromkeys(t for q in data.queries for t in q.candidates))
    }
    queries = {f"q{number}": query for number, query in enumerate(data.queries)}
    split = retrieval_split(
        {name: query.text for name, query in queries.items()},
        {name: text for text, name in texts.items()},
        {name: {texts[text]: 1 for text in query.right} for name, query in queries.items()},
        {name: [texts[text] for text in query.candidates] for name, query in queries.items()},
    )
    return mteb_set(name, "Reranking", "map_at_1000", {"test": split}, data.languages)


def check(options: RerankingOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_task_rows(options, _columns(options), "queries and candidates")


def _columns(options: RerankingOptions) -> tuple[str, str, str]:
    return options.query, options.positive, options.negative


def _texts(row: Row, column: str) -> list[str]:
    """The texts of a column, stripped; a ValueError says why there are none."""
    value = row.values.get(column)
    if not isinstance(value, list):
        return [row.text(column)]
    if not value:
        raise ValueError(f"empty {column}")
    return [Row(row.where, {column: text}).text(column) for text in value]


def _figures(queries: Sequence[_Query], found: dict[str, dict[str, float]]) -> dict[str, NDArray[np.float64]]:
    """By figure, its value for each query."""
    import pytrec_eval

    names = {"map": "map", "mrr": "recip_rank"}
    right = {str(number): dict.fromkeys(query.right, 1) for number, query in enumerate(queries)}
    evaluator: Any = pytrec_eval.RelevanceEvaluator(right, set(names.values()))
    by_query = evaluator.evaluate(found)
    return {
        ours: np.array([by_query[str(number)][theirs] for number in range(len(queries))])
        for ours, theirs in names.items()
    }


@hookimpl
def lacoskit_tasks() -> Sequence[Task[RerankingOptions]]:
    """Offer `reranking`."""
    return [
        Task(
            name="reranking",
            options=RerankingOptions,
            requires=("pytrec_eval",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
