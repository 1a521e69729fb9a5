from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from scipy.stats import spearmanr

from lacoskit import DataError, LacoskitError, Placement, RunConfig
from lacoskit.encoder import Encoder, build_encoder
from lacoskit.evaluation import Score, by_figure, evaluate, figure, load, tasks_of, why_no_metric

ALONE = SimpleNamespace(num_processes=1)


class Angles:
    """Stands in for an encoder: a text is an angle in degrees, and its vector points there."""

    def __init__(self, prompts: Mapping[str, str] | None = None) -> None:
        self.config = RunConfig.model_validate({"prompts": prompts or {}})
        self.placement = Placement(device="cpu", dtype="float32")
        self.asked: list[tuple[str | None, int]] = []

    def encode(self, texts: Sequence[str], prompt: str | None = None, progress: bool = True) -> np.ndarray:
        self.asked.append((prompt, len(texts)))
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def sts(*files: Path) -> dict[str, Any]:
    return {"name": "sts", "files": [str(file) for file in files]}


def configured(settings: dict[str, Any], **evaluation: Any) -> RunConfig:
    return RunConfig.model_validate({**settings, "evaluation": evaluation})


@pytest.fixture
def angles(write_rows: Any) -> Path:
    """Pairs of angles, one of them twice, that are the farther apart the higher their score; but for the last."""
    apart, scores = (10, 20, 30, 40, 10), (1, 2, 3, 4, 5)
    rows = [
        {"sentence1": str(10 * (i % 4)), "sentence2": str(10 * (i % 4) + a), "score": s}
        for i, (a, s) in enumerate(zip(apart, scores, strict=True))
    ]
    return write_rows(rows, "angles.jsonl")


def measured(encoder: Angles, config: RunConfig) -> dict[str, Score]:
    tasks = tasks_of(config)
    return evaluate(cast(Encoder, encoder), tasks, load(tasks), ALONE)


def test_a_task_measures_the_encoder(settings: dict[str, Any], angles: Path) -> None:
    score = measured(Angles(), configured(settings, tasks={"a": sts(angles)}))["a"]
    truth = spearmanr(np.cos(np.radians([10, 20, 30, 40, 10])), [1, 2, 3, 4, 5]).statistic
    assert score.figures["spearman"] == score.value == pytest.approx(truth)
    assert (score.main, score.units) == ("spearman", 5)


@pytest.mark.parametrize(
    ("prompts", "asked"),
    [
        ({}, [None, None]),
        ({"query": "q: ", "document": "d: "}, ["query", "document"]),
        ({"document": "d: "}, [None, "document"]),
    ],
)
def test_texts_get_the_prompts_of_training_and_are_encoded_once(
    prompts: dict[str, str], asked: list[str | None], settings: dict[str, Any], angles: Path
) -> None:
    encoder = Angles(prompts)
    measured(encoder, configured(settings, tasks={"a": sts(angles)}))
    assert encoder.asked == [(asked[0], 4), (asked[1], 4)]  # of five rows, the first and the last are the same


def test_the_hash_of_the_texts_tells_whether_they_have_changed(
    settings: dict[str, Any], angles: Path, scored_file: Path
) -> None:
    config = configured(settings, tasks={"a": sts(angles), "b": sts(angles)})
    first, second = measured(Angles(), config).values()
    assert first.texts_sha256 == second.texts_sha256
    angles.write_text(angles.read_text().replace('"40"', '"41"').replace('"70"', '"71"'))
    assert measured(Angles(), config)["a"].texts_sha256 != first.texts_sha256


def test_a_vector_that_is_no_number_is_told_and_not_ranked(settings: dict[str, Any], angles: Path) -> None:
    class Broken(Angles):
        def encode(self, texts: Any, role: Any = None, progress: bool = False) -> Any:
            vectors = super().encode(texts, role, progress=progress)
            vectors[1, 0] = np.nan
            return vectors

    with pytest.raises(LacoskitError, match="not finite for '"):
        measured(Broken(), configured(settings, tasks={"a": sts(angles)}))


# Which figure counts

SCORES = {"en": Score({"spearman": 0.5, "pearson": 0.4}, "spearman", 9), "a/b": Score({"map": 0.9}, "map", 9)}


@pytest.mark.parametrize(
    ("metric", "value"),
    [("mean", 0.7), ("en", 0.5), ("en/pearson", 0.4), ("a/b", 0.9), ("a/b/map", 0.9)],
)
def test_a_metric_is_the_mean_or_a_task_or_one_of_its_figures(metric: str, value: float) -> None:
    assert not why_no_metric(metric, SCORES)
    assert figure(SCORES, metric) == pytest.approx(value)


def test_every_figure_is_recorded_under_the_name_of_its_metric() -> None:
    found = by_figure(SCORES)
    assert found == {
        name: pytest.approx(figure(SCORES, name)) for name in ("mean", "en/spearman", "en/pearson", "a/b/map")
    }
    assert by_figure({}) == {}


def test_a_metric_of_no_task_is_told_with_the_nearest() -> None:
    assert why_no_metric("fr", SCORES) == "no task named 'fr'; choose from: a/b, en, mean"
    assert why_no_metric("meen", SCORES) == "no task named 'meen'; did you mean 'mean'?"


# Which tasks


def test_without_tasks_those_that_the_dataset_holds_out_are_used(settings: dict[str, Any]) -> None:
    templates = {"name": "templates", "languages": ["en", "zh"], "held_out_size": 12, "size": 10}
    tasks = tasks_of(configured(settings | {"dataset": templates}))
    assert {name: len(data.scores) for name, data in load(tasks).items()} == {"en": 12, "zh": 12}
    assert set(tasks_of(RunConfig.model_validate(settings))) == {"scored"}
    assert not tasks_of(configured(settings))


def test_data_that_cannot_be_used_is_told(settings: dict[str, Any], write_rows: Any) -> None:
    file = write_rows([{"sentence1": "a", "sentence2": "b", "score": 1}] * 3)
    with pytest.raises(DataError, match="needs at least two pairs of different scores"):
        load(tasks_of(configured(settings, tasks={"a": sts(file)})))


# The bundled model, on real data where there is some


def test_the_bundled_model_orders_real_pairs(shared_data: Path) -> None:
    file = shared_data / "sts" / "stsb_en_dev.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"{file.name} is absent")
    config = RunConfig.model_validate(
        {"quantizer": None, "adapter": {"name": "full"}, "evaluation": {"tasks": {"en": sts(file)}}}
    )
    encoder = build_encoder(config, Placement(device="cpu", dtype="float32", trains_base=True))
    tasks = tasks_of(config)
    assert evaluate(encoder, tasks, load(tasks), ALONE)["en"].value > 0.35
