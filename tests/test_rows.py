"""Rows come out of every format alike, and every unusable one is counted with its place and reason."""

from __future__ import annotations

import csv
import gzip
import io
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from lacoskit import DataError, Row, check_files, find_files, parse_rows, read_rows

CELL = st.text()
LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\r\n\0"), min_size=1)


def _jsonl(rows: list[dict[str, Any]], ascii_only: bool = False) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows).encode()


def _separated(rows: list[dict[str, str]], separator: str) -> bytes:
    text = io.StringIO(newline="")
    if separator == ",":
        writer = csv.DictWriter(text, rows[0], lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
    else:
        lines = [list(rows[0]), *([row[column] for column in rows[0]] for row in rows)]
        text.writelines(separator.join(cells) + "\n" for cells in lines)
    return text.getvalue().encode()


def _values(path: Path) -> list[dict[str, Any]]:
    rows = list(read_rows(path))
    assert not any(row.problem for row in rows)
    return [dict(row.values) for row in rows]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rows")


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"anchor": CELL, "a positive": CELL}), min_size=1, max_size=5))
def test_any_text_survives_jsonl_csv_and_parquet(folder: Path, rows: list[dict[str, str]]) -> None:
    contents = {
        "a.jsonl": _jsonl(rows),
        "b.jsonl": _jsonl(rows, ascii_only=True),
        "c.jsonl.gz": gzip.compress(_jsonl(rows), 1, mtime=0),
        "d.csv": _separated(rows, ","),
        "e.csv.gz": gzip.compress(_separated(rows, ","), 1, mtime=0),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        assert _values(folder / name) == rows, name
    parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "f.parquet")
    assert _values(folder / "f.parquet") == rows


@settings(deadline=None)
@given(st.lists(st.fixed_dictionaries({"anchor": LINE, "a positive": LINE}), min_size=1, max_size=5))
def test_tsv_takes_a_quote_for_a_quote(folder: Path, rows: list[dict[str, str]]) -> None:
    (folder / "a.tsv").write_bytes(_separated(rows, "\t"))
    (folder / "b.tsv.gz").write_bytes(gzip.compress(_separated(rows, "\t"), 1, mtime=0))
    assert _values(folder / "a.tsv") == _values(folder / "b.tsv.gz") == rows


