"""Batches of a stream are those of its examples, each as often as the others, and nothing is counted or kept."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

import lacoskit
from lacoskit import DataError, Example, RunConfig, loop
from lacoskit import stream as module
from lacoskit.backbone import ModelFiles, load_tokenizer
from lacoskit.data import Batch
from lacoskit.errors import ConfigError
from lacoskit.placement import placement_here
from lacoskit.preflight import check
from lacoskit.reporting import read_metrics
from lacoskit.stream import StreamedBatches, Texts
from lacoskit.tokens import hashes_of

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer(tiny_bloom: Path) -> Any:
    return load_tokenizer(ModelFiles(str(tiny_bloom)))


@pytest.fixture(scope="module")
def examples(sentences: Callable[[int, int], list[str]]) -> list[Example]:
    texts = sentences(72, 8)
    return [Example(texts[i], texts[i + 24], (texts[i + 48],) * (i % 3), score=i) for i in range(24)]


@pytest.fixture
def batches(tokenizer: Any, examples: list[Example]) -> Callable[..., StreamedBatches]:
    def make(
        seed: int = 0, buffer: int = 100, size: int = 4, place: tuple[int, int] = (0, 1), **changed: Any
    ) -> StreamedBatches:
        stream = changed.get("stream", lambda: iter(examples))
        texts = Texts(tokenizer, 32, changed.get("prompts", {"query": "Q ", "document": "D "}))
        return StreamedBatches(stream, texts, changed.get("needs_scores", False), size, buffer, seed, CPU, *place)

    return make


def given(batches: StreamedBatches, steps: range) -> list[Example]:
    """The examples of these steps."""
    seen = []
    for step in steps:
        _ = batches[step]
        seen += batches.window.examples
    return seen


def texts_in(batch: Batch) -> list[list[int]]:
    """The tokens of one process's texts: anchors, positives, negatives."""
    longest_first = [text.tolist() for text in batch.ids.split(batch.lengths.tolist())]
    return [longest_first[place] for place in batch.order.argsort().tolist()]


def assert_equal(one: Batch, other: Batch) -> None:
    for name, value in vars(one).items():
        if torch.is_tensor(value):
            assert torch.equal(value, getattr(other, name)), name


@pytest.mark.parametrize("buffer", [1, 5, 24, 100])
def test_every_example_comes_once_before_any_comes_again(batches: Any, examples: list[Example], buffer: int) -> None:
    seen = given(batches(buffer=buffer), range(18))
    passes = [seen[start : start + 24] for start in (0, 24, 48)]
    assert all(Counter(some) == Counter(examples) for some in passes)
    assert (passes[0] == examples) == (buffer == 1)
    assert (passes[0] == passes[1]) == (buffer == 1)
    assert given(batches(seed=1, buffer=buffer), range(18)) != seen or buffer == 1


def test_a_batch_holds_the_tokens_hashes_and_scores_of_its_examples(batches: Any, tokenizer: Any) -> None:
    streamed = batches()
    batch = streamed[3]
    chosen = streamed.window.examples
    anchors, positives = ["Q " + e.anchor for e in chosen], ["D " + e.positive for e in chosen]
    negatives = [(place, text) for place, example in enumerate(chosen) for text in example.negatives]
    expected = [*anchors, *positives, *("D " + text for _, text in negatives)]
    assert texts_in(batch) == [tokenizer(text)["input_ids"] for text in expected]
    assert batch.negative_of.tolist() == [place for place, _ in negatives]
    assert batch.scores.tolist() == [example.score for example in chosen]
    assert batch.anchor_texts.tolist() == hashes_of([example.anchor for example in chosen]).tolist()
    assert batch.negative_texts.tolist() == hashes_of([text for _, text in negatives]).tolist()


