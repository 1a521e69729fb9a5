"""Data in memory as a task of mteb (version 2)."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from lacoskit import LacoskitError, mteb_code
from lacoskit_builtins.mteb_names import why_not_called

BASES = {
    "STS": "sts:AbsTaskSTS",
    "Retrieval": "retrieval:AbsTaskRetrieval",
    "Reranking": "retrieval:AbsTaskRetrieval",
    "BitextMining": "text.bitext_mining:AbsTaskBitextMining",
    "Classification": "classification:AbsTaskClassification",
    "PairClassification": "pair_classification:AbsTaskPairClassification",
    "Clustering": "clustering:AbsTaskClustering",
}
"""mteb's class for each of its types of tasks."""


def mteb_set(
    name: str,
    kind: str,
    main_score: str,
    data: Mapping[str, Any],
    languages: Sequence[str] = (),
    roles: tuple[str | None, ...] = (),
    **settings: Any,
) -> Any:
    """Make a task of mteb, loaded; a LacoskitError if it has one of this name.

    `kind`: a type as mteb calls it, one of BASES; `data`: by split, columns of equal length, or for retrieval and
    reranking what `retrieval_split` gives; `roles`: of pairs, the prompts of first and second sentences; `settings`:
    attributes of mteb's class.
    """
    from datasets import Dataset, DatasetDict
    from mteb import TaskMetadata
    from mteb.types import PromptType

    problem = why_not_called(name)
    if problem:
        raise LacoskitError(problem)
    module, _, base = BASES[kind].partition(":")
    metadata = TaskMetadata(
        name=name,
        type=kind,
        main_score=main_score,
        description="a set of one's own",
        dataset={"path": "local", "revision": "local"},
        eval_splits=["test"],
        eval_langs=[mteb_code(code) for code in languages] or [mteb_code("")],
        category="t2t",
        modalities=["text"],
    )
    prompts = {f"input{number}_prompt_type": PromptType(role) for number, role in enumerate(roles, 1) if role}
    made = type(base, (getattr(importlib.import_module(f"mteb.abstasks.{module}"), base),), {"metadata": metadata})
    task = made()
    for key, value in (settings | prompts).items():
        setattr(task, key, value)
    if "Retrieval" in base:
        task.dataset = {"default": dict(data)}
    else:
        task.dataset = DatasetDict({split: Dataset.from_dict(columns) for split, columns in data.items()})
    task.data_loaded = True
    return task


def retrieval_split(
    queries: Mapping[str, str],
    corpus: Mapping[str, str],
    qrels: Mapping[str, Mapping[str, int]],
    candidates: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Any]:
    """What mteb has for a split of retrieval: texts by their ids, grades by query; for reranking, what is ranked."""
    from datasets import Dataset

    return {
        "queries": Dataset.from_dict({"id": list(queries), "text": list(queries.values())}),
        "corpus": Dataset.from_dict({"id": list(corpus), "title": [""] * len(corpus), "text": list(corpus.values())}),
        "relevant_docs": {query: dict(grades) for query, grades in qrels.items()},
        "top_ranked": None if candidates is None else {query: list(texts) for query, texts in candidates.items()},
    }
