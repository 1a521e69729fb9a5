from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

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


def test_a_folder_that_cannot_be_written_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    kept = KeptVectors(Model(), tmp_path / "file")
    np.testing.assert_array_equal(kept(["a"], None), Model().encode(["a"]))
    assert "vectors are not kept for other runs" in caplog.text


def test_what_no_run_has_used_for_long_goes(tmp_path: Path) -> None:
    KeptVectors(Model("e" * 64), tmp_path)(["a"], None)
    KeptVectors(Model(), tmp_path)(["a"], None)
    os.utime(tmp_path / ("e" * 32), (0, 0))
    KeptVectors(Model(), tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["f" * 32]
