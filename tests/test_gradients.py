"""The gradient of a step in chunks is that of one graph over the whole batch, which is the truth of the tests here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from accelerate import Accelerator
from accelerate.utils import DistributedType
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch import Tensor

import lacoskit
from lacoskit import VectorBatch
from lacoskit import run as runs
from lacoskit.config import RunConfig
from lacoskit.data import Batch
from lacoskit.errors import TrainingError
from lacoskit.gradients import Gradients, Step
from lacoskit.guards import refuse_non_finite
from lacoskit.placement import placement_here
from lacoskit.run import Run
from lacoskit.tokens import AT_ONCE, hashes_of

ADAPTERS = {"lora": {"name": "lora", "rank": 4}, "full": {"name": "full"}}


@pytest.fixture(scope="module")
def prepared(
    tiny_model: Callable[[str], Path], pairs_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Run]:
    """`prepared(kind, adapter)`: a run of this model in training mode, with weights that are not at their start."""
    known: dict[str, Run] = {}

    def make(kind: str = "bloom", adapter: str = "lora", **options: Any) -> Run:
        name = f"{kind} {adapter} {options}"
        if name not in known:
            settings = {
                "model": str(tiny_model(kind)),
                "output": str(tmp_path_factory.mktemp("run")),
                "max_length": 32,
                "quantizer": None,
                "adapter": ADAPTERS[adapter] | options,
                "optimizer": {"name": "adamw"},
                "dataset": {"name": "pairs", "files": [str(pairs_file)], "negatives": ["negative"]},
                "train": {"batch_size": 16, "dtype": "float32"},
            }
            config = RunConfig.model_validate(settings)
            run = runs.prepare(config, Accelerator(cpu=True), placement_here(config), "settings")
            torch.manual_seed(1)
            for weight in run.encoder.trained().values():
                weight.data += 0.05 * torch.randn_like(weight)
            known[name] = run
        run = known[name]
        run.model.train()
        run.optimizer.zero_grad()
        return run

    return make


def test_the_loss_of_the_batch_s_source_is_told_which_texts_are_the_same(
    prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, seen = prepared(), []

    class Spy(torch.nn.Module):
        def forward(self, batch: VectorBatch) -> Tensor:
            seen.append(batch)
            return batch.anchors.sum()

    batch = dataclasses.replace(run.batches[0], source="spied")
    monkeypatch.setattr(run, "losses", {**run.losses, "spied": Spy()})
    in_chunks(run, batch, 1_000)
    examples = [run.example(int(number)) for number in batch.examples]
    texts = {
        "anchor_texts": [example.anchor for example in examples],
        "positive_texts": [example.positive for example in examples],
        "negative_texts": [text for example in examples for text in example.negatives],
    }
    for name, expected in texts.items():
        assert getattr(seen[0], name).tolist() == hashes_of(expected).tolist()
    assert seen[0].teacher is None


def in_chunks(run: Run, batch: Batch, chunk_tokens: int) -> tuple[Step, dict[str, Tensor]]:
    run.optimizer.zero_grad()
    run.chunk_tokens = chunk_tokens
    step = Gradients(run)(batch)
    return step, {name: weight.grad.clone() for name, weight in run.encoder.trained().items()}


def in_one_graph(run: Run, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
    """Plain torch: all texts in one pass, all scores in one matrix."""
    run.optimizer.zero_grad()
    vectors = torch.empty(len(batch.order), run.encoder.width)
    vectors[batch.order] = run.encoder(batch.ids, batch.lengths)
    unit = F.normalize(vectors)
    candidates = torch.cat([unit[batch.positives], unit[batch.negatives]])
    loss = F.cross_entropy(unit[batch.anchors] @ candidates.T * 20, torch.arange(len(batch.anchors)))
    loss.backward()
    return loss.detach(), {name: weight.grad.clone() for name, weight in run.encoder.trained().items()}


def assert_close(ours: dict[str, Tensor], truth: dict[str, Tensor]) -> None:
    """The whole gradient within rounding of float32, 2e-6 of its length, and no tensor of it left out."""
    assert ours.keys() == truth.keys()
    assert all(gradient.any() for gradient in truth.values())
    whole, true_whole = (torch.cat([g.flatten() for g in gradients.values()]) for gradients in (ours, truth))
    assert (whole - true_whole).norm() < 2e-6 * true_whole.norm()
    for name, gradient in truth.items():
        torch.testing.assert_close(ours[name], gradient, atol=1e-5 * float(true_whole.abs().max()), rtol=0)


def observe(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, list[int]]]:
    """Each pass through the encoder: whether it keeps its graph, and the lengths of its texts."""
    passes: list[tuple[bool, list[int]]] = []
    forward = run.encoder.backbone.forward

    def observed(ids: Tensor, lengths: Tensor) -> Tensor:
        passes.append((torch.is_grad_enabled(), lengths.tolist()))
        return forward(ids, lengths)

    monkeypatch.setattr(run.encoder.backbone, "forward", observed)
    return passes


@pytest.mark.parametrize("adapter", ["lora", "full"])
@pytest.mark.parametrize("kind", ["bloom", "bert", "llama"])
def test_loss_vectors_and_gradient_are_those_of_one_graph(
    kind: str, adapter: str, prepared: Callable[..., Run]
) -> None:
    run = prepared(kind, adapter)
    run.model.eval()  # BERT has dropout of its own
    batch = run.batches[3]
    true_loss, truth = in_one_graph(run, batch)
    for chunk_tokens in (1, 60, 200, 100_000):
        step, ours = in_chunks(run, batch, chunk_tokens)
        torch.testing.assert_close(step.loss, true_loss, atol=0, rtol=1e-6)
        assert_close(ours, truth)


@given_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chunk_tokens=st.integers(1, 900), number=st.integers(0, 11))
def test_where_chunks_are_cut_does_not_matter(chunk_tokens: int, number: int, prepared: Callable[..., Run]) -> None:
    run = prepared()
    batch = run.batches[number]
    assert_close(in_chunks(run, batch, chunk_tokens)[1], in_one_graph(run, batch)[1])


def test_dropout_is_the_same_when_a_text_is_embedded_again(
    prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of equal chunks, which then draw the same numbers, some keep their graph or all do."""
    run = prepared(dropout=0.5)
    batch = run.batches[0]
    monkeypatch.setitem(AT_ONCE, "cpu", 60)
    gradients, losses, after = [], [], []
    for chunk_tokens in (60, 180, 100_000):
        torch.manual_seed(5)
        step, gradient = in_chunks(run, batch, chunk_tokens)
        gradients.append(gradient)
        losses.append(step.loss.item())
        after.append(torch.rand(1).item())
    assert losses[0] == losses[1] == losses[2]
    assert after[0] == after[1] == after[2]  # whatever follows draws the same numbers too
    assert_close(gradients[0], gradients[2])
    assert_close(gradients[1], gradients[2])
    torch.manual_seed(6)
    assert in_chunks(run, batch, 60)[0].loss.item() != losses[0]


