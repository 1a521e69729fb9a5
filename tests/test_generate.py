"""The command: from documents to a file of pairs, gone on with after a kill; each mistake is one message."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import lacoskit.__main__
from lacoskit.errors import ConfigError
from lacoskit.generate import generate
from lacoskit.generation.config import GenerateConfig
from lacoskit.generation.rules import RULES


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A folder of BEIR with 70 documents, and a configuration."""
    places = "Tana Lamu Kisumu Voi Nyeri Thika Meru Embu Moyale Wajir".split()
    rows = [
        {"_id": f"d{i}", "title": f"{places[i % 10]} {i}",
         "text": f"The market of {places[i % 10]} was built in {1900 + i} by the people of Ward {i}. It has "
                 f"{i + 12} stalls and a well near {places[(i + 3) % 10]}, which is the oldest of the coast."}
        for i in range(70)
    ]  # fmt: skip
    (tmp_path / "beir").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "beir" / "corpus.jsonl").write_text(text, encoding="utf-8")
    path = tmp_path / "generate.yaml"
    path.write_text(
        f"documents: {{beir: {tmp_path / 'beir'}}}\noutput: {tmp_path / 'out.jsonl'}\nfilter: {{top_k: 5}}\n",
        encoding="utf-8",
    )
    return path


def _command(*words: str) -> int:
    return lacoskit.__main__.main(["generate", *words])


def test_the_command_tells_figures_examples_and_what_to_do_next(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _command(str(config), "--check") == 0
    assert "nothing wrong" in capsys.readouterr().out
    assert _command(str(config)) == 0
    out = capsys.readouterr().out
    for word in ("kind", "written", "kept", "first-sentence", "cloze", "example 3", "out.audit.json", "name: triples"):
        assert word in out
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert f"{len(rows):,} pairs are in" in out
    assert len(rows) > 100
    assert len({row["id"] for row in rows}) == len({row["query"] for row in rows}) == len(rows)
    assert {row["source"]["document"] for row in rows} <= {f"d{i}" for i in range(70)}
    assert all(1 <= row["source"]["round_trip_rank"] <= 5 for row in rows)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beir", "generate.yaml", "out.audit.json", "out.jsonl"]


MISTAKES = [
    (["--set", "generator.name=templates"], "generator.name: no generator named 'templates'; did you mean 'template'?"),
    (["--set", "generator.per_kind=0"], "generator.per_kind: Input should be greater than 0, got 0"),
    (["--set", "generatr.name=x"], "generatr: no such option; did you mean 'generator'?"),
    (["--set", "documents={}"], "documents: name either `files`"),
    (["--set", "documents.beir=/nowhere"], "documents: there is no folder /nowhere"),
    (["--set", "output=/nowhere/x.jsonl"], "output: there is no folder /nowhere"),
    (["--set", "output=x.csv"], "output: x.csv is written as JSON lines"),
    (["--set", "filter.model=./none"], "filter.model: there is no folder ./none"),
    (["--set", "filter.topk=3"], "filter.topk: no such option; did you mean 'top_k'?"),
    (["--set", "generator={name: local-lm, model: ./none}"], "generator: model: there is no folder ./none"),
]


@pytest.mark.parametrize(("words", "told"), MISTAKES)
def test_a_mistake_is_one_message(
    words: list[str], told: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert _command(str(config), *words) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"lacoskit: {config}: 1 problem\n  {told}")
    assert sorted(tmp_path.rglob("*")) == before


def test_all_mistakes_are_told_at_once_and_an_output_is_not_written_over(config: Path, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("mine")
    changed = ["documents.beir=/nowhere", "filter.model=./none"]
    with pytest.raises(ConfigError) as caught:
        generate(GenerateConfig.load(config, changed))
    assert [problem.where for problem in caught.value.problems] == ["documents", "output", "filter.model"]
    assert (tmp_path / "out.jsonl").read_text() == "mine"


def test_a_file_without_documents_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("seed: 1\n")
    assert _command(str(path)) == 2
    assert capsys.readouterr().err == f"lacoskit: {path}: 1 problem\n  documents: is missing\n"


def test_what_is_written_reads_back_as_an_equal_config(config: Path, tmp_path: Path) -> None:
    loaded = GenerateConfig.load(config, ["generator={name: local-lm, temperature: 0.5}"])
    (tmp_path / "again.yaml").write_text(loaded.as_yaml(), encoding="utf-8")
    assert GenerateConfig.load(tmp_path / "again.yaml") == loaded


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_command_goes_on_to_the_same_file(number: int, config: Path, tmp_path: Path, tiny_bloom: Path) -> None:
    lm = f"{{name: local-lm, model: {tiny_bloom}, temperature: 1.0, max_query_tokens: 6, max_document_tokens: 16}}"
    words = [str(config), "--set", f"generator={lm}", "--set", "filter=null"]
    slow = (
        "import time, lacoskit.__main__, lacoskit.generation.pairs as p\n"
        "p.BLOCK = 7\nadd = p.Journal.add\n"
        "def slowly(self, pairs):\n    add(self, pairs)\n    time.sleep(0.5)\n"
        "p.Journal.add = slowly\n"
        f"raise SystemExit(lacoskit.__main__.main(['generate', *{words!r}]))"
    )
    process = subprocess.Popen([sys.executable, "-c", slow], env={**os.environ, "OMP_NUM_THREADS": "1"})
    journal = tmp_path / ".unfinished-out.jsonl.blocks"
    deadline = time.monotonic() + 200
    while not (journal.is_file() and journal.read_bytes().count(b"\n") >= 4):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(number)
    code = process.wait(60)
    assert code == (-number if number == signal.SIGKILL else 128 + number)
    kept = journal.read_bytes()
    assert not (tmp_path / "out.jsonl").exists()
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr("lacoskit.generation.pairs.BLOCK", 7)
        calls: list[bytes] = []
        from lacoskit.generation.journal import Journal

        add = Journal.add
        patch.setattr(Journal, "add", lambda self, pairs: (calls.append(b""), add(self, pairs))[1])
        report = generate(GenerateConfig.load(config, words[2::2]))
        assert len(calls) == 10 - (kept.count(b"\n") - 1) < 10
        cut = (tmp_path / "out.jsonl").read_bytes()
        (tmp_path / "out.jsonl").unlink()
        assert generate(GenerateConfig.load(config, words[2::2])) == report
    assert (tmp_path / "out.jsonl").read_bytes() == cut


def test_the_example_of_the_page_is_accepted(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[1] / "docs" / "generation.md").read_text(encoding="utf-8")
    (tmp_path / "queries.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    config = GenerateConfig.load(tmp_path / "queries.yaml")
    assert (config.generator.options.per_kind, config.documents.title, config.max_pairs) == (2, "headline", 100_000)
    rules = page.partition("## What is dropped")[2].partition("## What is written")[0]
    assert re.findall(r"^\| `([a-z ]+)` \|", rules, re.MULTILINE) == list(RULES)


def test_two_at_once_do_not_write_the_same_file(config: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    from lacoskit.errors import LacoskitError
    from lacoskit.generate import LOCK

    with (
        FileLock(tmp_path / f".out.jsonl{LOCK}"),
        pytest.raises(LacoskitError, match="another process is writing"),
    ):
        generate(GenerateConfig.load(config))


def test_help_imports_no_torch(run: Any) -> None:
    done = run("-X", "importtime", "-m", "lacoskit", "generate", "--help")
    assert done.returncode == 0
    assert "torch" not in done.stderr
