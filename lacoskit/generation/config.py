"""What the file of `lacoskit generate` says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from pydantic import NonNegativeInt, PositiveInt

from lacoskit import plugins
from lacoskit.components import Generator, Options
from lacoskit.config import Configuration
from lacoskit.errors import Problem
from lacoskit.generation.documents import Documents, check_documents
from lacoskit.mining.config import BM25
from lacoskit.models import why_no_model
from lacoskit.sections import Section


class Filter(Options):
    """Round trip: a pair is kept if its query finds its document among all documents."""

    model: str = BM25
    """What searches: an output folder of lacoskit, a model that sentence-transformers opens, or `bm25`."""
    top_k: PositiveInt = 10
    """The lowest rank at which the document has to be found."""


class GenerateConfig(Configuration):
    """Everything that decides which pairs are made."""

    generator: Section[Generator[Any]]
    documents: Documents
    output: str = "synthetic.jsonl"
    """The file that receives the pairs, as the dataset `triples` reads them; beside it goes a .audit.json."""
    seed: NonNegativeInt = 0
    """The same seed gives the same pairs."""
    max_documents: PositiveInt | None = None
    """Write queries for so many documents only, drawn by the seed; the filter still searches among all."""
    max_pairs: PositiveInt | None = None
    """Keep so many pairs only, drawn by the seed from those that no rule drops."""
    max_query: PositiveInt = 300
    """Characters of a query; longer ones are dropped."""
    prompt: str | None = None
    """Written into each row's `prompt`, for programs that read it there; `lacoskit train` has its own `prompts`."""
    filter: Filter | None = None
    """Round trip; null: no filter."""

    def problems(self) -> list[Problem]:
        """All that can be seen to be wrong on this machine, reading no more than first rows."""
        section = self.generator
        problems = [Problem("documents", what) for what in check_documents(self.documents)]
        problems += [Problem("generator", what) for what in section.component.check(section.options)]
        problems += [Problem("generator", what) for what in plugins.what_is_missing(section.component)]
        return [*problems, *_output(Path(self.output).expanduser()), *_filter(self.filter)]


def _output(output: Path) -> list[Problem]:
    if output.is_dir():
        return [Problem("output", f"{output} is a folder; name a file in it")]
    if output.suffix != ".jsonl":
        return [Problem("output", f"{output} is written as JSON lines; give it a name that ends in .jsonl")]
    if output.exists():
        return [Problem("output", f"{output} is there already; remove it, or name another file")]
    if not output.parent.is_dir():
        return [Problem("output", f"there is no folder {output.parent}; make it, or name another")]
    return []


def _filter(chosen: Filter | None) -> list[Problem]:
    if chosen is None:
        return []
    if chosen.model == BM25:
        there = importlib.util.find_spec("bm25s") is not None
        what = f"bm25 needs the package bm25s, which is not installed: {plugins.how_to_install('bm25s')}"
        return [] if there else [Problem("filter.model", what)]
    problem = why_no_model(chosen.model)
    return [Problem("filter.model", problem)] if problem else []
