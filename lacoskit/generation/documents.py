"""The documents of a corpus: read, each text once, in the order of the files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from lacoskit.components import Document, Options
from lacoskit.errors import DataError, did_you_mean
from lacoskit.rows import Row, check_files, find_files, parse_rows, read_rows

CORPUS = ("corpus.jsonl", "corpus.jsonl.gz", "corpus.parquet")
"""What the file of documents is called in a folder of BEIR."""
COLUMNS = {"text": "text", "title": "title", "id": "_id"}
"""What its columns are called."""


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


@dataclass(frozen=True)
class Corpus:
    """Documents of which no two have the same id or text."""

    documents: tuple[Document, ...]
    repeated: int
    """How many were left out because an earlier one has the same text."""

    @property
    def sha256(self) -> str:
        """Of all documents in their order."""
        digest = hashlib.sha256()
        for document in self.documents:
            digest.update(repr((document.id, document.title, document.text, document.language)).encode())
        return digest.hexdigest()

    def drawn(self, count: int | None, seed: int) -> Sequence[Document]:
        """So many documents, by the hash of their id and the seed, in their order; all without a count."""
        if count is None or count >= len(self.documents):
            return self.documents
        chosen = sorted(self.documents, key=lambda document: draw(seed, document.id))[:count]
        ids = {document.id for document in chosen}
        return [document for document in self.documents if document.id in ids]


def draw(seed: int, name: str) -> bytes:
    """A key for sorting that leaves the same order to chance in every run with the seed."""
    return hashlib.sha256(f"{seed} {name}".encode()).digest()


def check_documents(options: Documents) -> list[str]:
    """What is wrong with the documents as far as the first rows show."""
    if options.beir is not None and _corpus_file(options.beir) is None:
        return [_no_corpus(options.beir)]
    files, columns = _files(options), _columns(options)
    optional = {"title"} if options.beir is not None else set()
    return check_files(files, [column for name, column in columns.items() if name not in optional])


def read_documents(options: Documents) -> Corpus:
    """Read the documents; a DataError tells rows that cannot be used, or an id that stands twice."""
    columns = _columns(options)
    rows = parse_rows(_rows(options, columns), lambda row: _parse(row, options, columns), options.max_skipped)
    by_id: dict[str, str] = {}
    by_text: dict[str, Document] = {}
    for where, document in rows:
        if document.id in by_id:
            raise DataError(f"the id {document.id!r} stands at {by_id[document.id]} and at {where}; give each its own")
        by_id[document.id] = where
        by_text.setdefault(document.text, document)
    if not by_text:
        raise DataError("there is no document")
    return Corpus(tuple(by_text.values()), len(rows) - len(by_text))


def _rows(options: Documents, columns: dict[str, str]) -> Iterator[Row]:
    for path in find_files(_files(options)):
        yield from read_rows(path, [columns["text"], *([columns["id"]] if "id" in columns else [])])


def _parse(row: Row, options: Documents, columns: dict[str, str]) -> tuple[str, Document]:
    def optional(name: str) -> str:
        value = row.values.get(columns[name]) if name in columns else None
        if value is not None and not isinstance(value, str):
            raise ValueError(f"{columns[name]} is not text")
        return (value or "").strip()

    identity = row.values.get(columns["id"]) if "id" in columns else row.where
    if not isinstance(identity, str | int) or not str(identity).strip():
        raise ValueError(f"no {columns.get('id', 'id')}")
    language = optional("language").lower() or options.language
    return row.where, Document(
        id=str(identity).strip(), text=row.text(columns["text"]), title=optional("title"), language=language
    )


def _files(options: Documents) -> list[str]:
    if options.beir is None:
        return list(options.files)
    path = _corpus_file(options.beir)
    if path is None:
        raise DataError(_no_corpus(options.beir))
    return [str(path)]


def _columns(options: Documents) -> dict[str, str]:
    """The column of each part of a document that has one."""
    if options.beir is not None:
        found = dict(COLUMNS)
    else:
        given = {"text": options.text, "title": options.title, "id": options.id}
        found = {name: column for name, column in given.items() if column is not None}
    return found | ({"language": options.language_column} if options.language_column is not None else {})


def _corpus_file(folder: str) -> Path | None:
    paths = (Path(folder).expanduser() / name for name in CORPUS)
    return next((path for path in paths if path.is_file()), None)


def _no_corpus(folder: str) -> str:
    path = Path(folder).expanduser()
    if not path.is_dir():
        near = [other.name for other in path.parent.glob("*") if other.is_dir()] if path.parent.is_dir() else []
        return f"there is no folder {folder}" + (f"; {did_you_mean(path.name, near)}" if near else "")
    return f"{folder} has no {CORPUS[0]}; name its files in documents.files"
