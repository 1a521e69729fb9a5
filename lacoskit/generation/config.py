"""What the file of `lacoskit generate` says."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from lacoskit.components import Generator, Options
from lacoskit.config import Configuration
from lacoskit.mining.config import BM25
from lacoskit.sections import Section


class Documents(Options):
    """Where the documents are, and what their columns are called."""

    files: tuple[str, ...] = ()
    """JSONL, CSV, TSV, plain text (one document a line), each also as .gz, or Parquet; patterns allowed."""
    beir: str | None = None
    """Or a folder as BEIR has it: corpus.jsonl, also .gz, with _id, title and text."""
    text: str = "text"
    """The column of the texts."""
    title: str | None = None
    """The column of titles; empty ones are allowed."""
    id: str | None = None
    """The column of ids; null: file and line."""
    language: str | None = None
    """The language of all documents, as in `en`; null: what the column says, or what the generator finds."""
    language_column: str | None = None
    """The column of each document's language, as in `en`; empty ones are allowed."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""

    @model_validator(mode="after")
    def _names_one_place(self) -> Documents:
        if bool(self.files) == (self.beir is not None):
            raise ValueError("name either `files`, as in {files: [corpus/*.jsonl]}, or a folder, as in {beir: FOLDER}")
        return self


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
