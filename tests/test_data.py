from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from lacoskit import DataError, Example, Source
from lacoskit.backbone import ModelFiles, load_tokenizer
from lacoskit.data import Batch, Batches, TrainingData, fingerprint, prepare, prepare_sources
from lacoskit.tokens import TokenTable

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tokenizer(tiny_bloom: Path) -> Any:
    return load_tokenizer(ModelFiles(str(tiny_bloom)))


def rows(table: TokenTable) -> list[list[int]]:
    return [table.row(i).tolist() for i in range(len(table))]


# Preparing


def test_every_role_gets_its_prompt_and_its_limit(tokenizer: Any) -> None:
    examples = [Example("a", "b", ("c", "d")), Example("e", "f")]
    data = prepare(examples, tokenizer, 64, {"query": "Q ", "document": "D "}, needs_scores=False)
    expected = {"anchors": ["Q a", "Q e"], "positives": ["D b", "D f"], "negatives": ["D c", "D d"]}
    for role, texts in expected.items():
        assert rows(getattr(data, role)) == [tokenizer(text)["input_ids"] for text in texts]
    assert data.negative_starts.tolist() == [0, 2, 2]
    assert data.scores is None
    assert (len(data), data.texts, data.truncated) == (2, 6, 0)


def test_texts_that_are_cut_are_counted_over_all_roles(tokenizer: Any, caplog: pytest.LogCaptureFixture) -> None:
    long = "the cat sees the dog near the river " * 10
    with caplog.at_level(logging.WARNING):
        data = prepare([Example(long, "a", (long,)), Example("b", long)], tokenizer, 5, {}, needs_scores=False)
    assert data.truncated == 3
    assert data.anchors.lengths.max() == data.negatives.lengths.max() == 5
    assert "3 of 5 texts are longer than 5 tokens and were cut (max_length)" in caplog.text


def test_scores_are_kept_where_every_example_has_one(tokenizer: Any) -> None:
    scored = [Example("a", "b", score=0.5), Example("c", "d", score=2)]
    data = prepare(scored, tokenizer, 8, {}, needs_scores=True)
    assert data.scores is not None
    assert data.scores.tolist() == [0.5, 2]
    half = [*scored, Example("e", "f")]
    assert prepare(half, tokenizer, 8, {}, needs_scores=False).scores is None
    with pytest.raises(DataError, match="1 of 3 examples have no score, and this loss needs one of each"):
        prepare(half, tokenizer, 8, {}, needs_scores=True)


def test_no_examples_are_an_error(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="there are no examples"):
        prepare([], tokenizer, 8, {}, needs_scores=False)


def test_a_text_without_tokens_is_an_error(tokenizer: Any) -> None:
    with pytest.raises(DataError, match="the tokenizer makes nothing of text 2"):
        prepare([Example("a", "b"), Example("c", "")], tokenizer, 8, {}, needs_scores=False)


# Sources


def two_sources(sentences: Any, **of_second: Any) -> list[Source]:
    texts = sentences(60, 5)
    first = [Example(texts[i], texts[i + 1], (texts[i + 2],) * (i % 3)) for i in range(12)]
    second = [Example(texts[i], texts[i + 1], score=i / 10) for i in range(30, 37)]
    return [Source(name="nli", examples=first), Source(name="sts", examples=second, weight=2.0, **of_second)]


def test_sources_stand_one_after_the_other_each_with_its_own_prompts(tokenizer: Any, sentences: Any) -> None:
    sources = two_sources(sentences, prompts={"query": "sts", "document": "sts"})
    data = prepare_sources(sources, tokenizer, 64, {"query": "Q ", "sts": "S "}, [False, True])
    anchors = ["Q " + e.anchor for e in sources[0].examples] + ["S " + e.anchor for e in sources[1].examples]
    positives = [e.positive for e in sources[0].examples] + ["S " + e.positive for e in sources[1].examples]
    assert rows(data.anchors) == [tokenizer(text)["input_ids"] for text in anchors]
    assert rows(data.positives) == [tokenizer(text)["input_ids"] for text in positives]
    assert data.negative_starts.tolist() == [*np.cumsum([0, *[i % 3 for i in range(12)]]), *[12] * 7]
    assert [(part.name, part.first, part.count, part.scored) for part in data.parts] == [
        ("nli", 0, 12, False),
        ("sts", 12, 7, True),
    ]


