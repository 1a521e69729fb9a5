"""The vectors of a corpus, written by the command: in one process, in two, and when something goes wrong."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from sentence_transformers import SentenceTransformer

import lacoskit
from lacoskit import encode, encoder
from lacoskit.vector_file import VectorFile

PROMPTS = {"query": "the question: ", "document": "a text: "}


@pytest.fixture(scope="module")
def trained(tiny_bloom: Path, pairs_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("trained") / "run"
    settings = {
        "model": str(tiny_bloom),
        "output": str(output),
        "max_length": 32,
        "prompts": PROMPTS,
        "quantizer": None,
        "adapter": {"name": "lora", "rank": 4},
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "pairs", "files": [str(pairs_file)]},
        "train": {"batch_size": 16, "max_steps": 2, "learning_rate": 1e-2, "dtype": "float32"},
    }
    lacoskit.train(settings)
    return output


@pytest.fixture(scope="module")
def texts(sentences: Callable[..., list[str]]) -> list[str]:
    return sentences(100, 9)


@pytest.fixture(scope="module")
def truth(trained: Path, texts: list[str]) -> np.ndarray:
    return lacoskit.load(trained).encode(texts)


def write(path: Path, texts: list[str], column: str = "text") -> Path:
    """A file in the format that its name says, with the texts in a column."""
    rows, name = [{"number": str(i), column: text} for i, text in enumerate(texts)], path.name.removesuffix(".gz")
    if path.suffix == ".parquet":
        parquet.write_table(pyarrow.Table.from_pylist(rows), path)
        return path
    if name.endswith(".jsonl"):
        content = "".join(json.dumps(row) + "\n" for row in rows)
    elif name.endswith(".txt"):
        content = "\n".join(texts)
    else:
        file = io.StringIO()
        writer = csv.DictWriter(file, rows[0], delimiter="\t" if name.endswith(".tsv") else ",")
        writer.writeheader()
        writer.writerows(rows)
        content = file.getvalue()
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


def call(*arguments: Any) -> int:
    return encode.main([str(argument) for argument in arguments])


# What it writes


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.csv", "a.tsv.gz", "a.txt", "a.txt.gz", "a.parquet"])
def test_row_i_of_the_vectors_is_that_of_row_i_of_the_input(
    name: str, trained: Path, texts: list[str], truth: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = write(tmp_path / name, texts), tmp_path / "vectors.npy"
    assert call(trained, source, "--output", output) == 0
    vectors = np.load(output, mmap_mode="r")
    assert (vectors.dtype, vectors.shape) == (np.float32, (100, 32))
    np.testing.assert_allclose(vectors, truth, atol=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == {name, "vectors.npy"}
    told = capsys.readouterr().out
    assert f"100 vectors of 32 dimensions (float32) in {output}, " in told
    assert told.endswith(f"vectors = np.load({str(output)!r}, mmap_mode='r')\n")


def test_the_vectors_are_those_of_sentence_transformers(trained: Path, texts: list[str], tmp_path: Path) -> None:
    source, output = write(tmp_path / "a.txt", texts), tmp_path / "vectors.npy"
    assert call(trained, source, "--output", output, "--prompt", "query") == 0
    theirs = SentenceTransformer(str(trained), device="cpu").encode(texts, prompt_name="query")
    np.testing.assert_allclose(np.load(output), theirs, atol=2e-6)


def test_files_follow_each_other_in_the_order_in_which_they_are_named(
    trained: Path, texts: list[str], truth: np.ndarray, tmp_path: Path
) -> None:
    write(tmp_path / "last.csv", texts[70:], "sentence")
    write(tmp_path / "part-1.jsonl", texts[:30], "sentence")
    write(tmp_path / "part-2.jsonl.gz", texts[30:70], "sentence")
    output = tmp_path / "vectors.npy"
    inputs = [tmp_path / "part-*", tmp_path / "last.csv"]
    assert call(trained, *inputs, "--output", output, "--column", "sentence") == 0
    np.testing.assert_allclose(np.load(output), truth, atol=1e-6)


@pytest.mark.parametrize("window", [1, 7, 99])
def test_how_many_texts_are_held_at_once_does_not_matter(
    window: int, trained: Path, texts: list[str], truth: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    written = VectorFile.write
    monkeypatch.setattr(encoder, "WINDOW", window)
    monkeypatch.setattr(
        VectorFile, "write", lambda file, start, part: (held.append(len(part)), written(file, start, part))
    )
    assert call(trained, write(tmp_path / "a.txt", texts), "--output", tmp_path / "v.npy") == 0
    np.testing.assert_allclose(np.load(tmp_path / "v.npy"), truth, atol=1e-6)
    assert max(held) <= window
    assert sum(held) == 100


def test_vectors_can_be_written_in_half_the_bytes(
    trained: Path, texts: list[str], truth: np.ndarray, tmp_path: Path
) -> None:
    output = tmp_path / "vectors.npy"
    assert call(trained, write(tmp_path / "a.txt", texts), "--output", output, "--dtype", "float16") == 0
    vectors = np.load(output)
    assert vectors.dtype == np.float16
    np.testing.assert_allclose(vectors, truth, atol=1e-3)


@pytest.mark.parametrize(("count", "processes"), [(1, 1), (1, 4), (100, 1), (101, 2), (16, 2), (17, 2), (1000, 3)])
def test_processes_get_equally_many_windows(count: int, processes: int) -> None:
    size = encode._window_size(count, 8, processes)
    assert 1 <= size <= 8
    windows = -(-count // size)
    assert windows > processes * (-(-count // (8 * processes)) - 1)  # no round more than there must be
    assert windows <= processes * -(-count // (8 * processes))


# Mistakes


def test_all_mistakes_are_told_at_once_and_before_torch_is_imported(
    trained: Path, tmp_path: Path, texts: list[str], run: Any
) -> None:
    write(tmp_path / "a.jsonl", texts, "sentence")
    for name in ("there.npy", "a.pdf"):
        (tmp_path / name).touch()
    script = (
        "import sys, lacoskit.encode\n"
        "for arguments in sys.argv[1:]:\n"
        "    assert lacoskit.encode.main(arguments.split()) == 2\n"
        "assert 'torch' not in sys.modules"
    )
    done = run(
        "-c",
        script,
        f"{trained} a.jsonl b.jsonl a.pdf --output there.npy --column sentense --prompt queri",
        "nowhere a.jsonl --output nowhere/v.npy --column sentence",
        f"{trained} a.jsonl --output . --column sentence",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "lacoskit: encode: 5 problems",
        "  --prompt: the run has no prompt named 'queri'; did you mean 'query'?",
        "  --output: there.npy is there already; remove it, or name another file",
        "  input: a.jsonl: no column 'sentense'; did you mean 'sentence'? (--column)",
        "  input: b.jsonl: no such file; did you mean 'a.jsonl'?",
        "  input: a.pdf: not a format that can be read; use one of .jsonl, .csv, .tsv, .txt, .parquet (all but Parquet "
        "also as .gz)",
        "lacoskit: encode: 2 problems",
        "  folder: nowhere is not an output folder of lacoskit: it has no lacoskit.yaml",
        "  --output: there is no folder nowhere; make it, or name another",
        "lacoskit: encode: 1 problem",
        "  --output: . is a folder; name a file in it",
    ]


def test_every_row_without_a_text_is_told_with_its_place(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = ['{"text": "a cat"}', '{"text": ""}', '{"text": 3}', "{", '{"txt": "a dog"}', *['{"text": " "}'] * 9]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    (tmp_path / "b.txt").write_bytes(b"a cat\n\n\xff\na dog\n")
    files = [tmp_path / "a.jsonl", tmp_path / "b.txt"]
    assert call(trained, *files, "--output", tmp_path / "vectors.npy") == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "lacoskit: 15 of 18 rows have no text to encode. Mend them or take them out: vector i has to be that of row i."
    )
    assert lines[1:6] == [
        "  a.jsonl:2: empty text",
        "  a.jsonl:3: text is not text",
        "  a.jsonl:4: broken JSON",
        "  a.jsonl:5: no text",
        "  a.jsonl:6: empty text",
    ]
    assert lines[-1] == "  and 5 more"
    assert not (tmp_path / "vectors.npy").exists()


@pytest.mark.parametrize("grown", [-30, -1, 1, 30])
def test_a_file_that_changes_meanwhile_gives_no_vectors(
    grown: int, trained: Path, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(encoder, "WINDOW", 16)
    monkeypatch.setattr("lacoskit.corpus.count_texts", lambda files, column: 100 - grown)
    source = write(tmp_path / "a.txt", texts)
    assert call(trained, source, "--output", tmp_path / "vectors.npy") == 2
    assert capsys.readouterr().err == (
        f"lacoskit: the inputs have changed since they were counted: there were {100 - grown} texts\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_full_disk_is_one_message_and_leaves_nothing(
    trained: Path, texts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(VectorFile, "write", full)
    source = write(tmp_path / "a.txt", texts)
    assert call(trained, source, "--output", tmp_path / "vectors.npy") == 2
    assert capsys.readouterr().err == "lacoskit: vectors.npy cannot be written: No space left on device\n".replace(
        "vectors.npy", str(tmp_path / "vectors.npy")
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


# Several processes, which are forked from one that has imported everything

SERVER = """
import json, os, sys, time
import accelerate, peft, torch
import lacoskit.encode, lacoskit.encoder, lacoskit.folder
from lacoskit.vector_file import VectorFile

