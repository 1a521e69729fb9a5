from __future__ import annotations

import json
import math
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from lacoskit_builtins.losses.multiple_negatives import MultipleNegatives
from safetensors.torch import load_file
from scipy.stats import spearmanr

import lacoskit
from lacoskit.config import RunConfig, Train
from lacoskit.encoder import Encoder
from lacoskit.errors import ConfigError, TrainingError
from lacoskit.layout import checkpoints
from lacoskit.loop import schedule
from lacoskit.reporting import read_metrics
from lacoskit.sections import Selected


def test_a_run_leaves_an_encoder_that_opens(settings: dict) -> None:
    report = lacoskit.train(settings)
    vectors = lacoskit.load(settings["output"]).encode(["a cat sleeps", "the dog runs"])
    assert vectors.shape == (2, 32)
    assert report["steps"] == 6
    assert [line["step"] for line in read_metrics(Path(settings["output"])) if "loss" in line] == [2, 4, 6]


# the learning rate


@given(st.integers(1, 3000), st.floats(0, 1), st.sampled_from(["linear", "cosine", "constant"]))
def test_the_rate_rises_to_its_peak_through_the_warm_up_and_never_rises_again(
    steps: int, warmup_ratio: float, kind: Any
) -> None:
    config = Train(warmup_ratio=warmup_ratio, schedule=kind)
    rates = [schedule(config, step, steps) for step in range(steps)]
    warmup = round(warmup_ratio * steps)
    assert all(0 < rate <= 1 for rate in rates)
    rising, falling = rates[: warmup + 1], rates[warmup:]
    assert all(now < after for now, after in pairwise(rising))
    assert all(now >= after for now, after in pairwise(falling))
    assert not falling or falling[0] == 1
    assert kind != "constant" or set(falling) <= {1}


def test_schedules_follow_their_formulas() -> None:
    linear = [schedule(Train(warmup_ratio=0.5, schedule="linear"), step, 4) for step in range(4)]
    assert linear == pytest.approx([1 / 3, 2 / 3, 1, 1 / 2])
    cosine = [schedule(Train(warmup_ratio=0, schedule="cosine"), step, 4) for step in range(4)]
    assert cosine == pytest.approx([1, (1 + math.sqrt(0.5)) / 2, 1 / 2, (1 - math.sqrt(0.5)) / 2])


# figures


def test_metrics_and_tensorboard_hold_the_same_figures_of_training_and_of_every_evaluation(settings: dict) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    settings["train"] |= {"trackers": ["tensorboard"], "warmup_ratio": 0.5}
    settings["evaluation"] |= {"every": 3}
    report = lacoskit.train(settings)
    output = Path(settings["output"])
    lines = read_metrics(output)
    trained = [line for line in lines if "loss" in line]
    assert [line["step"] for line in trained] == [2, 4, 6]
    assert [line["learning_rate"] for line in trained] == pytest.approx([1e-3 * 2 / 4, 1e-3, 1e-3 / 3])
    for line in trained:
        assert line["negatives_per_query"] == 31  # 15 other positives and 16 hard negatives
        assert line["padding"] == 0
        assert line["tokens_per_second"] > line["texts_per_second"] > 0
        assert line["gradient_norm"] > 0
        assert line["memory_gib"] > 0
    evaluated = {line["step"]: line["scored/spearman"] for line in lines if "scored/spearman" in line}
    assert [*evaluated] == [0, 3, 6]
    assert evaluated[0] == report["evaluation"]["before"]["scored"]["figures"]["spearman"]

    events = EventAccumulator(str(next(output.rglob("events.out.tfevents.*"))))
    events.Reload()
    seen = {(name, event.step): event.value for name in events.Tags()["scalars"] for event in events.Scalars(name)}
    expected = {(name, line["step"]): value for line in lines for name, value in line.items() if name != "step"}
    assert seen.keys() == expected.keys()
    assert [seen[key] for key in expected] == pytest.approx([*expected.values()], rel=1e-6)


def test_evaluating_on_the_way_changes_nothing_of_training(settings: dict) -> None:
    settings["adapter"] |= {"dropout": 0.3}
    settings["train"] |= {"log_every": 1}
    losses = []
    for every in (0, 1):
        output = f"{settings['output']}-{every}"
        lacoskit.train({**settings, "output": output, "evaluation": {**settings["evaluation"], "every": every}})
        losses.append([line["loss"] for line in read_metrics(Path(output)) if "loss" in line])
    assert losses[0] == losses[1]