def test_a_batch_is_of_one_source_with_its_scores(tokenizer: Any, sentences: Any) -> None:
    sources = two_sources(sentences)
    data = prepare_sources(sources, tokenizer, 64, {}, [False, True])
    batches = Batches(data, 4, 0, CPU)
    seen = set()
    for step in range(8):
        batch = batches[step]
        seen.add(batch.source)
        assert all((number >= 12) == (batch.source == "sts") for number in batch.examples)
        assert (batch.scores is None) == (batch.source == "nli")
        if batch.scores is not None:
            expected = [sources[1].examples[number - 12].score for number in batch.examples]
            assert batch.scores.tolist() == pytest.approx(expected)
    assert seen == {"nli", "sts"}
    assert batches.by_source() == [
        {"name": "nli", "examples": 12, "weight": 1.0, "batches_per_epoch": 1},
        {"name": "sts", "examples": 7, "weight": 2.0, "batches_per_epoch": 3},
    ]


def test_all_processes_together_have_the_batch_of_one_of_every_source(tokenizer: Any, sentences: Any) -> None:
    data = prepare_sources(two_sources(sentences), tokenizer, 64, {}, [False, False])
    for step in range(6):
        (alone,), together = one_step(data, 4, step), one_step(data, 4, step, processes=2)
        assert resolved(together) == resolved([alone])
        for part in together:
            assert part.source == alone.source
            for name in ("anchor_texts", "positive_texts", "negative_texts"):
                assert torch.equal(getattr(part, name), getattr(alone, name))


def test_what_is_wrong_with_a_source_is_told_with_its_name(tokenizer: Any, sentences: Any) -> None:
    sources = two_sources(sentences, prompts={"query": "stz"})
    with pytest.raises(DataError, match=r"source sts: no prompt named 'stz'; did you mean 'sts'\?"):
        prepare_sources(sources, tokenizer, 64, {"sts": "S "}, [False, False])
    with pytest.raises(DataError, match="source nli: 12 of 12 examples have no score"):
        prepare_sources(two_sources(sentences), tokenizer, 64, {}, [True, False])
    with pytest.raises(DataError, match="source none: there are no examples"):
        prepare_sources([*sources[:1], Source(name="none", examples=[])], tokenizer, 64, {}, [False, False])
    data = prepare_sources(two_sources(sentences), tokenizer, 64, {}, [False, False])
    with pytest.raises(DataError, match="source sts: 7 examples are too few for one batch of 8; lower"):
        Batches(data, 8, 0, CPU)


def test_any_change_of_the_sources_changes_the_fingerprint(tokenizer: Any, sentences: Any) -> None:
    def sha256(sources: list[Source]) -> str:
        return prepare_sources(sources, tokenizer, 8, {}, [False] * len(sources)).sha256

    nli, sts = two_sources(sentences)
    alone = prepare(nli.examples, tokenizer, 8, {}, needs_scores=False).sha256
    assert sha256([nli]) == alone == fingerprint(nli.examples)
    renamed, heavier = replace(sts, name="other"), replace(sts, weight=3.0)
    shorter = replace(sts, examples=sts.examples[1:])
    found = [[nli, sts], [sts, nli], [nli, renamed], [nli, heavier], [nli, shorter], [nli]]
    assert len({sha256(sources) for sources in found}) == len(found)


def test_texts_are_known_again_whatever_their_role_prompt_and_source(tokenizer: Any) -> None:
    first = [Example("a", "b", ("c", "a")), Example("b", "d")]
    sources = [Source(name="one", examples=first), Source(name="two", examples=[Example("d", "a"), Example("x", "c")])]
    data = prepare_sources(sources, tokenizer, 1, {"query": "the ", "document": "a cat "}, [False, False])
    texts = {
        "anchor_texts": lambda examples: [e.anchor for e in examples],
        "positive_texts": lambda examples: [e.positive for e in examples],
        "negative_texts": lambda examples: [text for e in examples for text in e.negatives],
    }
    everything = [*first, *sources[1].examples]
    known: dict[str, int] = {}
    for step in range(4):
        (batch,) = one_step(data, 2, step)
        for name, texts_of in texts.items():
            hashes = getattr(batch, name)
            assert hashes.dtype == torch.int64
            named = texts_of([everything[i] for i in batch.examples])
            for text, number in zip(named, hashes.tolist(), strict=True):
                assert known.setdefault(text, number) == number
    assert len(set(known.values())) == len(known) == 5  # though all of them are cut to the same token


