from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lacoskit.errors import LacoskitError
from lacoskit.evaluating.vectors import KeptVectors


class Model:
    """Says what it was asked to encode; a text's vector depends on text and role."""

    def __init__(self, fingerprint: str = "f" * 64) -> None:
        self.name, self.dimensions, self.fingerprint = "model", 4, fingerprint
        self.asked: list[tuple[str, str | None]] = []

    def encode(self, texts: Sequence[str], role: str | None = None) -> NDArray[np.float32]:
        self.asked += [(text, role) for text in texts]
        seeds = ([*text.encode(), *(role or "").encode(), len(self.fingerprint)] for text in texts)
        return np.array([np.random.default_rng(seed).normal(size=4) for seed in seeds], np.float32)


def test_each_text_is_encoded_once_in_each_role(tmp_path: Path) -> None:
    model = Model()
    vectors = KeptVectors(model, tmp_path)
    first = vectors(["a", "b", "a"], "query")
    again = vectors(["b", "c"], "query")
    vectors(["a"], "document")
    assert model.asked == [("a", "query"), ("b", "query"), ("c", "query"), ("a", "document")]
    np.testing.assert_array_equal(first, Model().encode(["a", "b", "a"], "query"))
    np.testing.assert_array_equal(again, Model().encode(["b", "c"], "query"))


def test_another_run_uses_what_one_has_computed_and_another_model_does_not(tmp_path: Path) -> None:
    KeptVectors(Model(), tmp_path)(["a", "b"], "query")
    same, other = Model(), Model("e" * 64)
    kept = KeptVectors(same, tmp_path)
    found = kept(["b", "a"], "query")
    KeptVectors(other, tmp_path)(["b", "a"], "query")
    assert same.asked == []
    assert (kept.computed, kept.reused) == (0, 2)
    assert len(other.asked) == 2
    np.testing.assert_array_equal(found, Model().encode(["b", "a"], "query"))


def test_runs_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = KeptVectors(Model(), tmp_path), KeptVectors(Model(), tmp_path)
    one(["a"], None)
    other(["a", "b"], None)
    third = Model()
    np.testing.assert_array_equal(KeptVectors(third, tmp_path)(["a", "b"], None), Model().encode(["a", "b"]))
    assert third.asked == []


@pytest.mark.parametrize("ending", [".vectors.npy", ".keys.npy"])
def test_what_is_damaged_is_computed_again(tmp_path: Path, ending: str) -> None:
    KeptVectors(Model(), tmp_path)(["a"], None)
    (damaged,) = tmp_path.rglob(f"*{ending}")
    damaged.write_bytes(damaged.read_bytes()[:40])
    model = Model()
    np.testing.assert_array_equal(KeptVectors(model, tmp_path)(["a"], None), Model().encode(["a"]))
    assert len(model.asked) == 1


def test_nothing_is_kept_without_a_folder(tmp_path: Path) -> None:
    model = Model()
    KeptVectors(model, None)(["a"], None)
    KeptVectors(model, None)(["a"], None)
    assert len(model.asked) == 2
    assert not list(tmp_path.iterdir())


def test_a_vector_that_is_not_finite_is_told_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "encode", lambda self, texts, role: np.full((len(texts), 4), np.nan, np.float32))
    with pytest.raises(LacoskitError, match="model gives a vector that is not finite for 'a'"):
        KeptVectors(Model(), tmp_path)(["a"], None)
    assert not list(tmp_path.iterdir())


def test_where_nothing_can_be_written_vectors_are_held_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    model = Model()
    kept = KeptVectors(model, tmp_path / "file" / "texts")
    for _ in range(2):
        np.testing.assert_array_equal(kept(["a", "b"], None), Model().encode(["a", "b"]))
    assert len(model.asked) == 2
    assert "held in memory" in caplog.text


def test_the_vectors_of_a_model_that_nobody_measures_any_more_are_removed(tmp_path: Path) -> None:
    for fingerprint in ("a" * 64, "b" * 64):
        KeptVectors(Model(fingerprint), tmp_path)(["a"], None)
        os.utime(tmp_path / fingerprint[:32], (0, 0))
    KeptVectors(Model("b" * 64), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["b" * 32]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted where Linux lists them")
@pytest.mark.parametrize("mapped", [0, 2**22], ids=["mapped", "read"])
def test_small_files_do_not_stay_open(mapped: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacoskit.evaluating.vectors.MAPPED", mapped)
    kept = KeptVectors(Model(), tmp_path)
    for number in range(40):
        kept([f"text {number}"], None)
    before = len(list(Path("/proc/self/fd").iterdir()))
    again = KeptVectors(Model(), tmp_path)
    opened = len(list(Path("/proc/self/fd").iterdir())) - before
    assert (opened >= 40) if mapped == 0 else (opened == 0)
    np.testing.assert_array_equal(again(["text 7", "text 31"], None), Model().encode(["text 7", "text 31"]))
    assert again.computed == 0
