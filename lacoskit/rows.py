"""Rows of files: JSONL, CSV, TSV and plain text (each also as .gz) and Parquet, with every unusable row counted.

A few bad rows in a large file are skipped and reported; more than a set share of them is an error. Datasets of plugins
use the same functions as the evaluation sets.
"""

from __future__ import annotations

import csv
import difflib
import glob
import gzip
import io
import json
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar, cast

from lacoskit.errors import DataError, did_you_mean

log = logging.getLogger("lacoskit.data")

Parsed = TypeVar("Parsed")

FORMATS = (".jsonl", ".csv", ".tsv", ".txt", ".parquet")
UNREADABLE = (OSError, EOFError, zlib.error, UnicodeError, csv.Error)
"""What a file that is missing, cut off, damaged or of another kind raises while it is read."""


@dataclass(frozen=True)
class Row:
    """One row: where it stands (`nli.jsonl:17`), its values, or why it has none."""

    where: str
    values: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""

    def text(self, column: str) -> str:
        """The text in a column, stripped; a ValueError says why there is none."""
        value = self.values.get(column)
        if value is None:
            raise ValueError(f"no {column}")
        if not isinstance(value, str):
            raise ValueError(f"{column} is not text")
        if not value.strip():
            raise ValueError(f"empty {column}")
        return value.strip()

    def number(self, column: str) -> float:
        """The finite number in a column; a ValueError says why there is none."""
        try:
            value = float(self.values[column])
        except (KeyError, TypeError, ValueError):
            raise ValueError(f"{column} is not a number") from None
        if value - value != 0:  # infinity and NaN
            raise ValueError(f"{column} is not finite")
        return value


def read_rows(path: Path, columns: Sequence[str] = (), ignored: Sequence[str] | None = None) -> Iterator[Row]:
    """Yield the rows of a file; a DataError if it cannot be read or its first row lacks one of `columns`.

    With `ignored`, a column that is in neither is an error too, since it may be a misspelt one.
    """
    try:
        rows = _reader(path)(path)
        first = next(rows, None)
    except UNREADABLE as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if first is None:
        raise DataError(f"{path}: has no rows")
    if not first.problem:
        for column in columns:
            if column not in first.values:
                raise DataError(f"{path}: no column {column!r}; {did_you_mean(column, first.values)}")
        unknown = [] if ignored is None else [name for name in first.values if name not in {*columns, *ignored}]
        if unknown and ignored is not None:
            may = f" and may have {', '.join(ignored)}" if ignored else ""
            raise DataError(f"{path}: unknown column {unknown[0]!r}; its rows have {', '.join(columns)}{may}")
    yield first
    try:
        yield from rows
    except UNREADABLE as error:
        raise DataError(f"{path}: broken: {error}") from None


def parse_rows(rows: Iterable[Row], parse: Callable[[Row], Parsed | None], max_skipped: float) -> list[Parsed]:
    """Parse every row; None leaves one out on purpose, a ValueError counts it as unusable.

    Unusable rows are reported in one line of the log, by reason; a DataError if they are more than the share
    `max_skipped` (0..1) of all rows.
    """
    return list(parsed_rows(rows, parse, max_skipped))


def parsed_rows(
    rows: Iterable[Row], parse: Callable[[Row], Parsed | None], max_skipped: float, limit: int | None = None
) -> Iterator[Parsed]:
    """The same one by one, for what memory does not hold, and at most `limit`; unusable rows are told at the end."""
    given = total = 0
    bad: dict[str, list[str]] = {}
    for row in rows:
        total += 1
        try:
            if row.problem:
                raise ValueError(row.problem)
            value = parse(row)
        except ValueError as error:
            bad.setdefault(str(error), []).append(row.where)
        else:
            if value is not None:
                given += 1
                yield value
                if given == limit:
                    break
    skipped = sum(map(len, bad.values()))
    if skipped:
        reasons = "; ".join(f"{why} ({len(where):,}, first at {where[0]})" for why, where in bad.items())
        told = f"{skipped:,} of {total:,} rows cannot be used: {reasons}"
        if skipped > max_skipped * total:
            raise DataError(f"{told}. Mend the file, or raise max_skipped (now {max_skipped:g}) to leave them out.")
        log.warning("skipped %s", told)


