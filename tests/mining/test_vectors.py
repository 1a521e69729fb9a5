"""Vectors on disk: encoded once, whoever encodes them, and gone on with after a kill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lacoskit.errors import LacoskitError
from lacoskit.mining import vectors
from lacoskit.mining.blocks import Share
from lacoskit.mining.texts import open_texts, write_texts
from lacoskit.mining.vectors import Encoding

TEXTS = [f"text {number}" for number in range(50)]


class Model:
    """Gives a vector that is a function of the text, and dies when it has encoded as many texts as it may."""

    name, dimensions, fingerprint = "model", 3, "fingerprint"

    def __init__(self, most: int = 10**9) -> None:
        self.most, self.seen = most, []

    def encode(self, texts: Sequence[str], role: Any = None) -> np.ndarray:
        if len(self.seen) + len(texts) > self.most:
            raise KeyboardInterrupt
        self.seen += texts
        return np.array([[len(text), hash(text) % 97, role == "query"] for text in texts], np.float32)


@pytest.fixture
def encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(vectors, "BLOCK", 8)
    write_texts(TEXTS, tmp_path / "texts")

    def make(model: Any, cache: str = "cache", dtype: str = "float32") -> Encoding:
        return Encoding(open_texts(tmp_path / "texts"), "document", model, dtype, tmp_path / cache)

    return make


def run(encoding: Encoding, *shares: Share) -> bytes:
    encoding.begin()
    for share in shares or (Share(),):
        encoding.encode(share, lambda texts: None)
    encoding.finish()
    return encoding.file.path.read_bytes()


def test_vector_i_is_that_of_text_i(encoding: Any) -> None:
    model = Model()
    run(encoding(model))
    np.testing.assert_array_equal(encoding(model).open(), Model().encode(TEXTS, "document"))
    assert model.seen == TEXTS
    run(encoding(model))
    assert model.seen == TEXTS  # nothing is encoded twice


def test_processes_that_share_the_blocks_write_the_same_file(encoding: Any) -> None:
    alone = run(encoding(Model(), "alone"))
    assert run(encoding(Model(), "shared"), *(Share(process, 3) for process in (2, 0, 1))) == alone
    both = [Share(process, 2) for process in (0, 1)]
    assert sum(encoding(Model()).texts_of(share) for share in both) == len(TEXTS)


@pytest.mark.parametrize("most", [0, 7, 8, 30, 49])
def test_a_killed_run_is_gone_on_with_block_by_block(most: int, encoding: Any) -> None:
    alone, killed, again = run(encoding(Model(), "alone")), Model(most), Model()
    with pytest.raises(KeyboardInterrupt):
        run(encoding(killed))
    assert not encoding(killed).file.path.exists()
    assert run(encoding(again)) == alone
    assert killed.seen + again.seen == TEXTS


def test_another_model_role_dtype_or_text_has_other_vectors(encoding: Any, tmp_path: Path) -> None:
    other = Model()
    other.fingerprint = "another"
    write_texts(TEXTS[1:], tmp_path / "fewer")
    fewer, query = encoding(Model()), encoding(Model())
    entries = [encoding(Model()), encoding(other), encoding(Model(), dtype="float16")]
    entries += [Encoding(open_texts(tmp_path / "fewer"), "document", fewer.model, "float32", fewer.cache)]
    entries += [Encoding(query.texts, "query", query.model, "float32", query.cache)]
    assert len({each.entry for each in entries}) == 5


def test_a_vector_that_is_not_finite_is_told_with_its_text(encoding: Any) -> None:
    class Broken(Model):
        def encode(self, texts: Sequence[str], role: Any = None) -> np.ndarray:
            found = super().encode(texts, role)
            found[np.array(texts) == "text 12"] = np.nan
            return found

    with pytest.raises(LacoskitError, match="model gives a vector that is not finite for 'text 12'"):
        run(encoding(Broken()))


def test_no_texts_give_an_empty_file(tmp_path: Path) -> None:
    write_texts([], tmp_path / "none")
    encoding = Encoding(open_texts(tmp_path / "none"), "document", Model(), "float32", tmp_path)
    run(encoding)
    assert encoding.open().shape == (0, 3)
