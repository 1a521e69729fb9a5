"""The truth is the teacher's own vector of each text, asked for one by one."""

from __future__ import annotations

import hashlib
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import lacoskit
from lacoskit import Example, LacoskitError, RunConfig
from lacoskit import run as runs
from lacoskit.gradients import Gradients
from lacoskit.models import open_model
from lacoskit.placement import placement_here
from lacoskit.storage import UNFINISHED
from lacoskit.teacher import TeacherVectors, teach, teacher_vectors

CPU = torch.device("cpu")
HALF = 2**-11
"""How far float16 may be from a number up to 1."""


class Numbers:
    """A teacher whose vectors are drawn at random by the text and its role; it notes what it is asked."""

    name, dimensions = "numbers", 4

    def __init__(self, fingerprint: str = "one", fail_after: int | None = None) -> None:
        self.fingerprint = fingerprint
        self.asked: list[tuple[str | None, str]] = []
        self.fail_after = fail_after

    def vector(self, text: str, role: str | None) -> NDArray[np.float32]:
        seed = hashlib.sha256(f"{role} {text}".encode()).digest()
        drawn = np.random.default_rng(list(seed)).standard_normal(self.dimensions)
        return (drawn / np.linalg.norm(drawn)).astype(np.float32)

    def encode(self, texts: Sequence[str], role: Any = None) -> NDArray[np.float32]:
        if self.fail_after is not None and len(self.asked) >= self.fail_after:
            raise RuntimeError("the power is gone")
        self.asked += [(role, text) for text in texts]
        return np.stack([self.vector(text, role) for text in texts])


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LACOSKIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "vectors"


EXAMPLES = [
    Example("a", "b", ("c", "d")),
    Example("a", "e"),
    Example("f", "a", ("b",)),
    Example("b", "c", ("c", "c", "g")),
]


def assert_right(found: TeacherVectors, examples: Sequence[Example], chosen: list[int], model: Numbers) -> None:
    batch = found.of(np.array(chosen, np.int64), CPU)
    picked = [examples[i] for i in chosen]
    negatives = [(place, text) for place, example in enumerate(picked) for text in example.negatives]
    wanted = {
        "anchors": [model.vector(e.anchor, "query") for e in picked],
        "positives": [model.vector(e.positive, "document") for e in picked],
        "negatives": [model.vector(text, "document") for _, text in negatives],
    }
    for role, vectors in wanted.items():
        got = getattr(batch, role)
        assert got.dtype == torch.float32
        assert got.shape == (len(vectors), 4)
        np.testing.assert_allclose(got.numpy(), np.reshape(vectors, (-1, 4)), atol=HALF, rtol=0)
    assert batch.negative_of.tolist() == [place for place, _ in negatives]


@pytest.mark.parametrize("chosen", [[0, 1, 2, 3], [3, 0], [1], [2, 2]])
def test_each_text_has_the_vector_that_the_teacher_gives_for_its_role(cache: Path, chosen: list[int]) -> None:
    model = Numbers()
    assert_right(teacher_vectors(model, EXAMPLES), EXAMPLES, chosen, model)


def test_each_text_is_encoded_once_for_a_role(cache: Path) -> None:
    model = Numbers()
    found = teacher_vectors(model, EXAMPLES)
    assert sorted(model.asked) == sorted({*model.asked})
    assert {text for role, text in model.asked if role == "query"} == set("afb")
    assert {text for role, text in model.asked if role == "document"} == set("beaccdg")
    assert len(found.vectors) == 9


