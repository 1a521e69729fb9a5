from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lacoskit.joint import encode_jointly

PROGRAM = """
import json, sys
import numpy as np
from accelerate import PartialState
from lacoskit import LacoskitError
from lacoskit.joint import encode_jointly

state = PartialState(cpu=True, backend="gloo")
here = []

def encode(texts, role):
    here.extend(texts)
    if "bad" in texts:
        raise ValueError("a bad text")
    return np.array([[len(text), role == "query", state.process_index] for text in texts], np.float32).reshape(-1, 3)

def measure(embed):
    first = embed(["a", "bb", "ccc", "dddd", "eeeee"], "query")
    second = embed(["ffffff"], None)
    return [first.tolist(), second.tolist(), embed([], "document").tolist()]

told = {}
for name, everywhere in (("shared", False), ("everywhere", True)):
    here.clear()
    told[name] = {"outcome": encode_jointly(state, encode, measure, everywhere), "here": list(here)}
for name, function in (("bad", lambda embed: embed(["x", "bad"], None)), ("own", lambda embed: 1 // 0)):
    try:
        told[name] = encode_jointly(state, encode, function)
    except Exception as error:
        told[name] = f"{type(error).__name__}: {error}"
with open(f"{sys.argv[1]}/{state.process_index}.json", "w") as file:
    json.dump(told, file)
state.destroy_process_group()
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    """What two processes have told, the main one first."""
    import json
    import socket

    folder: Path = tmp_path_factory.mktemp("joint")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)], env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
        )
        for rank in range(2)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(2)]


def test_one_process_encodes_by_itself() -> None:
    class Alone:
        num_processes = 1

    found = encode_jointly(
        Alone(), lambda texts, role: np.ones((len(texts), 2), np.float32), lambda embed: embed(["a"], None)
    )
    assert found.tolist() == [[1, 1]]


def test_texts_are_shared_and_their_vectors_come_back_in_order(told: list[dict]) -> None:
    first, second, none = told[0]["shared"]["outcome"]
    assert first == [[1, 1, 0], [2, 1, 1], [3, 1, 0], [4, 1, 1], [5, 1, 0]]
    assert second == [[6, 0, 0]]
    assert none == []
    assert [process["shared"]["here"] for process in told] == [["a", "ccc", "eeeee", "ffffff"], ["bb", "dddd"]]


def test_all_processes_return_the_same(told: list[dict]) -> None:
    assert told[0]["shared"]["outcome"] == told[1]["shared"]["outcome"]
    assert told[0]["everywhere"]["outcome"] == told[1]["everywhere"]["outcome"]


def test_where_weights_are_sharded_all_encode_all(told: list[dict]) -> None:
    texts = ["a", "bb", "ccc", "dddd", "eeeee", "ffffff"]
    assert [process["everywhere"]["here"] for process in told] == [texts, texts]
    assert told[0]["everywhere"]["outcome"][0] == [[length, 1, 0] for length in range(1, 6)]


def test_what_goes_wrong_in_one_process_is_raised_in_all(told: list[dict]) -> None:
    assert told[0]["bad"] == told[1]["bad"] == "LacoskitError: process 1: ValueError: a bad text"
    assert told[0]["own"].startswith("ZeroDivisionError")
    assert told[1]["own"].startswith("LacoskitError: process 0: ZeroDivisionError")