@pytest.mark.parametrize("text", ["a\u2028b", 'say "hi", he said', "two\nlines", "tab\there", "क्या 😀", "\x85", "'"])
def test_texts_that_trip_line_readers_survive(text: str, tmp_path: Path) -> None:
    rows = [{"anchor": text, "positive": "x"}, {"anchor": "y", "positive": text}]
    (tmp_path / "a.jsonl").write_bytes(_jsonl(rows))
    (tmp_path / "a.csv").write_bytes(_separated(rows, ","))
    assert _values(tmp_path / "a.jsonl") == _values(tmp_path / "a.csv") == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"anchor": "x"}\n'),
        ("a.csv", b"anchor\nx\n"),
        ("a.tsv", b"anchor\r\nx\r\n"),
        ("a.tsv.csv", b"anchor,b\nx,y\n"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_the_first_column(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content)
    (row,) = read_rows(tmp_path / name, ["anchor"])
    assert row.text("anchor") == "x"


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_a_line_of_plain_text_is_a_text(name: str, tmp_path: Path) -> None:
    content = '\ufeffa cat, "a dog"\r\n\n猫\u2028 {"a": 1}\tb\n'.encode()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    first, empty, last = read_rows(tmp_path / name, ["text"])
    assert first.text("text") == 'a cat, "a dog"'
    assert last.text("text") == '猫\u2028 {"a": 1}\tb'
    assert (empty.where, last.where) == (f"{name}:2", f"{name}:3")
    with pytest.raises(ValueError, match="empty text"):
        empty.text("text")


def test_a_row_knows_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    (tmp_path / "a.csv").write_text("a\n1\n2\n")
    parquet.write_table(pyarrow.table({"a": [1, 2]}), tmp_path / "a.parquet")
    assert [row.where for row in read_rows(tmp_path / "a.jsonl")] == ["a.jsonl:1", "a.jsonl:3"]
    assert [row.where for row in read_rows(tmp_path / "a.csv")] == ["a.csv:2", "a.csv:3"]
    assert [row.where for row in read_rows(tmp_path / "a.parquet")] == ["a.parquet:1", "a.parquet:2"]


@pytest.mark.parametrize(
    ("name", "line", "problem"),
    [
        ("a.jsonl", b'{"a": "x"', "broken JSON"),
        ("a.jsonl", b'["x"]', "not a JSON object"),
        ("a.jsonl", b'{"a": "caf\xe9"}', "not UTF-8"),
        ("a.jsonl", b'{"a": "\\ud83d"}', "half a character (a lone surrogate)"),
        ("a.jsonl", b'{"a": ' + b"1" * 5000 + b"}", "broken JSON"),
        ("a.jsonl", b"[" * 100_000, "broken JSON"),
        ("a.csv", b"x,y", "not as many fields as the header"),
        ("a.tsv", b"x\ty", "not as many fields as the header"),
    ],
)
def test_a_broken_line_is_a_row_with_a_problem(name: str, line: bytes, problem: str, tmp_path: Path) -> None:
    good = b'{"a": "x"}' if name == "a.jsonl" else b"x"
    head = good if name == "a.jsonl" else b"a"
    (tmp_path / name).write_bytes(b"\n".join([head, good, line, good, b""]))
    rows = list(read_rows(tmp_path / name, ["a"]))
    assert [(row.where, row.problem) for row in rows if row.problem] == [(f"{name}:3", problem)]
    assert all(row.text("a") == "x" for row in rows if not row.problem)


def test_both_halves_of_a_character_are_a_character(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"a": "\\ud83d\\ude00"}\n')
    assert _values(tmp_path / "a.jsonl") == [{"a": "😀"}]


def _parse_a(row: Row) -> str | None:
    text = row.text("a")
    return None if text == "leave out" else text


def test_unusable_rows_are_counted_by_reason_with_the_first_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "a.jsonl"
    lines = ['{"a": " x "}', "{", '{"a": ""}', '{"a": 5}', '{"b": "x"}', '{"a": "\\n"}', "{{", '{"a": "leave out"}']
    path.write_text("\n".join(lines))
    with caplog.at_level(logging.WARNING, "lacoskit.data"):
        assert parse_rows(read_rows(path), _parse_a, max_skipped=0.9) == ["x"]
    (record,) = caplog.records
    assert record.getMessage() == (
        "skipped 6 of 8 rows cannot be used: broken JSON (2, first at a.jsonl:2); empty a (2, first at a.jsonl:3); "
        "a is not text (1, first at a.jsonl:4); no a (1, first at a.jsonl:5)"
    )


@pytest.mark.parametrize(
    ("bad", "threshold", "fails"), [(2, 0.02, False), (3, 0.02, True), (1, 0.0, True), (0, 0.0, False)]
)
def test_more_unusable_rows_than_the_threshold_are_an_error(
    bad: int, threshold: float, fails: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": "x"}\n' * (100 - bad) + "broken\n" * bad)
    if not fails:
        assert len(parse_rows(read_rows(path), _parse_a, threshold)) == 100 - bad
        return
    with pytest.raises(DataError) as caught:
        parse_rows(read_rows(path), _parse_a, threshold)
    assert str(caught.value) == (
        f"{bad} of 100 rows cannot be used: broken JSON ({bad}, first at a.jsonl:{101 - bad}). Mend the file, or raise "
        f"max_skipped (now {threshold:g}) to leave them out."
    )


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("x", "score is not a number"),
        (None, "score is not a number"),
        ("nan", "score is not finite"),
        ("inf", "finite"),
    ],
)
def test_a_score_has_to_be_a_finite_number(value: Any, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Row("a:1", {"score": value}).number("score")
    assert Row("a:1", {"score": " 2.5 "}).number("score") == 2.5


def _damaged(content: bytes) -> bytes:
    damaged = bytearray(gzip.compress(content, mtime=0))
    damaged[12] ^= 0xFF
    return bytes(damaged)


ROWS = _jsonl([{"a": f"text {i}"} for i in range(50)])


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("empty.jsonl", b"", "has no rows"),
        ("blank.jsonl", b"\n \n", "has no rows"),
        ("empty.csv", b"", "has no rows"),
        ("header-only.csv", b"a,b\n", "has no rows"),
        ("empty.jsonl.gz", gzip.compress(b"", mtime=0), "has no rows"),
        ("truncated.jsonl.gz", gzip.compress(ROWS, mtime=0)[:20], "ended before the end-of-stream marker"),
        ("damaged.jsonl.gz", _damaged(ROWS), "Error -3 while decompressing"),
        ("plain.jsonl.gz", ROWS, "cannot be read: Not a gzipped file"),
        ("latin.csv", "a\ncaf\xe9\n".encode("latin-1"), "cannot be read: 'utf-8' codec can't decode"),
        ("huge-field.csv", b"a\n" + b"x" * 200_000 + b"\n", "cannot be read: field larger than field limit"),
        ("text.parquet", ROWS, "not a Parquet file"),
        ("rows.json", ROWS, "not a format that can be read; use one of .jsonl, .csv, .tsv, .txt, .parquet"),
        ("other-column.jsonl", b'{"b": "x"}\n', "no column 'a'; choose from: b"),
        ("near-column.csv", b"aa,b\n1,2\n", "no column 'a'; did you mean 'aa'?"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_message(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        list(read_rows(path, ["a"]))
    assert str(caught.value).startswith(f"{path}: ")
    assert told in str(caught.value)
    assert check_files([str(path)], ["a"]) == [str(caught.value)]


def test_a_file_damaged_after_its_first_rows_is_one_message(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(ROWS * 2000, mtime=0)[:-12])
    with pytest.raises(DataError, match=r"a\.jsonl\.gz: broken: .*end-of-stream"):
        list(read_rows(path))
    assert check_files([str(path)], ["a"]) == []  # its first rows are good


def test_a_missing_file_offers_the_nearest_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "nli.train.jsonl").touch()
    near = tmp_path / "nli.trian.jsonl"
    assert check_files([str(near)], []) == [f"{near}: no such file; did you mean 'nli.train.jsonl'?"]
    far = tmp_path / "zzz"
    assert check_files([str(far)], []) == [f"{far}: no such file"]
    with pytest.raises(DataError, match=r"cannot be read: .*No such file"):
        list(read_rows(tmp_path / "absent.jsonl"))


def test_a_folder_is_told_how_to_name_its_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is a folder; name its files, as in folder/\*\.jsonl"):
        find_files([str(tmp_path)])


@pytest.fixture
def three_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    for name in ("b.jsonl", "a.jsonl", "deep/c[1].jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text('{"a": "x"}\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return lambda *patterns: [path.name for path in find_files(patterns)]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["*.jsonl"], ["a.jsonl", "b.jsonl"]),
        (["b.jsonl", "*.jsonl"], ["b.jsonl", "a.jsonl"]),
        (["**/*.jsonl"], ["a.jsonl", "b.jsonl", "c[1].jsonl"]),
        (["deep/c[1].jsonl"], ["c[1].jsonl"]),
        (["[ab].jsonl"], ["a.jsonl", "b.jsonl"]),
        (["~/b.jsonl"], ["b.jsonl"]),
        (["deep/*", "~/a*"], ["c[1].jsonl", "a.jsonl"]),
    ],
)
def test_patterns_are_expanded_in_order_and_each_file_counts_once(
    patterns: list[str], found: list[str], three_files: Any
) -> None:
    assert three_files(*patterns) == found


def test_a_pattern_that_matches_nothing_is_an_error(three_files: Any) -> None:
    with pytest.raises(DataError, match=r"\*\.csv: no such file"):
        three_files("*.jsonl", "*.csv")


def test_the_check_tells_every_file(three_files: Any) -> None:
    assert check_files(["a.jsonl", "x.csv", "b.jsonl", "deep/*"], ["a"]) == ["x.csv: no such file"]
    assert check_files(["a.jsonl", "b.jsonl"], ["b"]) == [f"{n}.jsonl: no column 'b'; choose from: a" for n in "ab"]