write = VectorFile.write
for line in sys.stdin:
    job, children = json.loads(line), []
    for rank in range(job["processes"]):
        child = os.fork()
        if child == 0:
            os.dup2(os.open(f"{job['log']}.{rank}", os.O_WRONLY | os.O_CREAT), 1)
            os.dup2(1, 2)
            if job["processes"] > 1:
                places = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": job["processes"]}
                places |= {"LOCAL_WORLD_SIZE": job["processes"], "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": job["port"]}
                os.environ.update({name: str(value) for name, value in places.items()})
            lacoskit.encoder.WINDOW = 8
            if rank == job["disk_full"]:
                def write(*arguments):
                    raise OSError(28, "No space left on device")
            VectorFile.write = lambda *arguments: (time.sleep(job["pause"]), write(*arguments))
            code = 70
            try:
                code = lacoskit.encode.main(job["arguments"])
            except SystemExit as error:
                code = error.code
            finally:
                sys.stdout.flush()
                os._exit(code)
        children.append(child)
    print(json.dumps(children), flush=True)
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)
"""


class Started:
    """A started command: the ids of its processes, and after `wait` their exit codes and what they printed."""

    def __init__(self, server: subprocess.Popen[str], log: Path) -> None:
        self.server, self.log = server, log
        self.ids: list[int] = json.loads(server.stdout.readline())

    def wait(self) -> tuple[list[int], list[str]]:
        codes = json.loads(self.server.stdout.readline())
        return codes, [Path(f"{self.log}.{rank}").read_text() for rank in range(len(codes))]


@pytest.fixture(scope="module")
def launch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Started]]:
    folder = tmp_path_factory.mktemp("logs")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )

    def start(*arguments: Any, processes: int = 2, pause: float = 0, disk_full: int = -1) -> Started:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        log = folder / str(port)
        job = {"processes": processes, "pause": pause, "disk_full": disk_full, "port": port, "log": str(log)}
        print(json.dumps(job | {"arguments": list(map(str, arguments))}), file=server.stdin, flush=True)
        return Started(server, log)

    yield start
    server.stdin.close()
    server.wait()


def begun(output: Path) -> bool:
    """Whether the file is being written; waits until it is."""
    limit = time.monotonic() + 60
    while not VectorFile(output, 0, 0, "float32").unfinished.exists():
        assert time.monotonic() < limit
        time.sleep(0.005)
    return True


@pytest.mark.parametrize("count", [100, 9, 1])
def test_two_processes_write_what_one_does(
    count: int, launch: Any, trained: Path, texts: list[str], truth: np.ndarray, tmp_path: Path
) -> None:
    source, output = write(tmp_path / "a.txt", texts[:count]), tmp_path / "vectors.npy"
    codes, printed = launch(trained, source, "--output", output).wait()
    assert codes == [0, 0], printed
    np.testing.assert_allclose(np.load(output), truth[:count], atol=1e-6)
    assert f"{count} vectors of 32 dimensions" in printed[0]
    assert "vectors" not in printed[1]
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", "vectors.npy"}


@pytest.mark.parametrize("rank", [0, 1])
def test_what_goes_wrong_in_one_process_ends_all_with_one_message(
    rank: int, launch: Any, trained: Path, texts: list[str], tmp_path: Path
) -> None:
    source, output = write(tmp_path / "a.txt", texts), tmp_path / "vectors.npy"
    codes, printed = launch(trained, source, "--output", output, disk_full=rank).wait()
    assert codes == [2, 2], printed
    assert printed[0].endswith(f"lacoskit: {output} cannot be written: No space left on device\n")
    assert "No space" not in printed[1]
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_process_that_dies_takes_the_others_with_it_and_leaves_nothing(
    launch: Any, trained: Path, texts: list[str], tmp_path: Path
) -> None:
    source, output = write(tmp_path / "a.txt", texts), tmp_path / "vectors.npy"
    started = launch(trained, source, "--output", output, pause=0.05)
    assert begun(output)
    os.kill(started.ids[1], signal.SIGKILL)
    codes, _ = started.wait()
    assert codes[1] == -signal.SIGKILL
    assert codes[0] != 0
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_stopped_leaves_no_file_of_the_name(
    number: int, launch: Any, trained: Path, texts: list[str], tmp_path: Path
) -> None:
    source, output = write(tmp_path / "a.txt", texts), tmp_path / "vectors.npy"
    started = launch(trained, source, "--output", output, processes=1, pause=0.05)
    assert begun(output)
    os.kill(started.ids[0], number)
    codes, printed = started.wait()
    assert codes == [143 if number == signal.SIGTERM else -number], printed
    left = {path.name for path in tmp_path.iterdir()} - {"a.txt"}
    assert left == (set() if number == signal.SIGTERM else {".unfinished-vectors.npy"})
