"""The command that mines: what it writes, in one process and in two, and when something goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock

from lacoskit import mine, models
from lacoskit.mining import blocks, candidates, search, vectors
from lacoskit.mining.config import MineConfig
from lacoskit.storage import UNFINISHED


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "QUERIES", 16)
    monkeypatch.setattr(vectors, "BLOCK", 8)
    monkeypatch.setattr(search, "BLOCK", 32)


@pytest.fixture
def config(tiny_bloom: Path, pairs_file: Path, sentences: Any, tmp_path: Path) -> dict[str, Any]:
    """60 queries, in a corpus of 100 texts which has some of their positives."""
    rows = [json.loads(line) for line in pairs_file.read_text().splitlines()]
    texts = [row["positive"] for row in rows[:40]] + sentences(60, 5)
    (tmp_path / "corpus.txt").write_text("\n".join([*texts, "", texts[3]]))
    return {
        "model": f"base:{tiny_bloom}",
        "queries": {"name": "pairs", "files": [str(pairs_file)], "max_examples": 60},
        "corpus": [str(tmp_path / "corpus.txt")],
        "output": str(tmp_path / "out" / "mined.jsonl"),
        "relative": 0.99,
        "ranks": [1, 20],
        "cache": str(tmp_path / "cache"),
    }


@pytest.fixture
def call(config: dict[str, Any], tmp_path: Path) -> Callable[..., int]:
    def run(*words: str, **changes: Any) -> int:
        (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config | changes), encoding="utf-8")
        return mine.main([str(tmp_path / "mine.yaml"), *words])

    return run


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_triples_and_an_audit_are_written_and_told(
    call: Any, tmp_path: Path, small: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call() == 0
    told = capsys.readouterr().out
    assert "60 queries with 60 positives\n100 texts in the corpus (1 repeated and 1 empty ones left out)\n" in told
    output, audit = tmp_path / "out" / "mined.jsonl", tmp_path / "out" / "mined.audit.json"
    mined, known = rows(output), json.loads(audit.read_text(encoding="utf-8"))
    assert set(mined[0]) == {"query", "pos", "neg", "pos_scores", "neg_scores"}
    assert len(mined) == 60
    negatives = sum(len(row["neg"]) for row in mined)
    assert f"{negatives:,} negatives for 60 queries in {output}; the audit is in {audit}" in told
    assert f"dataset: {{name: triples, files: [{output}]}}" in told
    assert re.search(rf"became a negative +{negatives} ", told)
    assert known["became"]["mined"] == negatives
    assert known["candidates"] == sum(known["became"].values())
    assert known["corpus"] == {"texts": 100, "repeated": 1, "empty": 1}
    assert known["settings"]["relative"] == 0.99
    assert {path.name for path in output.parent.iterdir()} == {output.name, audit.name}


def test_what_has_been_encoded_and_found_is_used_again(
    call: Any, tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(relative=None) == 0
    monkeypatch.setattr(models._Own, "encode", lambda *arguments: pytest.fail("encoded again"))
    monkeypatch.setattr(search, "stream", lambda *arguments: pytest.fail("searched again"))
    assert call("--set", f"output={tmp_path}/stricter.jsonl", "--set", "relative=0.99") == 0
    first, second = rows(tmp_path / "out" / "mined.jsonl"), rows(tmp_path / "stricter.jsonl")
    assert sum(len(row["neg"]) for row in second) < sum(len(row["neg"]) for row in first)


@pytest.mark.parametrize("where", ["encoding", "searching", "writing"])
def test_a_killed_run_is_gone_on_with_to_the_same_bytes(
    where: str, call: Any, tmp_path: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(cache=str(tmp_path / "other"), output=str(tmp_path / "alone.jsonl")) == 0
    count = [0]

    def killed(after: int, function: Any) -> Any:
        def call(*arguments: Any) -> Any:
            count[0] += 1
            if count[0] > after:
                os.kill(os.getpid(), signal.SIGTERM)
            return function(*arguments)

        return call

    owner, name = {
        "encoding": (models._Own, "encode"),
        "searching": (search, "stream"),
        "writing": (candidates, "read"),
    }[where]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, killed(2, getattr(owner, name)))
        with pytest.raises(SystemExit):
            call()
    assert not (tmp_path / "out" / "mined.jsonl").exists()
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(UNFINISHED)]
    assert call() == 0
    for ending in (".jsonl", ".audit.json"):
        again, alone = (tmp_path / "out" / "mined").with_suffix(ending), (tmp_path / "alone").with_suffix(ending)
        assert again.read_bytes() == alone.read_bytes()


PROCESS = """
import sys
from lacoskit import mine
from lacoskit.mining import candidates, search, vectors
candidates.QUERIES, vectors.BLOCK, search.BLOCK = 16, 8, 32
sys.exit(mine.main(sys.argv[1:]))
"""


def test_two_processes_write_the_bytes_of_one(call: Any, config: Any, tmp_path: Path, small: None) -> None:
    assert call(cache=str(tmp_path / "other"), output=str(tmp_path / "alone.jsonl")) == 0
    (tmp_path / "two.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    started = []
    for rank in ("0", "1"):
        places = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
        places |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", PROCESS, str(tmp_path / "two.yaml")],
                env={**os.environ, **places},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
    printed = [process.communicate(timeout=300)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], printed
    assert "negatives for 60 queries" in printed[0]
    assert "queries" not in printed[1]
    for ending in (".jsonl", ".audit.json"):
        two, alone = (tmp_path / "out" / "mined").with_suffix(ending), (tmp_path / "alone").with_suffix(ending)
        assert two.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("how", ["faiss-flat", "faiss-ivf"])
def test_faiss_mines_too(how: str, call: Any, tmp_path: Path, small: None) -> None:
    pytest.importorskip("faiss")
    assert call() == 0
    assert call(search=how, output=str(tmp_path / "faiss.jsonl")) == 0
    exact, found = rows(tmp_path / "out" / "mined.jsonl"), rows(tmp_path / "faiss.jsonl")
    assert [row["query"] for row in found] == [row["query"] for row in exact]
    if how == "faiss-flat":
        assert found == exact


def test_words_mine_too(call: Any, tmp_path: Path, small: None) -> None:
    pytest.importorskip("bm25s")
    assert call(model="bm25", relative=None, absolute=3.0) == 0
    mined = rows(tmp_path / "out" / "mined.jsonl")
    assert sum(bool(row["neg"]) for row in mined) > 30
    for row in mined:
        for negative, score in zip(row["neg"], row["neg_scores"], strict=True):
            assert set(negative.lower().split()) & set(row["query"].lower().split())
            assert 0 < score < 3


def test_without_a_corpus_other_queries_positives_are_the_negatives(call: Any, tmp_path: Path, small: None) -> None:
    assert call(corpus=[], relative=None) == 0
    mined = rows(tmp_path / "out" / "mined.jsonl")
    positives = {text for row in mined for text in row["pos"]}
    assert {text for row in mined for text in row["neg"]} <= positives
    assert {len(row["neg"]) for row in mined} == {4}


# Mistakes


def test_all_mistakes_are_told_at_once_and_before_anything_is_loaded(run: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "model: nowhere/at/all\nqueries: {name: pairs, files: [no.jsonl]}\ncorpus: [none.txt]\noutput: mined.txt\n"
    )
    script = (
        "import sys, lacoskit.mine\n"
        "for words in sys.argv[1:]:\n"
        "    assert lacoskit.mine.main(words.split()) == 2\n"
        "assert not {'lacoskit.encoder', 'accelerate'} & set(sys.modules)"
    )
    done = run(
        "-c", script, "bad.yaml", "bad.yaml --set negative=3 --set ranks=[9,2] --set queries.name=pears", "no.yaml"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "lacoskit: bad.yaml: 4 problems",
        "  queries: no.jsonl: no such file",
        "  corpus: none.txt: no such file",
        "  model: there is no folder nowhere/at/all",
        "  output: mined.txt has to end with .jsonl, by which its readers know the format",
        "lacoskit: bad.yaml: 3 problems",
        "  negative: no such option; did you mean 'negatives'?",
        "  queries.name: no dataset named 'pears'; did you mean 'pairs'?",
        "  ranks: the first rank comes after the last; write [first, last] (got [9, 2])",
        "lacoskit: no.yaml: 1 problem",
        "  : no such file; did you mean 'bad.yaml'?".replace("  : ", "  "),
    ]


def test_check_ends_before_anything_is_mined(call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--check", "--set", "negatives=7") == 0
    told = capsys.readouterr().out
    assert yaml.safe_load(told.partition("\n\n")[0])["negatives"] == 7
    assert (
        f"nothing wrong. Mine with:\naccelerate launch -m lacoskit.mine {tmp_path}/mine.yaml --set negatives=7" in told
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "bm25", "search": "faiss-flat"}, "search: bm25 has no vectors to search with faiss-flat"),
        ({"model": "bm25", "prompts": {"query": "q: "}}, "prompts: bm25 would count the words of a prompt"),
        ({"columns": ["title"]}, "corpus.txt: no column 'title'"),
        ({"queries": {"name": "pairs"}}, "queries: name local files in "),
        ({"relative": 1.5}, "relative: Input should be less than or equal to 1"),
    ],
)
def test_what_cannot_be_mined_is_refused(changes: Any, message: str, call: Any, capsys: Any) -> None:
    assert call(**changes) == 2
    assert message in capsys.readouterr().err


def test_what_is_missing_is_told_with_its_extra(call: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    import importlib.util

    there = importlib.util.find_spec
    absent = {"faiss", "sentence_transformers"}
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name in absent else there(name, *more))
    assert call(search="faiss-flat", rescore="some/model") == 2
    told = capsys.readouterr().err
    assert "search: needs the package faiss, which is not installed: pip install 'lacoskit[faiss]'" in told
    assert "pip install 'lacoskit[sentence-transformers]'" in told


def test_the_sources_of_a_mixture_are_looked_for_too(call: Any, capsys: Any) -> None:
    own = {"dataset": {"name": "pairs", "files": ["nowhere.jsonl"]}}
    assert call(queries={"name": "mixture", "sources": {"own": own}}) == 2
    assert "queries.sources.own.dataset: nowhere.jsonl: no such file" in capsys.readouterr().err


def test_a_file_that_is_there_is_not_written_over(call: Any, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mined.jsonl").write_text("kept")
    assert call() == 2
    assert "mined.jsonl is there already; remove it, or name another file" in capsys.readouterr().err
    assert (tmp_path / "out" / "mined.jsonl").read_text() == "kept"


def test_two_minings_do_not_write_one_cache_at_once(call: Any, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "cache").mkdir()
    with FileLock(tmp_path / "cache" / "mine.lock"):
        assert call() == 2
    assert "another lacoskit mine is at work with" in capsys.readouterr().err


def test_entries_that_nobody_uses_are_removed(tmp_path: Path) -> None:
    old, new = (tmp_path / "vectors" / blocks.key_of(name) for name in ("old", "new"))
    for entry in (old, new):
        blocks.use(entry)
    os.utime(old, (0, 0))
    blocks.remove_unused(tmp_path)
    assert [path.name for path in old.parent.iterdir() if path.is_dir()] == [new.name]


def test_a_cache_among_other_folders_removes_nothing_but_its_own(tmp_path: Path) -> None:
    others = [
        tmp_path / "theses" / "first",
        tmp_path / "vectors" / "of-another-program",
        tmp_path / "runs" / ("a" * 32),
    ]
    for other in others:
        other.mkdir(parents=True)
        os.utime(other, (0, 0))
    blocks.remove_unused(tmp_path)
    assert all(other.is_dir() for other in others)


def test_the_page_about_mining_shows_a_configuration_that_is_accepted_and_the_defaults() -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "mining.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shown = MineConfig.model_validate(yaml.safe_load(block))
    assert shown.queries.name == "pairs"
    told = dict(re.findall(r"^\| `(\w+): .*?` \| `(.*?)` \|", page, re.MULTILINE))
    defaults = {name: MineConfig.model_fields[name].default for name in told}
    assert {name: yaml.safe_load(value) for name, value in told.items()} == {
        name: list(value) if isinstance(value, tuple) else value for name, value in defaults.items()
    }
    assert set(told) == {"ranks", "absolute", "margin", "relative"}
