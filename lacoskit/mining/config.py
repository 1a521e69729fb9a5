"""The configuration of mining, and what can be seen to be wrong with it before anything heavy is loaded."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from lacoskit import plugins
from lacoskit.components import Dataset
from lacoskit.config import Configuration
from lacoskit.errors import Problem
from lacoskit.models import why_no_model
from lacoskit.rows import check_files
from lacoskit.sections import Section, sections_in

BM25 = "bm25"
"""The reference of the model that searches by words."""


class MineConfig(Configuration):
    """Everything that decides which negatives are mined."""

    model: str = "runs/default"
    """What finds the candidates: the output folder of a run, a model that sentence-transformers opens, `base:` and a
    Hugging Face model as it is, or `bm25`, which goes by words."""
    prompts: dict[Literal["query", "document"], str] | None = None
    """Text put before queries and documents as the model reads them, in place of the model's own prompts."""
    queries: Section[Dataset[Any]]
    """The dataset whose anchors are the queries; all positives of an anchor are kept from being its negatives."""
    corpus: tuple[str, ...] = ()
    """Files with the texts among which negatives are looked for (JSONL, CSV, TSV, TXT, Parquet; patterns allowed); by
    default all positives of the dataset."""
    columns: Annotated[tuple[str, ...], Field(min_length=1)] = ("text",)
    """The columns of the corpus that make a text, joined by a space: `[title, text]` for BEIR's. Rows in which all
    are empty are left out and counted."""
    output: str = "mined.jsonl"
    """The file that receives the triples; the audit comes to stand beside it."""
    negatives: PositiveInt = 4
    """The most negatives of a query."""
    ranks: tuple[PositiveInt, PositiveInt] = (1, 50)
    """The first and the last rank from which negatives are taken; positives have no rank."""
    relative: Annotated[float, Field(gt=0, le=1)] | None = 0.95
    """Keep a candidate only if its score is less than this part of the positive's; null for any."""
    margin: Annotated[float, Field(ge=0)] | None = None
    """Keep a candidate only if its score is less than the positive's by more than this; null for any."""
    absolute: float | None = None
    """Keep a candidate only if its score is less than this; null for any."""
    pick: Literal["top", "random"] = "top"
    """Which of the candidates that are left become negatives: those with the highest scores, or any."""
    fewer: Literal["keep", "drop"] = "keep"
    """What becomes of queries that get fewer negatives than asked for."""
    rescore: str | None = None
    """A cross-encoder (folder or name) of sentence-transformers whose scores take the place of the model's, for the
    rules and for `pick`."""
    prompt: str | None = None
    """An instruction to write into every row, for training that puts one before its queries."""
    seed: NonNegativeInt = 0
    """Decides what `pick: random` takes."""
    search: Literal["exact", "faiss-flat", "faiss-ivf"] = "exact"
    """How the nearest vectors are found: exactly, exactly by faiss, or by faiss among the nearest clusters only."""
    dtype: Literal["float32", "float16"] = "float32"
    """The dtype of the vectors on disk."""
    batch_size: PositiveInt = 32
    """Texts that sentence-transformers computes at once; lacoskit's own encoder goes by tokens."""
    cache: str | None = None
    """The folder that keeps vectors and candidates for the next run; by default lacoskit's cache."""

    @field_validator("ranks")
    @classmethod
    def _are_in_order(cls, ranks: tuple[int, int]) -> tuple[int, int]:
        if ranks[0] > ranks[1]:
            raise ValueError("the first rank comes after the last; write [first, last]")
        return ranks

    def problems(self) -> list[Problem]:
        """All that can be seen to be wrong on this machine, reading no more than first rows."""
        problems = []
        for place, section in sections_in(self.queries, "queries"):  # of a mixture, all its sources
            problems += [Problem(place, what) for what in plugins.what_is_missing(section.component)]
            if isinstance(section.component, Dataset):
                problems += [Problem(place, what) for what in section.component.check(section.options)]
        problems += [Problem("corpus", what) for what in check_files(self.corpus, self.columns)]
        return [*problems, *_model(self), *_packages(self), *_output(Path(self.output).expanduser())]


def _model(config: MineConfig) -> list[Problem]:
    if config.model != BM25:
        what = why_no_model(config.model)
        return [Problem("model", what)] if what else []
    problems = []
    if config.search != "exact":
        problems.append(Problem("search", f"bm25 has no vectors to search with {config.search}; leave it out"))
    if config.prompts:
        problems.append(Problem("prompts", "bm25 would count the words of a prompt in every text; leave them out"))
    return problems


def _packages(config: MineConfig) -> list[Problem]:
    wanted = [
        ("model", "bm25s", config.model == BM25),
        ("search", "faiss", config.search != "exact"),
        ("rescore", "sentence_transformers", config.rescore is not None),
    ]
    return [
        Problem(key, f"needs the package {module}, which is not installed: {plugins.how_to_install(module)}")
        for key, module, used in wanted
        if used and importlib.util.find_spec(module) is None
    ]


def _output(output: Path) -> list[Problem]:
    if output.suffix != ".jsonl":
        return [Problem("output", f"{output} has to end with .jsonl, by which its readers know the format")]
    if output.exists():
        return [Problem("output", f"{output} is there already; remove it, or name another file")]
    if output.parent.exists() and not output.parent.is_dir():
        return [Problem("output", f"{output.parent} is a file; name a folder")]
    return []