@given(
    st.lists(
        st.builds(
            Example,
            st.sampled_from("abcdé"),
            st.sampled_from("abcdé"),
            st.lists(st.sampled_from("abcdé"), max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_any_texts_in_windows_of_any_size(examples: list[Example], window: int) -> None:
    model = Numbers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lacoskit.teacher.WINDOW", window)
        patch.setattr("lacoskit.teacher.cache_folder", _no_cache)
        found = teacher_vectors(model, examples)
    assert_right(found, examples, list(range(len(examples))), model)
    assert len(model.asked) == len({*model.asked}) == len(found.vectors)


def _no_cache() -> Path:
    from lacoskit.cache import NoCache

    raise NoCache("not here")


def test_the_next_run_maps_what_this_one_has_written(cache: Path) -> None:
    first, again = Numbers(), Numbers()
    teacher_vectors(first, EXAMPLES)
    found = teacher_vectors(again, EXAMPLES)
    assert (len(first.asked), again.asked) == (9, [])
    assert isinstance(found.vectors, np.memmap)
    assert found.vectors.dtype == np.float16
    assert_right(found, EXAMPLES, [0, 1, 2, 3], first)


@pytest.mark.parametrize("change", ["another model", "another text", "another order"])
def test_what_decides_the_vectors_decides_the_entry(cache: Path, change: str) -> None:
    teacher_vectors(Numbers(), EXAMPLES)
    model = Numbers("two" if change == "another model" else "one")
    others = {"another text": [Example("z", "b"), *EXAMPLES[1:]], "another order": EXAMPLES[::-1]}
    examples = others.get(change, EXAMPLES)
    assert_right(teacher_vectors(model, examples), examples, [0, 1], model)
    assert model.asked


@pytest.mark.parametrize("name", ["vectors.npy", "negatives.npy", "about.json"])
def test_a_damaged_entry_is_made_again(cache: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    teacher_vectors(Numbers(), EXAMPLES)
    (entry,) = [path for path in cache.iterdir() if path.is_dir()]
    file = entry / name
    file.write_bytes(file.read_bytes()[:-3])
    model = Numbers()
    with caplog.at_level(logging.WARNING):
        assert_right(teacher_vectors(model, EXAMPLES), EXAMPLES, [0, 1, 2, 3], model)
    assert len(model.asked) == 9
    assert "is damaged" in caplog.text


def test_a_teacher_that_fails_leaves_nothing_half_written(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lacoskit.teacher.WINDOW", 2)
    with pytest.raises(RuntimeError, match="the power is gone"):
        teacher_vectors(Numbers(fail_after=4), EXAMPLES)
    assert [path for path in cache.iterdir() if path.is_dir()] == []
    model = Numbers()
    assert_right(teacher_vectors(model, EXAMPLES), EXAMPLES, [3], model)


def test_what_a_process_that_was_killed_has_left_is_removed(cache: Path) -> None:
    teacher_vectors(Numbers(), EXAMPLES)
    (entry,) = [path for path in cache.iterdir() if path.is_dir()]
    left = entry.rename(entry.with_name(UNFINISHED + entry.name))
    model = Numbers()
    assert_right(teacher_vectors(model, EXAMPLES), EXAMPLES, [0], model)
    assert not left.exists()


def test_a_cache_that_cannot_be_written_costs_only_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LACOSKIT_CACHE", str(tmp_path / "file" / "cache"))
    model = Numbers()
    assert_right(teacher_vectors(model, EXAMPLES), EXAMPLES, [0, 1, 2, 3], model)
    assert "held in memory, and made again by the next run" in caplog.text


def test_vectors_that_are_not_finite_are_refused(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Numbers, "vector", lambda *_: np.full(4, np.nan, np.float32))
    with pytest.raises(LacoskitError, match="numbers gives a vector that is not finite"):
        teacher_vectors(Numbers(), EXAMPLES)


_AT_ONCE = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_teacher import EXAMPLES, Numbers
from lacoskit.teacher import teacher_vectors

class Slow(Numbers):
    def encode(self, texts, role=None):
        time.sleep(1)
        return super().encode(texts, role)

model = Slow()
teacher_vectors(model, EXAMPLES)
print(len(model.asked))
"""


def test_of_two_processes_one_encodes(cache: Path) -> None:
    command = [sys.executable, "-c", _AT_ONCE, str(Path(__file__).parent)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = sorted(int(process.communicate(timeout=300)[0]) for process in both)
    assert told == [0, 9]


def test_a_teacher_that_cannot_be_opened_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(LacoskitError, match=r"^the loss's teacher: there is no folder /nowhere"):
        teach("/nowhere", {"": EXAMPLES}, CPU)


def test_random_numbers_are_as_if_there_had_been_no_teacher(cache: Path, tiny_bloom: Path) -> None:
    torch.manual_seed(3)
    truth = torch.rand(3)
    for _ in range(2):  # once encoded, once found
        torch.manual_seed(3)
        teach(f"base:{tiny_bloom}", {"": EXAMPLES}, CPU)
        assert torch.equal(torch.rand(3), truth)


def test_a_batch_in_training_has_its_own_texts_vectors(
    settings: dict[str, Any], tiny_model: Callable[[str], Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accelerate import Accelerator

    teacher = f"base:{tiny_model('bert')}"
    settings["loss"] = {"name": "matryoshka", "dims": [8], "loss": {"name": "gist", "teacher": teacher}}
    config = RunConfig.model_validate(settings)
    run = runs.prepare(config, Accelerator(cpu=True), placement_here(config), "settings")
    run.chunk_tokens = 10_000
    seen = []
    monkeypatch.setattr(run.losses[""], "forward", lambda batch: seen.append(batch) or batch.anchors.sum())
    batch = run.batches[2]
    Gradients(run)(batch)
    examples = [run.example(i) for i in batch.examples]
    model = open_model(teacher)
    truth = {
        "anchors": model.encode([e.anchor for e in examples], "query"),
        "positives": model.encode([e.positive for e in examples], "document"),
        "negatives": model.encode([text for e in examples for text in e.negatives], "document"),
    }
    for role, vectors in truth.items():
        np.testing.assert_allclose(getattr(seen[0].teacher, role).numpy(), vectors, atol=2 * HALF, rtol=0)
    assert torch.equal(seen[0].teacher.negative_of, seen[0].negative_of)


def test_each_source_has_the_teacher_of_its_loss(
    settings: dict[str, Any], tiny_model: Callable[[str], Path], pairs_file: Path, cache: Path
) -> None:
    from accelerate import Accelerator

    teacher = f"base:{tiny_model('bert')}"
    pairs = {"name": "pairs", "files": [str(pairs_file)]}
    turned = {**pairs, "anchor": "positive", "positive": "negative"}
    settings["dataset"] = {
        "name": "mixture",
        "sources": {
            "plain": {"dataset": pairs},
            "guided": {"dataset": turned, "loss": {"name": "gist", "teacher": teacher}},
        },
    }
    config = RunConfig.model_validate(settings)
    run = runs.prepare(config, Accelerator(cpu=True), placement_here(config), "settings")
    batches = {batch.source: batch for batch in (run.batches[step] for step in range(8))}
    assert run.taught(batches["plain"]) is None
    taught = run.taught(batches["guided"])
    assert taught is not None
    positives = [run.example(i).positive for i in batches["guided"].examples]
    truth = open_model(teacher).encode(positives, "document")
    np.testing.assert_allclose(taught.positives.numpy(), truth, atol=2 * HALF, rtol=0)


WITH_A_TEACHER = {
    "gist": {"name": "gist"},
    "distill": {"name": "distill"},
    "vectors": {"name": "distill", "match": "cosine"},
    "wrapped": {"name": "matryoshka", "dims": [16, 8], "loss": {"name": "spread-out", "loss": {"name": "gist"}}},
}


def with_teacher(section: dict[str, Any], teacher: str) -> dict[str, Any]:
    inner = section.get("loss")
    return {**section, "loss": with_teacher(inner, teacher)} if inner else {**section, "teacher": teacher}


@pytest.mark.parametrize("loss", WITH_A_TEACHER.values(), ids=WITH_A_TEACHER)
def test_a_run_learns_from_another_model(
    settings: dict[str, Any], tiny_model: Callable[[str], Path], loss: dict[str, Any]
) -> None:
    settings["loss"] = with_teacher(loss, f"base:{tiny_model('bert')}")
    assert lacoskit.train(settings)["steps"] == 6
    losses = [float(_loss(line)) for line in _lines(settings) if '"loss"' in line]
    assert losses[-1] < losses[0]


def test_a_run_goes_on_with_its_teacher_and_with_no_other(
    settings: dict[str, Any], tiny_model: Callable[[str], Path], tmp_path: Path
) -> None:
    from lacoskit.checkpoint import checkpoints

    teacher = tmp_path / "teacher"
    shutil.copytree(tiny_model("bert"), teacher)
    settings["loss"] = {"name": "distill", "teacher": f"base:{teacher}"}
    settings["train"] |= {"save_every": 3, "log_every": 1}
    lacoskit.train(settings)
    whole = [line for line in _lines(settings) if '"loss"' in line]
    output = Path(settings["output"])
    last = checkpoints(output)[-1]
    shutil.rmtree(last)
    for name in ("run.json", "metrics.jsonl"):
        (output / name).unlink()
    lacoskit.train(settings, resume=True)
    after = [line for line in _lines(settings) if '"loss"' in line]
    assert [_loss(line) for line in after] == [_loss(line) for line in whole[3:]]
    (output / "run.json").unlink()
    shutil.rmtree(teacher)
    shutil.copytree(tiny_model("llama"), teacher)
    with pytest.raises(LacoskitError, match=r"the loss's teacher is not the one that .* was trained with"):
        lacoskit.train(settings, resume=True)


def _loss(line: str) -> str:
    return line.split('"loss": ')[1].split(",")[0]


def _lines(settings: dict[str, Any]) -> list[str]:
    return (Path(settings["output"]) / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
