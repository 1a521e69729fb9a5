from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import pre_tokenizers
from tokenizers.processors import TemplateProcessing

from lacoskit import DataError, Example
from lacoskit.backbone import ModelFiles, load_tokenizer
from lacoskit.cache import UNUSED, cache_folder
from lacoskit.data import fingerprint
from lacoskit.storage import UNFINISHED
from lacoskit.token_cache import ROLES, Tables, Work, token_tables
from lacoskit.tokens import tokenize


@pytest.fixture
def tokenizer(tiny_bloom: Path) -> Any:
    return load_tokenizer(ModelFiles(str(tiny_bloom)))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of entries of this test."""
    monkeypatch.setenv("LACOSKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "tokens"


EXAMPLES = [Example(f"the cat {i}", f"le chat {i}", ("a dog", "un chien")[: i % 3], i / 2) for i in range(20)]


def source_of(examples: Sequence[Example], tokenizer: Any, max_length: int = 64, **prompts: str) -> Work:
    negatives = sum(len(example.negatives) for example in examples)
    return Work(examples, negatives, fingerprint(examples), tokenizer, max_length, **prompts)


def rows(tables: Tables) -> dict[str, list[list[int]]]:
    return {role: [table.row(i).tolist() for i in range(len(table))] for role, table in tables.items()}


def in_memory(source: Work) -> dict[str, list[list[int]]]:
    texts = {
        "anchors": [source.query + example.anchor for example in source.examples],
        "positives": [source.document + example.positive for example in source.examples],
        "negatives": [source.document + text for example in source.examples for text in example.negatives],
    }
    tables = {role: tokenize(source.tokenizer, some, source.max_length) for role, some in texts.items()}
    return rows(tables)


def entries(cache: Path) -> set[str]:
    return {path.name for path in cache.iterdir() if path.is_dir()}


def forbid_tokenizing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacoskit.token_cache.tokenize", lambda *_: pytest.fail("tokenised again"))


# What is built


short = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    examples=st.lists(st.builds(Example, short, short, st.lists(short, max_size=3).map(tuple)), min_size=1, max_size=9),
    max_length=st.integers(3, 12),
    part=st.integers(1, 30),
)
def test_tables_hold_what_tokenising_in_memory_gives(
    tokenizer: Any, examples: list[Example], max_length: int, part: int
) -> None:
    source = source_of(examples, tokenizer, max_length, query="q: ", document="d: ")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("lacoskit.token_cache.PART", part)
        patched.setattr("lacoskit.token_cache.CHUNK", 2)
        built = token_tables(source)
    assert rows(built) == rows(token_tables(source)) == in_memory(source)
    cut = sum(len(tokenizer("q: " + example.anchor)["input_ids"]) > max_length for example in examples)
    assert built["anchors"].truncated == token_tables(source)["anchors"].truncated == cut


def test_much_data_is_written_in_several_parts_and_gathered_from_all(
    tokenizer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lacoskit.token_cache.PART", 16)
    monkeypatch.setattr("lacoskit.token_cache.CHUNK", 2)
    table = token_tables(source_of(EXAMPLES, tokenizer))["anchors"]
    assert len(table.parts) > 3
    chosen = np.array([17, 0, 3, 3, 12])
    ids, lengths = table.gather(chosen)
    assert ids.tolist() == [token for i in chosen for token in table.row(i)]
    assert lengths.tolist() == [len(table.row(i)) for i in chosen]


def test_every_text_has_the_hash_of_itself_without_its_prompt(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacoskit.token_cache.PART", 16)
    monkeypatch.setattr("lacoskit.token_cache.CHUNK", 2)
    negatives = [text for example in EXAMPLES for text in example.negatives]
    for _ in ("built", "reused"):
        tables = token_tables(source_of(EXAMPLES, tokenizer, query="q: "))
        for role, texts in (("anchors", [example.anchor for example in EXAMPLES]), ("negatives", negatives)):
            chosen = np.array([3, len(texts) - 1, 0, 3])
            digests = [hashlib.blake2b(texts[i].encode(), digest_size=8).digest() for i in chosen]
            hashes = tables[role].hashes(chosen)
            assert hashes is not None
            assert hashes.tolist() == [int.from_bytes(digest, "little", signed=True) for digest in digests]
    assert tokenize(tokenizer, ["a"], 8).hashes(np.array([0])) is None


def test_tables_are_memory_mapped(tokenizer: Any) -> None:
    for _ in ("built", "reused"):
        tables = token_tables(source_of(EXAMPLES, tokenizer))
        for array in (array for table in tables.values() for part in table.parts for array in part):
            assert not array.flags.owndata
            assert not array.flags.writeable


def test_a_text_without_tokens_is_an_error_and_leaves_no_entry(tokenizer: Any, cache: Path) -> None:
    with pytest.raises(DataError, match="the tokenizer makes nothing of text 2"):
        token_tables(source_of([Example("a", "b"), Example("c", "")], tokenizer))
    assert entries(cache) == set()


# What is used again


def test_a_second_run_does_not_tokenise(
    tokenizer: Any, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        first = rows(token_tables(source_of(EXAMPLES, tokenizer)))
        forbid_tokenizing(monkeypatch)
        assert rows(token_tables(source_of(EXAMPLES, tokenizer))) == first
    told = [record.getMessage() for record in caplog.records]
    (entry,) = entries(cache)
    assert len(told) == 2
    assert told[0].startswith("tokens of 20 examples made in ")
    assert told[0].endswith(f" s, kept in {cache / entry}")
    assert told[1] == f"tokens of 20 examples from {cache / entry}"


def test_a_tokenizer_loaded_again_or_used_in_between_is_the_same(
    tokenizer: Any, tiny_bloom: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rows(token_tables(source_of(EXAMPLES, tokenizer)))
    tokenizer(["a", "a longer text"], padding=True, truncation=True, max_length=2)
    forbid_tokenizing(monkeypatch)
    assert rows(token_tables(source_of(EXAMPLES, tokenizer))) == first
    assert rows(token_tables(source_of(EXAMPLES, load_tokenizer(ModelFiles(str(tiny_bloom)))))) == first
    assert len(entries(cache)) == 1


def add_a_token(tokenizer: Any) -> None:
    tokenizer.add_tokens(["chat"])


def add_a_template(tokenizer: Any) -> None:
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])


def split_otherwise(tokenizer: Any) -> None:
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)


def cut_on_the_left(tokenizer: Any) -> None:
    tokenizer.truncation_side = "left"


@pytest.mark.parametrize("change", [add_a_token, add_a_template, split_otherwise, cut_on_the_left])
def test_a_changed_tokenizer_has_an_entry_of_its_own(
    tokenizer: Any, tiny_bloom: Path, cache: Path, change: Callable[[Any], None]
) -> None:
    source = source_of(EXAMPLES, tokenizer, max_length=4)
    token_tables(source)
    changed = load_tokenizer(ModelFiles(str(tiny_bloom)))
    change(changed)
    source = replace(source, tokenizer=changed)
    assert rows(token_tables(source)) == in_memory(source)
    assert len(entries(cache)) == 2


def test_a_tokenizer_of_another_version_has_an_entry_of_its_own(
    tokenizer: Any, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token_tables(source_of(EXAMPLES, tokenizer))
    monkeypatch.setattr("importlib.metadata.version", lambda package: "99.0")
    token_tables(source_of(EXAMPLES, tokenizer))
    assert len(entries(cache)) == 2


def test_every_text_score_prompt_and_length_makes_an_entry_of_its_own(tokenizer: Any, cache: Path) -> None:
    first, *rest = EXAMPLES
    sources = [
        source_of(EXAMPLES, tokenizer),
        source_of(EXAMPLES, tokenizer, max_length=63),
        source_of(EXAMPLES, tokenizer, query="q"),
        source_of(EXAMPLES, tokenizer, document="q"),
        source_of([replace(first, anchor="x"), *rest], tokenizer),
        source_of([replace(first, score=9.0), *rest], tokenizer),
        source_of([replace(first, negatives=("x",)), *rest], tokenizer),
        source_of(rest, tokenizer),
    ]
    for source in sources:
        assert rows(token_tables(source)) == in_memory(source)
    assert len(entries(cache)) == len(sources)


def test_a_tokenizer_that_is_not_fast_is_told_by_its_files(tmp_path: Path, cache: Path) -> None:
    from transformers import CanineTokenizer

    sources = [source_of(EXAMPLES, CanineTokenizer(model_max_length=length)) for length in (512, 512, 256)]
    assert not sources[0].tokenizer.is_fast
    for source in sources:
        assert rows(token_tables(replace(source, max_length=6))) == in_memory(replace(source, max_length=6))
    assert len(entries(cache)) == 2


def test_tokens_are_not_kept_where_the_tokenizer_cannot_be_told(
    tokenizer: Any, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Splitter:
        def pre_tokenize(self, pretokenized: Any) -> None:
            pretokenized.split(lambda _, text: [text])

    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(Splitter())
    source = source_of(EXAMPLES, tokenizer)
    assert rows(token_tables(source)) == in_memory(source)
    assert not cache.exists()
    assert "made again by the next run: the state of the tokenizer cannot be told" in caplog.text


# What is not used


def cut_off(entry: Path) -> None:
    path = entry / "positives.arrow"
    os.truncate(path, path.stat().st_size // 2)


def lose_a_file(entry: Path) -> None:
    (entry / "negatives.arrow").unlink()


def overwrite_with_zeros(entry: Path) -> None:
    path = entry / "anchors.arrow"
    path.write_bytes(bytes(path.stat().st_size))


def swap_two_files(entry: Path) -> None:
    about = json.loads((entry / "about.json").read_text())
    (entry / "negatives.arrow").replace(entry / "anchors.arrow")
    about["roles"]["anchors"] = about["roles"]["negatives"]
    (entry / "about.json").write_text(json.dumps(about))


def write_about(text: str) -> Callable[[Path], None]:
    def damage(entry: Path) -> None:
        (entry / "about.json").write_text(text)

    return damage


def alter_about(**values: Any) -> Callable[[Path], None]:
    def damage(entry: Path) -> None:
        about = json.loads((entry / "about.json").read_text())
        (entry / "about.json").write_text(json.dumps(about | values))

    return damage


DAMAGES = {
    "cut off": cut_off,
    "a file lost": lose_a_file,
    "zeros": overwrite_with_zeros,
    "files swapped": swap_two_files,
    "about empty": write_about(""),
    "about broken": write_about("{]"),
    "about a list": write_about("[]"),
    "about not a mapping of mappings": alter_about(roles=3),
    "another format": alter_about(format=0),
    "another key": alter_about(key="x"),
    "no roles": alter_about(roles={}),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_made_again_and_says_so_once(
    tokenizer: Any, cache: Path, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    source = source_of(EXAMPLES, tokenizer)
    token_tables(source)
    (entry,) = entries(cache)
    damage(cache / entry)
    assert rows(token_tables(source)) == in_memory(source)
    (told,) = (record.getMessage() for record in caplog.records)
    assert told.startswith(f"{cache / entry} is damaged (")
    assert told.endswith(" and is made again")
    caplog.clear()
    assert rows(token_tables(source)) == in_memory(source)
    assert not caplog.records


SLOW = """
import sys, time
from lacoskit import Example, token_cache
from lacoskit.backbone import ModelFiles, load_tokenizer