def test_a_step_is_reached_by_skipping_and_tokenises_nothing_on_the_way(
    batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_order = batches(buffer=5)
    expected = [in_order[step] for step in range(12)]
    late = batches(buffer=5)
    asked: list[str] = []
    tokenize = module.tokenize
    monkeypatch.setattr(
        module, "tokenize", lambda tok, texts, *more: (asked.extend(texts), tokenize(tok, texts, *more))[1]
    )
    assert_equal(late[11], expected[11])
    assert len(asked) == len(late.data.anchors) + len(late.data.positives) + len(late.data.negatives)
    asked.clear()
    assert_equal(late[11], expected[11])  # again, as who asks for a step to see what fits
    assert not asked
    for step in (0, 4, 5, 2):  # and back
        assert_equal(late[step], expected[step])


def test_all_processes_together_have_the_batch_of_one_and_tokenise_their_own_texts(
    batches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = batches()
    together = [batches(place=(rank, 2)) for rank in range(2)]
    for step in range(4):
        one, parts = alone[step], [each[step] for each in together]
        gathered = [text for part in parts for text in texts_in(part)]
        for name in ("anchors", "positives", "negatives"):
            rows = [gathered[row] for row in getattr(parts[0], name).tolist()]
            assert rows == [texts_in(one)[row] for row in getattr(one, name).tolist()]
            assert torch.equal(getattr(parts[0], name), getattr(parts[1], name))
        for name in ("anchor_texts", "positive_texts", "negative_texts", "negative_of", "scores"):
            assert all(torch.equal(getattr(part, name), getattr(one, name)) for part in parts)
        assert parts[0].texts_of_process == tuple(len(part.lengths) for part in parts)
        assert len(gathered) == len(one.lengths)


def test_no_more_is_read_than_the_buffer_and_the_batches_take(batches: Any) -> None:
    read = [0]

    def endless() -> Iterator[Example]:
        for number in itertools.count():
            read[0] += 1
            yield Example(f"the cat {number}", f"a dog {number}")

    streamed = batches(stream=endless, buffer=50)
    assert read[0] == 50 + 4
    assert len(set(given(streamed, range(10)))) == 40
    assert read[0] == 50 + 40


def test_what_cannot_be_used_is_told(batches: Any, examples: list[Example]) -> None:
    with pytest.raises(DataError, match=r"3 examples are too few for one batch of 4; lower train\.batch_size"):
        batches(stream=lambda: iter(examples[:3]))
    with pytest.raises(DataError, match="0 examples are too few"):
        batches(stream=lambda: iter([]), buffer=1)
    with pytest.raises(DataError, match="an example of the stream has no score, and this loss needs one of each"):
        batches(stream=lambda: iter([Example("a", "b")] * 9), needs_scores=True)
    with pytest.raises(DataError, match="the tokenizer makes nothing of ''"):
        batches(stream=lambda: iter([Example("a", "b", ("",))] * 9), prompts={})


# A run


@pytest.fixture
def streamed(settings: dict[str, Any]) -> dict[str, Any]:
    settings["dataset"] |= {"streaming": True}
    settings["train"] |= {"shuffle_buffer": 40, "save_every": 3, "log_every": 1}
    return settings


def test_a_streamed_run_goes_on_to_the_same_figures(streamed: dict[str, Any], tmp_path: Path, monkeypatch: Any) -> None:
    report = lacoskit.train(streamed)
    assert (report["examples"], report["sources"], report["steps"]) == (None, [], 6)
    again = {**streamed, "output": str(tmp_path / "again")}
    kept = loop.save_checkpoint

    def stop(run: Any, step: int) -> Path:
        kept(run, step)
        raise RuntimeError("cut off")

    monkeypatch.setattr(loop, "save_checkpoint", stop)
    with pytest.raises(RuntimeError, match="cut off"):
        lacoskit.train(again)
    monkeypatch.setattr(loop, "save_checkpoint", kept)
    resumed = loop.run(RunConfig.model_validate(again), resume=True)
    assert resumed["first_step"] == 3

    def losses(output: str) -> list[float]:
        return [line["loss"] for line in read_metrics(Path(output)) if "loss" in line]

    assert losses(again["output"]) == losses(streamed["output"])
    assert len(losses(again["output"])) == 6


def test_what_a_streamed_run_needs_is_told_before_it_begins(streamed: dict[str, Any]) -> None:
    def told(**changed: Any) -> list[str]:
        config = RunConfig.model_validate(streamed | changed)
        with pytest.raises(ConfigError) as caught:
            check(config, placement_here(config))
        return [str(problem) for problem in caught.value.problems]

    (line,) = told(train=streamed["train"] | {"max_steps": None})
    assert line == "train.max_steps: a streamed dataset has no end that is known: say how many steps to train"
    (line,) = told(loss={"name": "gist", "teacher": streamed["model"]})
    assert line.startswith("loss: a teacher encodes all texts before training")
    (line,) = told(dataset={"name": "mixture", "sources": {"own": {"dataset": streamed["dataset"]}}})
    assert line.startswith("dataset.sources.own.dataset: a source of a mixture is counted and cannot be streamed")


def test_a_set_on_the_hub_is_read_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    from lacoskit import Dataset, plugins

    rows = [{"anchor": f"a{i}", "positive": f"b{i}"} for i in range(5)]

    def load_dataset(*names: Any, streaming: bool = False, **options: Any) -> Any:
        assert streaming
        return datasets.IterableDataset.from_generator(lambda: iter(rows))

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    component: Dataset[Any] = plugins.installed().select(Dataset, "pairs")
    found = component.stream(component.options(hub="own/pairs", streaming=True))
    assert found is not None
    assert [example.anchor for example in found] == [row["anchor"] for row in rows]
    lacking = component.stream(component.options(hub="own/pairs", streaming=True, anchor="query"))
    assert lacking is not None
    with pytest.raises(DataError, match="has no column 'query'; its columns: anchor, positive"):
        next(lacking)