# The fingerprint

texts = st.text(st.characters(codec="utf-8"), max_size=4)
examples_of = st.lists(
    st.builds(
        Example,
        texts,
        texts,
        st.lists(texts, max_size=2).map(tuple),
        st.none() | st.floats(allow_nan=False, allow_infinity=False),
    ),
    max_size=3,
)


@settings(max_examples=300, deadline=None)
@given(examples_of, examples_of)
def test_two_lists_have_the_same_fingerprint_only_if_they_are_equal(one: list[Example], other: list[Example]) -> None:
    assume(repr(one) != repr(other))
    assert fingerprint(one) != fingerprint(other)
    assert fingerprint(one) == fingerprint(list(one))


@pytest.mark.parametrize(
    "other",
    [
        [Example("x", "b", ("c",), 1.0), Example("d", "e")],
        [Example("a", "x", ("c",), 1.0), Example("d", "e")],
        [Example("a", "b", ("x",), 1.0), Example("d", "e")],
        [Example("a", "b", ("c",), 2.0), Example("d", "e")],
        [Example("a", "b", ("c",), 1.0), Example("d", "x")],
        [Example("a", "b", ("c", "c"), 1.0), Example("d", "e")],
        [Example("d", "e"), Example("a", "b", ("c",), 1.0)],
        [Example("a", "b\x1fc", (), 1.0), Example("d", "e")],
        [Example("a", 'b", ["c"]', (), 1.0), Example("d", "e")],
        [Example("a", "b", ("c",), 1.0)],
    ],
)
def test_any_change_changes_the_fingerprint(other: list[Example]) -> None:
    assert fingerprint(other) != fingerprint([Example("a", "b", ("c",), 1.0), Example("d", "e")])


# Batches


def numbered(negatives_of_each: Sequence[int], scored: bool = False) -> TrainingData:
    """Data whose tokens tell where they are from: [role, example, number] and as many tokens again as the example."""

    def table(made: list[list[int]]) -> TokenTable:
        made = [[*row, *[0] * row[1]] for row in made]
        offsets = np.cumsum([0, *map(len, made)], dtype=np.int64)
        return TokenTable(np.array([token for row in made for token in row], np.int32), offsets)

    count = len(negatives_of_each)
    return TrainingData(
        anchors=table([[1, i, 0] for i in range(count)]),
        positives=table([[2, i, 0] for i in range(count)]),
        negatives=table([[3, i, j] for i, number in enumerate(negatives_of_each) for j in range(number)]),
        negative_starts=np.cumsum([0, *negatives_of_each], dtype=np.int64),
        scores=np.arange(count, dtype=np.float32) / 10 if scored else None,
        sha256="",
    )


def texts_in(batch: Batch) -> list[tuple[int, ...]]:
    """The texts of one process: anchors, positives, negatives."""
    longest_first = [tuple(text.tolist()) for text in batch.ids.split(batch.lengths.tolist())]
    return [longest_first[place] for place in batch.order.argsort().tolist()]


def resolved(parts: Sequence[Batch]) -> list[tuple[Any, ...]]:
    """The examples of a step, as its layout finds them among the texts of all processes."""
    gathered = [text for part in parts for text in texts_in(part)]
    layout = parts[0]
    negatives: dict[int, list[tuple[int, ...]]] = {}
    for row, owner in zip(layout.negatives.tolist(), layout.negative_of.tolist(), strict=True):
        negatives.setdefault(owner, []).append(gathered[row])
    pairs = zip(layout.anchors.tolist(), layout.positives.tolist(), strict=True)
    return [(gathered[a], gathered[p], negatives.get(i, [])) for i, (a, p) in enumerate(pairs)]


def one_step(data: TrainingData, size: int, step: int, processes: int = 1, seed: int = 0) -> list[Batch]:
    return [Batches(data, size, seed, CPU, rank, processes)[step] for rank in range(processes)]


def assert_equal(one: Batch, other: Batch) -> None:
    for name, value in vars(one).items():
        same = torch.equal if torch.is_tensor(value) else np.array_equal
        assert same(value, getattr(other, name)), name