def test_what_fits_is_embedded_once_and_the_rest_twice_and_never_more_is_in_memory(
    prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared()
    batch = run.batches[0]
    passes = observe(run, monkeypatch)
    monkeypatch.setitem(AT_ONCE, "cpu", 50)
    in_chunks(run, batch, 150)
    first = [lengths for graph, lengths in passes if graph]
    without = [lengths for graph, lengths in passes if not graph]
    kept = first[: len(first) - len(without)]
    assert first[len(kept) :] == without
    assert without
    assert 100 < sum(map(sum, kept)) <= 150
    assert sum(map(len, kept + without)) == len(batch.order)
    assert all(sum(lengths) <= 50 for lengths in first + without)
    assert passes[0] == (True, kept[0])  # with its graph, so that what does not fit fails at once
    longest = [max(lengths) for _, lengths in passes[: len(kept) + len(without)]]
    assert longest == sorted(longest, reverse=True)


def test_a_batch_that_fits_is_embedded_once(prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run = prepared()
    passes = observe(run, monkeypatch)
    in_chunks(run, run.batches[0], 100_000)
    assert [graph for graph, _ in passes] == [True] * len(passes)
    assert sum(len(lengths) for _, lengths in passes) == len(run.batches[0].order)


class _Small:
    """A memory that more than so many tokens at once, or a second graph beside the first, do not fit into."""

    def __init__(self, run: Run, tokens: int, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.failed = 0
        forward = run.encoder.backbone.forward

        def limited(ids: Tensor, lengths: Tensor) -> Tensor:
            if torch.is_grad_enabled() and len(ids) > tokens:
                self.failed += 1
                raise error
            return forward(ids, lengths)

        monkeypatch.setattr(run.encoder.backbone, "forward", limited)


FULL = [
    torch.OutOfMemoryError("CUDA out of memory"),
    RuntimeError("[enforce fail] can't allocate memory: you tried"),
    RuntimeError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
]


@pytest.mark.parametrize("error", FULL, ids=["torch's", "a CPU's", "CUDA's", "a library's"])
def test_when_memory_is_full_the_step_is_repeated_with_half_the_tokens(
    error: Exception, prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared(dropout=0.5)
    batch = run.batches[0]
    held = int(batch.token_counts.sum())
    told: list[str] = []
    monkeypatch.setattr("lacoskit.gradients.log.warning", lambda message, *values: told.append(message % values))
    gradients = Gradients(run)
    run.chunk_tokens = 100_000
    torch.manual_seed(5)
    with pytest.MonkeyPatch.context() as patch:
        small = _Small(run, held // 3, patch, error)
        gradients(batch)
        ours = {name: weight.grad.clone() for name, weight in run.encoder.trained().items()}
        gradients(batch)
    assert small.failed == 2  # the half of what was in memory, and its half; and the second step did not try again
    assert run.chunk_tokens == held // 2 // 2  # which is what a checkpoint keeps
    assert told == [
        f"memory was full: the step is repeated with train.chunk_tokens={tokens}" for tokens in (held // 2, held // 4)
    ]
    torch.manual_seed(5)
    _, truth = in_chunks(run, batch, held // 4)
    for name, gradient in truth.items():
        assert torch.equal(ours[name], gradient)  # nothing is left of the attempts, and dropout is as it was


def test_a_text_too_long_for_the_memory_is_one_message(
    settings: dict, prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = runs.prepare

    def prepared_for_little(*arguments: Any) -> Run:
        run = prepare(*arguments)
        _Small(run, 1, monkeypatch, FULL[0])
        return run

    monkeypatch.setattr("lacoskit.loop.prepare", prepared_for_little)
    settings["train"] |= {"chunk_tokens": 64}
    with pytest.raises(TrainingError, match=r"memory is full\. Lower train\.chunk_tokens \(now 64\) or max_length"):
        lacoskit.train(settings)


def test_any_other_error_stops_the_run(prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run = prepared()
    _Small(run, 10, monkeypatch, RuntimeError("a shape is wrong"))
    with pytest.raises(RuntimeError, match="a shape is wrong"):
        in_chunks(run, run.batches[0], 400)


def test_a_run_in_chunks_ends_with_the_weights_of_a_run_without(settings: dict) -> None:
    ends = []
    for name, chunk_tokens in (("auto", "auto"), ("chunks", 70)):
        changed = {
            "output": f"{settings['output']}-{name}",
            "train": {**settings["train"], "chunk_tokens": chunk_tokens},
        }
        report = lacoskit.train({**settings, **changed})
        assert report["steps"] == 6
        ends.append(load_file(Path(changed["output"]) / "adapter_model.safetensors"))
    for name, weight in ends[0].items():
        torch.testing.assert_close(ends[1][name], weight, atol=1e-6, rtol=0)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_deepspeed_which_steps_within_backward_is_not_given_what_is_not_finite(
    what: str, prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared()
    batch = dataclasses.replace(run.batches[0], source="spoiled")

    class Spoiled(torch.nn.Module):
        def forward(self, batch: VectorBatch) -> Tensor:
            length = batch.anchors.norm()
            return length * float("nan") if what == "loss" else length + (batch.anchors * 0).abs().sqrt().sum()

    monkeypatch.setattr(run, "losses", {**run.losses, "spoiled": Spoiled()})
    monkeypatch.setattr(run, "chunk_tokens", 1_000)
    gradients = Gradients(run)
    gradients.deepspeed = True
    computed = gradients(batch)
    assert not computed.reached
    assert all(weight.grad is None for weight in run.encoder.trained().values())
    with pytest.raises(TrainingError, match="the run stopped before they reached the weights"):
        refuse_non_finite(run, 3, computed, None, batch)


def test_who_trains_with_deepspeed_is_told_that_the_step_was_taken(
    prepared: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = prepared()
    batch = run.batches[0]
    computed = Step(torch.tensor(1.0), torch.zeros(48, 32), 0)
    with pytest.raises(TrainingError, match="before they reached the weights"):
        refuse_non_finite(run, 3, computed, torch.tensor(float("nan")), batch)
    here = SimpleNamespace(distributed_type=DistributedType.DEEPSPEED, scaler=None)
    monkeypatch.setattr(run, "accelerator", here)
    with pytest.raises(TrainingError, match="DeepSpeed had then taken the step"):
        refuse_non_finite(run, 3, computed, torch.tensor(float("nan")), batch)
