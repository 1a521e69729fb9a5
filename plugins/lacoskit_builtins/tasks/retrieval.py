"""Retrieval: how high the texts that answer a query stand among a corpus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from lacoskit import DataError, Embed, Options, Task, TaskResult, hookimpl, nearest
from lacoskit_builtins.beir import BeirFolder, BeirHub, answers_of, texts_of
from lacoskit_builtins.mteb_sets import mteb_set, retrieval_split

CUTS = (1, 10)
"""Ranks down to which gains are counted; recall is told at the depth too."""

BLOCK = 1_024
"""Queries whose nearest texts are looked for at once."""


class RetrievalOptions(Options):
    """How high the answers of queries stand among a corpus (BEIR's form: corpus, queries, qrels).

    Queries are encoded with the prompt `query`, the corpus with `document`. For queries in another language than the
    corpus, name `queries` of another folder whose ids are the same.
    """

    folder: str | None = None
    """A folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv or qrels.jsonl (each also as .gz)."""
    hub: str | None = None
    """A set of the same form on the hub, read where no folder is named, as mteb/scifact."""
    qrels_hub: str | None = None
    """The set on the hub that holds the qrels, where it is another, as BeIR/scifact-qrels."""
    revision: str | None = None
    """The commit, tag or branch of the set on the hub."""
    queries: str | None = None
    """Another folder, whose queries are asked."""
    split: str = "test"
    """The split of the qrels, where they are in qrels/."""
    titles: bool = True
    """Put titles before texts."""
    depth: PositiveInt = 100
    """Texts that are found for a query."""
    ignore_identical_ids: bool = False
    """Never find for a query the text of its own id: where queries are texts of the corpus, as in ArguAna."""
    language: str | None = None
    """The code of the language of the corpus, and of the queries if `query_language` does not say otherwise."""
    query_language: str | None = None
    """The code of the language of the queries."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows, or of answers whose text is not there, above which loading fails."""


@dataclass(frozen=True)
class _Set:
    """Texts by their ids, and the grade of each answer."""

    queries: Mapping[str, str]
    corpus: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    depth: int
    ignore_identical_ids: bool
    languages: tuple[str, ...]


def load(options: RetrievalOptions) -> _Set:
    """Read the set; queries without an answer in the corpus are left out."""
    folder, asked = _places(options)
    corpus = dict(texts_of(folder.rows("corpus"), options.titles, options.max_skipped))
    queries = dict(texts_of(asked.rows("queries"), False, options.max_skipped))
    qrels: dict[str, dict[str, int]] = {}
    lost = total = 0
    for query, text, grade in answers_of(folder.rows("qrels"), options.max_skipped):
        total += 1
        if query not in queries or text not in corpus:
            lost += 1
        else:
            qrels.setdefault(query, {})[text] = grade
    where = options.folder or options.hub
    if lost > options.max_skipped * total:
        raise DataError(
            f"{where}: {lost:,} of {total:,} answers name a query or a text that is not there. Mend the "
            f"qrels, or raise max_skipped (now {options.max_skipped:g}) to leave them out"
        )
    if not qrels:
        raise DataError(f"{where}: no query has an answer in the corpus")
    named = (options.query_language or options.language, options.language)
    languages = tuple(dict.fromkeys(code for code in named if code))
    kept = {name: queries[name] for name in qrels}
    return _Set(kept, corpus, qrels, options.depth, options.ignore_identical_ids, languages)


def measure(data: _Set, embed: Embed) -> TaskResult:
    """Rank the corpus for each query by cosines, and count as trec_eval does."""
    queries, texts = list(data.queries), list(data.corpus)
    asked = embed([data.queries[name] for name in queries], "query")
    corpus = embed([data.corpus[name] for name in texts], "document")
    found = _ranked(data, asked, corpus)
    by_query = _figures(data.qrels, found, data.depth)
    per_query = {name: np.array([by_query[query][name] for query in queries]) for name in by_query[queries[0]]}
    main = per_query["ndcg@10"]

    def resampled(units: NDArray[np.int64]) -> float:
        return float(main[units].mean())

    def shown(unit: int) -> dict[str, str]:
        query = queries[unit]
        answers = data.qrels[query]
        answer = data.corpus[max(answers, key=answers.__getitem__)]
        return {"query": data.queries[query], "answer": answer, "found first": data.corpus[next(iter(found[query]))]}

    return TaskResult(
        figures={name: float(values.mean()) for name, values in per_query.items()},
        main="ndcg@10",
        units=len(queries),
        resampled=resampled,
        languages=data.languages,
        by_unit=main,
        shown=shown,
    )


def _ranked(data: _Set, asked: NDArray[np.float32], corpus: NDArray[np.float32]) -> dict[str, dict[str, float]]:
    """What is found for each query, the nearest first: the text's id, and minus its rank.

    By rank and not by cosine: trec_eval orders ties by id, and so would not see what is ranked here.
    """
    queries, texts = list(data.queries), list(data.corpus)
    depth = min(data.depth + data.ignore_identical_ids, len(texts))
    found: dict[str, dict[str, float]] = {}
    for start in range(0, len(queries), BLOCK):
        numbers, scores = nearest(asked[start : start + BLOCK], corpus, depth)
        for name, row, values in zip(queries[start : start + BLOCK], numbers, scores, strict=True):
            left_out = name if data.ignore_identical_ids else None
            near = [texts[number] for number in row[np.isfinite(values)] if texts[number] != left_out]
            found[name] = {text: -float(rank) for rank, text in enumerate(near[: data.depth])}
    return found


def as_mteb(data: _Set, name: str) -> Any:
    """Make mteb's Retrieval of the set, with the same prompts; it ranks 1,000 texts, whatever `depth` is."""
    split = retrieval_split(data.queries, data.corpus, data.qrels)
    settings: dict[str, Any] = {"ignore_identical_ids": data.ignore_identical_ids}
    return mteb_set(name, "Retrieval", "ndcg_at_10", {"test": split}, data.languages, **settings)


def check(options: RetrievalOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    if options.folder is None and options.hub is None:
        return ["name a folder with corpus, queries and qrels: folder: FOLDER, or a data set of the hub in hub"]
    folder, asked = _places(options)
    problems = folder.problems(("corpus", "queries", "qrels"))
    return problems + (asked.problems(("queries",)) if asked != folder else [])


def _places(options: RetrievalOptions) -> tuple[BeirFolder | BeirHub, BeirFolder | BeirHub]:
    """Where the corpus and the qrels are, and where the queries are."""
    place: BeirFolder | BeirHub
    if options.folder is None and options.hub is not None:
        place = BeirHub(options.hub, options.qrels_hub, options.split, options.revision)
    else:
        place = BeirFolder(options.folder or "", options.split)
    return place, place if options.queries is None else BeirFolder(options.queries, options.split)


def _figures(
    qrels: Mapping[str, Mapping[str, int]], found: Mapping[str, Mapping[str, float]], depth: int
) -> dict[str, dict[str, float]]:
    """By query: nDCG (Järvelin and Kekäläinen 2002), reciprocal rank and recall."""
    import pytrec_eval

    names = {f"ndcg_cut_{cut}": f"ndcg@{cut}" for cut in CUTS}
    names |= {f"recall_{cut}": f"recall@{cut}" for cut in (CUTS[-1], depth)}
    measures = {"ndcg_cut." + ",".join(map(str, CUTS)), f"recall.{CUTS[-1]},{depth}", "recip_rank"}
    evaluator: Any = pytrec_eval.RelevanceEvaluator({query: dict(texts) for query, texts in qrels.items()}, measures)
    by_query = evaluator.evaluate({query: dict(texts) for query, texts in found.items()})
    return {
        query: {**{ours: values[theirs] for theirs, ours in names.items()}, "mrr": values["recip_rank"]}
        for query, values in by_query.items()
    }


@hookimpl
def lacoskit_tasks() -> Sequence[Task[RetrievalOptions]]:
    """Offer `retrieval`."""
    return [
        Task(
            name="retrieval",
            options=RetrievalOptions,
            requires=("pytrec_eval",),
            load=load,
            measure=measure,
            check=check,
            as_mteb=as_mteb,
        )
    ]