def find_files(patterns: Sequence[str]) -> list[Path]:
    """Expand paths and glob patterns, sorted within each; a DataError names a pattern that matches nothing."""
    found: list[Path] = []
    for pattern in patterns:
        path = Path(pattern).expanduser()
        if path.is_file():  # before it is taken for a pattern: a name may hold brackets
            found.append(path)
            continue
        expanded = glob.glob(str(path), recursive=True)  # noqa: PTH207 - patterns may be absolute
        files = [match for match in map(Path, sorted(expanded)) if match.is_file()]
        if not files:
            raise DataError(f"{pattern}: {_why_not_found(path)}")
        found += files
    return list(dict.fromkeys(found))


def check_files(patterns: Sequence[str], columns: Sequence[str], ignored: Sequence[str] | None = None) -> list[str]:
    """What is wrong with files as far as their first rows show: the messages, none if all is well."""
    problems = []
    for pattern in patterns:
        try:
            for path in find_files([pattern]):
                next(read_rows(path, columns, ignored))
        except DataError as error:
            problems.append(str(error))
    return problems


def _why_not_found(path: Path) -> str:
    if path.is_dir():
        return "is a folder; name its files, as in folder/*.jsonl"
    near = difflib.get_close_matches(path.name, [p.name for p in path.parent.glob("*") if p.is_file()], n=1)
    return f"no such file; did you mean {near[0]!r}?" if near else "no such file"


def _reader(path: Path) -> Callable[[Path], Iterator[Row]]:
    name = path.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        return _read_jsonl
    if name.endswith((".csv", ".tsv")):
        return _read_csv
    if name.endswith(".txt"):
        return _read_txt
    if path.suffix == ".parquet":
        return _read_parquet
    raise DataError(
        f"{path}: not a format that can be read; use one of {', '.join(FORMATS)} (all but Parquet also as .gz)"
    )


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


def _read_jsonl(path: Path) -> Iterator[Row]:
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            where = f"{path.name}:{number}"
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if not line.strip():
                continue
            try:
                values = json.loads(line.decode("utf-8"))
                if b"\\u" in line:  # JSON can write one half of a character, which no tokenizer can read
                    json.dumps(values, ensure_ascii=False).encode("utf-8")
            except UnicodeDecodeError:
                yield Row(where, problem="not UTF-8")
            except UnicodeEncodeError:
                yield Row(where, problem="half a character (a lone surrogate)")
            except (ValueError, RecursionError):  # more than JSONDecodeError: a number of 5,000 digits, say
                yield Row(where, problem="broken JSON")
            else:
                yield Row(where, values) if isinstance(values, dict) else Row(where, problem="not a JSON object")


def _read_csv(path: Path) -> Iterator[Row]:
    separator = "\t" if path.name.removesuffix(".gz").endswith(".tsv") else ","
    with _open(path) as file:
        text = io.TextIOWrapper(cast(Any, file), encoding="utf-8-sig", newline="")
        # A tab-separated file has no quoting by convention; a quote in a sentence is just a quote.
        quoting: Literal[0, 3] = csv.QUOTE_NONE if separator == "\t" else csv.QUOTE_MINIMAL
        reader = csv.DictReader(text, delimiter=separator, quoting=quoting)
        for values in reader:
            where = f"{path.name}:{reader.line_num}"
            if None in values or None in values.values():
                yield Row(where, problem="not as many fields as the header")
            else:
                yield Row(where, values)


def _read_txt(path: Path) -> Iterator[Row]:
    """One text a line, in a column `text`."""
    with _open(path) as lines:
        for number, line in enumerate(lines, 1):
            where = f"{path.name}:{number}"
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            try:
                yield Row(where, {"text": line.decode("utf-8")})
            except UnicodeDecodeError:
                yield Row(where, problem="not UTF-8")


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=4096):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(f"{path.name}:{number}", values)
    except pyarrow.ArrowInvalid as error:
        raise DataError(f"{path}: not a Parquet file: {error}") from None