def test_a_batch_is_a_function_of_the_seed_and_the_step() -> None:
    data = numbered([2, 0, 1] * 10, scored=True)
    batches, again = Batches(data, 4, 5, CPU), Batches(data, 4, 5, CPU)
    backwards = {step: again[step] for step in reversed(range(20))}
    for step in range(20):
        assert_equal(batches[step], backwards[step])
    other = Batches(data, 4, 6, CPU)
    assert any(not np.array_equal(batches[step].examples, other[step].examples) for step in range(7))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 10), st.integers(0, 5), st.integers(0, 3))
def test_no_example_comes_twice_in_an_epoch_and_none_is_left_out_but_the_rest(
    count: int, size: int, seed: int, epoch: int
) -> None:
    assume(size <= count)
    batches = Batches(numbered([0] * count), size, seed, CPU)
    assert batches.steps_per_epoch == count // size
    steps = range(epoch * batches.steps_per_epoch, (epoch + 1) * batches.steps_per_epoch)
    seen = [example for step in steps for example in batches[step].examples.tolist()]
    assert len(seen) == len(set(seen)) == count - count % size
    assert set(seen) <= set(range(count))


def test_every_epoch_has_an_order_of_its_own() -> None:
    batches = Batches(numbered([0] * 50), 50, 0, CPU)
    orders = {tuple(batches[epoch].examples.tolist()) for epoch in range(4)}
    assert len(orders) == 4


@settings(max_examples=60, deadline=None)
@given(
    negatives=st.lists(st.integers(0, 3), min_size=6, max_size=20),
    share=st.integers(1, 3),
    processes=st.integers(1, 3),
    step=st.integers(0, 5),
    seed=st.integers(0, 9),
)
def test_all_processes_together_have_the_batch_of_one(
    negatives: list[int], share: int, processes: int, step: int, seed: int
) -> None:
    data, size = numbered(negatives, scored=True), share * processes
    assume(size <= len(negatives))
    (alone,) = one_step(data, size, step, seed=seed)
    together = one_step(data, size, step, processes, seed)
    for part in together:  # each knows where the texts of all stand
        for name in ("anchors", "positives", "negatives", "negative_of", "scores"):
            assert torch.equal(getattr(part, name), getattr(together[0], name))
        assert part.texts_of_process == tuple(len(each.lengths) for each in together)
        assert np.array_equal(part.examples, alone.examples)
        assert torch.equal(part.scores, alone.scores)
    assert resolved(together) == resolved([alone])
    # and the layout finds the texts that belong together
    for example, (anchor, positive, its_negatives) in zip(alone.examples, resolved([alone]), strict=True):
        rest = (0,) * example
        assert anchor == (1, example, 0, *rest)
        assert positive == (2, example, 0, *rest)
        assert its_negatives == [(3, example, j, *rest) for j in range(negatives[example])]


def test_the_longest_texts_of_a_process_come_first_and_any_of_them_can_be_taken_out() -> None:
    for batch in one_step(numbered([2, 0, 1] * 5), 8, 1, processes=2):
        lengths = batch.lengths.tolist()
        assert lengths == batch.token_counts.tolist() == sorted(lengths, reverse=True)
        assert len(set(lengths)) > 1
        texts = batch.ids.split(lengths)
        ids, some = batch.texts(3, 7)
        assert some.tolist() == lengths[3:7]
        assert torch.equal(ids, torch.cat(texts[3:7]))


def test_scores_go_with_their_examples() -> None:
    (batch,) = one_step(numbered([0] * 9, scored=True), 4, 1)
    assert batch.scores is not None
    assert batch.scores.tolist() == [np.float32(example) / np.float32(10) for example in batch.examples]


def test_too_few_examples_for_one_batch_are_an_error() -> None:
    with pytest.raises(DataError, match=r"7 examples are too few for one batch of 8; lower train\.batch_size"):
        Batches(numbered([0] * 7), 8, 0, CPU)


def test_a_batch_that_cannot_be_shared_evenly_is_an_error() -> None:
    with pytest.raises(DataError, match="8 examples cannot be shared evenly by 3 processes"):
        Batches(numbered([0] * 9), 8, 0, CPU, rank=0, processes=3)
