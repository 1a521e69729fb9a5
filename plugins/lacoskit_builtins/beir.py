"""Retrieval sets as BEIR writes them in a folder: a corpus, queries, and qrels that join them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lacoskit import DataError, Row, check_files, parsed_rows, read_rows
from lacoskit_builtins.hub import hub_rows

COLUMNS = {"queries": ("_id", "text"), "corpus": ("_id", "text"), "qrels": ("query-id", "corpus-id", "score")}
OPTIONAL = {"queries": ("title", "metadata", "language"), "corpus": ("title", "metadata", "language"), "qrels": ()}


@dataclass(frozen=True)
class BeirFolder:
    """A folder with corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv or qrels.jsonl, each also as .gz."""

    folder: str
    split: str

    def rows(self, part: str) -> Iterator[Row]:
        """The rows of `queries`, `corpus` or `qrels`; a DataError if there are none."""
        return read_rows(self.file(part), COLUMNS[part], OPTIONAL[part])

    def problems(self, parts: Sequence[str]) -> list[str]:
        """What can be seen to be wrong with the files of these parts."""
        problems: list[str] = []
        for part in parts:
            try:
                problems += check_files([str(self.file(part))], COLUMNS[part], OPTIONAL[part])
            except DataError as error:
                problems.append(str(error))
        return problems

    def file(self, part: str) -> Path:
        """The file of a part; a DataError says which names were looked for."""
        folder = Path(self.folder).expanduser()
        names = [f"{part}.jsonl"]
        if part == "qrels":
            names = [f"qrels/{self.split}.tsv", f"qrels/{self.split}.jsonl", *names]
        for name in names:
            for path in (folder / name, folder / f"{name}.gz"):
                if path.is_file():
                    return path
        raise DataError(f"{folder}: has no {' and no '.join(names)} (nor one of these with .gz)")


@dataclass(frozen=True)
class BeirHub:
    """The same on the hub: configurations `corpus` and `queries`, and qrels there or in a set of their own."""

    hub: str
    qrels_hub: str | None
    split: str
    revision: str | None

    def rows(self, part: str) -> Iterator[Row]:
        """The rows of `queries`, `corpus` or `qrels`; a DataError if they cannot be had."""
        if part == "qrels":
            return hub_rows(self.qrels_hub or self.hub, None, self.split, COLUMNS[part], self.revision)
        return hub_rows(self.hub, part, part, COLUMNS[part], self.revision)

    def problems(self, parts: Sequence[str]) -> list[str]:
        """Nothing, since nothing is looked at before it is loaded."""
        return []


def texts_of(rows: Iterator[Row], titles: bool, max_skipped: float) -> Iterator[tuple[str, str]]:
    """Yield ids and texts, with their titles before them if asked for.

    A row whose id has named another text before is one that cannot be used.
    """
    known: dict[str, int] = {}

    def parse(row: Row) -> tuple[str, str]:
        name, text = _text(row, titles)
        if known.setdefault(name, hash(text)) != hash(text):
            raise ValueError("_id has named another text before")
        return name, text

    return parsed_rows(rows, parse, max_skipped)


def answers_of(rows: Iterator[Row], max_skipped: float) -> Iterator[tuple[str, str, int]]:
    """Yield the ids of queries and of texts that answer them, and how well: grades over 0."""
    return parsed_rows(rows, _answer, max_skipped)


def _text(row: Row, titles: bool) -> tuple[str, str]:
    title = row.values.get("title") if titles else None
    if not isinstance(title, str) or not title.strip():
        return _id(row, "_id"), row.text("text")
    text = row.values.get("text")
    if not isinstance(text, str):
        raise ValueError("text is not text")
    return _id(row, "_id"), f"{title.strip()} {text.strip()}".strip()


def _answer(row: Row) -> tuple[str, str, int] | None:
    grade = int(row.number("score"))
    return (_id(row, "query-id"), _id(row, "corpus-id"), grade) if grade > 0 else None


def _id(row: Row, column: str) -> str:
    value = row.values.get(column)
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(f"{column} is not an id")
    return str(value)