def slow(*arguments):
    print("tokenising", flush=True)
    time.sleep(float(sys.argv[2]))
    return tokenize(*arguments)

tokenize, token_cache.tokenize = token_cache.tokenize, slow
examples = [Example(f"the cat {i}", f"le chat {i}") for i in range(20)]
token_cache.token_tables(token_cache.Work(examples, 0, "hash", load_tokenizer(ModelFiles(sys.argv[1])), 64))
"""


@pytest.fixture
def begin(tiny_bloom: Path) -> Iterator[Callable[[float], tuple[subprocess.Popen[str], Work]]]:
    """`begin(seconds)`: a process that has begun to build an entry, taking so long a table, and its source."""
    started = []

    def call(seconds: float) -> tuple[subprocess.Popen[str], Work]:
        command = [sys.executable, "-c", SLOW, str(tiny_bloom), str(seconds)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "tokenising\n"
        examples = [Example(f"the cat {i}", f"le chat {i}") for i in range(20)]
        return process, Work(examples, 0, "hash", load_tokenizer(ModelFiles(str(tiny_bloom))), 64)

    yield call
    for process in started:
        process.kill()
        process.communicate()


def test_a_process_that_is_killed_leaves_nothing_that_is_used(begin: Any, cache: Path) -> None:
    process, source = begin(600)
    process.kill()
    process.wait()
    (left,) = entries(cache)
    assert left.startswith(UNFINISHED)
    assert rows(token_tables(source)) == in_memory(source)
    (entry,) = entries(cache)
    assert left == UNFINISHED + entry


def test_while_one_process_tokenises_another_waits_for_its_tables(
    begin: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    process, source = begin(1)
    forbid_tokenizing(monkeypatch)
    with caplog.at_level(logging.INFO):
        assert rows(token_tables(source)) == in_memory(source)
    assert process.wait() == 0
    assert "waiting for another process" in caplog.text


# Where nothing can be written


def test_a_cache_that_cannot_be_made_is_told_and_done_without(
    tokenizer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("LACOSKIT_CACHE", str(tmp_path / "file" / "cache"))
    source = source_of(EXAMPLES, tokenizer)
    assert rows(token_tables(source)) == in_memory(source)
    (told,) = (record.getMessage() for record in caplog.records)
    assert told.startswith("tokens are held in memory, and made again by the next run: ")
    assert told.endswith("LACOSKIT_CACHE can name another folder")


def test_a_cache_that_may_not_be_looked_into_is_told_and_done_without(
    tokenizer: Any, cache: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(path: Any, *arguments: Any, **keywords: Any) -> Any:
            if str(path).startswith(str(cache)):
                raise PermissionError(13, "Permission denied")
            return call(path, *arguments, **keywords)

        return refuse

    for name in ("stat", "mkdir"):  # not by the rights of a folder, which do not bind root
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    source = source_of(EXAMPLES, tokenizer)
    assert rows(token_tables(source)) == in_memory(source)
    assert "made again by the next run: [Errno 13] Permission denied" in caplog.text


@pytest.mark.parametrize("full", ["pyarrow.ipc.RecordBatchFileWriter.write_batch", "lacoskit.token_cache.write_json"])
def test_a_disk_that_is_full_is_told_and_done_without(
    tokenizer: Any, cache: Path, full: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(full, fail)
    source = source_of(EXAMPLES, tokenizer)
    assert rows(token_tables(source)) == in_memory(source)
    assert "No space left on device; LACOSKIT_CACHE can name another folder" in caplog.text
    assert entries(cache) == set()


def test_an_entry_in_a_folder_that_is_only_read_is_used(
    tokenizer: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = rows(token_tables(source_of(EXAMPLES, tokenizer)))

    def fail(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.utime", fail)
    monkeypatch.setattr("lacoskit.cache.FileLock", fail)
    forbid_tokenizing(monkeypatch)
    assert rows(token_tables(source_of(EXAMPLES, tokenizer))) == first
    assert not caplog.records


def test_the_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LACOSKIT_CACHE", "~/kept")
    assert cache_folder() == Path("/home/someone/kept")
    monkeypatch.delenv("LACOSKIT_CACHE")
    assert cache_folder() == tmp_path / "lacoskit"
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert cache_folder() == Path("/home/someone/.cache/lacoskit")


# What is removed


def test_a_new_entry_removes_those_that_no_run_has_used_for_long(tokenizer: Any, cache: Path) -> None:
    sources = [source_of(EXAMPLES, tokenizer, length) for length in (10, 11, 12)]
    names = []
    for source in sources[:2]:
        token_tables(source)
        names += entries(cache) - set(names)
    left = cache / f"{UNFINISHED}left"
    left.mkdir()
    old = time.time() - UNUSED - 60
    for folder in (*(cache / name for name in names), left):
        os.utime(folder, (old, old))
    token_tables(sources[1])  # is used, so that it stays
    token_tables(sources[2])
    kept = entries(cache)
    assert len(kept) == 2
    assert names[1] in kept
    assert {path.stem for path in cache.glob("*.lock")} == kept


def test_every_role_is_kept_even_where_it_has_no_texts(tokenizer: Any) -> None:
    source = source_of([Example("a", "b")], tokenizer)
    for tables in (token_tables(source), token_tables(source)):
        assert tuple(tables) == ROLES
        assert len(tables["negatives"]) == 0
        assert [len(array) for array in tables["negatives"].gather(np.zeros(0, np.int64))] == [0, 0]