def test_evaluating_computes_no_more_tokens_at_once_than_training(
    settings: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated: list[int] = []
    forward = Encoder.forward

    def observed(encoder: Encoder, ids: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if not encoder.training:
            evaluated.append(len(ids))
        return forward(encoder, ids, lengths)

    monkeypatch.setattr(Encoder, "forward", observed)
    settings["train"] |= {"chunk_tokens": 96}
    settings["evaluation"] |= {"every": 2}
    lacoskit.train(settings)
    probes = [tokens for tokens in evaluated if tokens > 96]
    assert len(probes) <= 3  # of the untrained model, of the trained one, of what is loaded again
    assert len(evaluated) > 20


def test_the_weights_of_the_best_evaluation_are_what_is_saved(
    settings: dict, pairs_file: Path, write_rows: Any
) -> None:
    """Pairs of the training data scored low and other pairs high: the longer the training, the worse."""
    pairs = [json.loads(line) for line in pairs_file.read_text(encoding="utf-8").splitlines()][:60]
    rows = [{"sentence1": p["anchor"], "sentence2": p["positive"], "score": 0} for p in pairs]
    rows += [
        {"sentence1": p["anchor"], "sentence2": q["positive"], "score": 1}
        for p, q in zip(pairs, pairs[1:] + pairs[:1], strict=True)
    ]
    file = write_rows(rows)
    settings["train"] |= {"max_steps": 60, "epochs": 9, "learning_rate": 3e-3}
    task = {"name": "sts", "files": [str(file)]}
    settings["evaluation"] = {"every": 20, "metric": "anti", "tasks": {"anti": task, "same": task}}
    report = lacoskit.train(settings)
    lines = read_metrics(Path(settings["output"]))
    figures = {line["step"]: line["anti/spearman"] for line in lines if "anti/spearman" in line and line["step"]}
    assert figures[20] > figures[40] > figures[60]
    assert report["best_step"] == 20
    encoder = lacoskit.load(settings["output"])
    first, second = (encoder.encode([row[name] for row in rows]) for name in ("sentence1", "sentence2"))
    own = spearmanr((first * second).sum(1), [row["score"] for row in rows]).statistic
    assert own == pytest.approx(figures[20], abs=1e-3)
    assert report["evaluation"]["after"]["anti"]["figures"]["spearman"] == figures[20]


def test_without_evaluations_on_the_way_the_last_weights_are_saved_and_nothing_else_kept(settings: dict) -> None:
    report = lacoskit.train(settings)
    assert report["best_step"] is None
    assert not (Path(settings["output"]) / "checkpoints").exists()


# what stops a run


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_a_non_finite_step_stops_the_run_before_it_reaches_the_weights(
    what: str, settings: dict, pairs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings["train"] |= {"save_every": 1, "log_every": 1}
    settings["dataset"] |= {"max_examples": 16}
    calls = []
    forward = MultipleNegatives.forward

    def broken(self: Any, batch: Any) -> Any:
        calls.append(1)
        loss = forward(self, batch)
        if len(calls) != 4:
            return loss
        return loss * math.nan if what == "loss" else loss + (batch.anchors * 0).abs().sqrt().sum()

    settings["train"] |= {"epochs": 6}
    monkeypatch.setattr(MultipleNegatives, "forward", broken)
    with pytest.raises(TrainingError, match=r"^step 4: the loss is ") as raised:
        lacoskit.train(settings)
    monkeypatch.undo()
    output = Path(settings["output"])
    last = checkpoints(output)[-1]
    assert last.name == "step-00000003"
    assert f"The last good checkpoint is {last}." in str(raised.value)
    texts = re.findall(r"\n    '(.*)'", str(raised.value))
    anchors = [json.loads(line)["anchor"] for line in pairs_file.read_text(encoding="utf-8").splitlines()]
    assert len(texts) == 3
    assert set(texts) <= set(anchors[:16])
    for tensor in load_file(last / "trained.safetensors").values():
        assert tensor.isfinite().all()
    lacoskit.train(settings, resume=True)
    clean = {**settings, "output": str(output.parent / "clean")}
    lacoskit.train(clean)
    texts = ["a cat", "un chat dort"]
    assert np.array_equal(lacoskit.load(output).encode(texts), lacoskit.load(clean["output"]).encode(texts))


def test_the_texts_whose_vectors_are_not_finite_are_the_ones_named(
    settings: dict, tiny_bloom: Path, tmp_path: Path, sentences: Any, write_rows: Any
) -> None:
    from safetensors.torch import save_file
    from transformers import AutoTokenizer

    model = tmp_path / "model"
    shutil.copytree(tiny_bloom, model)
    weights = load_file(model / "model.safetensors")
    ids = AutoTokenizer.from_pretrained(model)("ж", add_special_tokens=False)["input_ids"]
    weights["word_embeddings.weight"][ids[-1]] = math.nan
    save_file(weights, model / "model.safetensors", {"format": "pt"})
    texts = sentences(64, 9)
    rows = [{"anchor": texts[i], "positive": texts[i + 32]} for i in range(32)]
    rows[7]["positive"] = "a cat ж sleeps"
    settings |= {"model": str(model), "dataset": {"name": "pairs", "files": [str(write_rows(rows))]}}
    settings["train"] |= {"batch_size": 32, "epochs": 4}
    with pytest.raises(TrainingError, match=r"Texts whose vectors are not finite \(1,") as raised:
        lacoskit.train(settings)
    assert str(raised.value).endswith("\n    'a cat ж sleeps'")
    assert "There is no checkpoint yet" in str(raised.value)


def test_a_trained_tensor_that_does_not_move_stops_the_run_after_two_steps(settings: dict) -> None:
    config = RunConfig.model_validate({**settings, "adapter": {"name": "full"}})
    full = config.adapter.component

    def attach(model: Any, options: Any) -> Any:
        model = full.attach(model, options)
        model.unused = torch.nn.Parameter(torch.ones(3))
        return model

    adapter = Selected(replace(full, attach=attach), config.adapter.options)
    config = config.model_copy(update={"adapter": adapter, "train": config.train.model_copy(update={"log_every": 1})})
    with pytest.raises(TrainingError, match=r"two steps have not moved 1 of \d+ trained tensors: .*unused"):
        lacoskit.train(config)
    assert [line["step"] for line in read_metrics(Path(settings["output"])) if "loss" in line] == [1]


@pytest.mark.parametrize("adapter", ["full", "lora"])
@pytest.mark.parametrize("kind", ["bloom", "bert", "xlm-roberta", "llama", "qwen2"])
def test_every_tensor_of_every_family_moves(
    kind: str, adapter: str, settings: dict, tiny_model: Callable[[str], Path]
) -> None:
    settings |= {"model": str(tiny_model(kind)), "adapter": {"name": adapter}, "evaluation": {}}
    settings["train"] |= {"max_steps": 3}
    assert lacoskit.train(settings)["steps"] == 3


def test_steps_too_small_to_change_a_large_weight_are_not_held_against_it(settings: dict) -> None:
    """As at the start of a long warm-up: 1 - 1e-8 is 1 in float32."""
    settings |= {"adapter": {"name": "full"}}
    settings["train"] |= {"max_steps": 3, "learning_rate": 1e-8, "save_every": 1}
    lacoskit.train(settings)
    base = load_file(Path(settings["model"]) / "model.safetensors")
    trained = load_file(Path(settings["output"]) / "model.safetensors")
    still = [name for name in base if torch.equal(base[name], trained[name])]
    assert 0 < len(still) < len(base)
    assert all("layernorm.weight" in name or name == "ln_f.weight" for name in still)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"evaluation": {"metric": "de"}}, "evaluation.metric: no task named 'de'"),
        ({"evaluation": {"every": 2}}, "evaluation.every: there is nothing to evaluate on"),
        ({"train": {"trackers": ["tensorbord"]}}, "train.trackers: tensorbord is not known"),
    ],
)
def test_what_could_only_fail_after_training_is_refused_before(changes: dict, where: str, settings: dict) -> None:
    with pytest.raises(ConfigError, match=re.escape(where)):
        lacoskit.train(settings | changes)
    assert not Path(settings["output"]).exists()
