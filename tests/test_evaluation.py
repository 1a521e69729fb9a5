from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from lacoskit import DataError, Example, Placement, RunConfig
from lacoskit.encoder import Encoder, build_encoder
from lacoskit.evaluation import evaluate, figure
from lacoskit.scored_pairs import check_sets, load_sets, read_scored_pairs


class Angles:
    """Stands in for an encoder: a text is an angle in degrees, and its vector points there."""

    def __init__(self, prompts: Mapping[str, str] | None = None) -> None:
        self.config = RunConfig.model_validate({"prompts": prompts or {}})
        self.asked: list[str | None] = []

    def encode(self, texts: Sequence[str], prompt: str | None = None) -> np.ndarray:
        self.asked.append(prompt)
        angles = np.radians([float(text) for text in texts])
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def measure(sets: dict[str, list[Example]], **options: Any) -> Any:
    return evaluate(cast(Encoder, Angles(**options)), sets)


def pairs(angles: Sequence[float], scores: Sequence[float]) -> list[Example]:
    """Pairs that are `angles` degrees apart, in different directions."""
    return [Example(str(10 * i), str(10 * i + a), score=s) for i, (a, s) in enumerate(zip(angles, scores, strict=True))]


def test_spearman_is_one_less_six_times_the_squared_differences_of_ranks() -> None:
    # Ranks of cosines 4 3 2 1, of scores 4 2 3 1: 1 - 6 * 2 / (4 * 15).
    result = measure({"en": pairs([10, 20, 30, 40], [5, 2, 3, 1])})["en"]
    assert result.spearman == pytest.approx(80)
    assert result.pairs == 4


def test_pearson_is_that_of_the_cosines() -> None:
    angles, scores = [10, 80, 30, 120, 60], [5, 2, 3, 1, 2.5]
    truth = np.corrcoef(np.cos(np.radians(angles)), scores)[0, 1]
    assert measure({"en": pairs(angles, scores)})["en"].pearson == pytest.approx(100 * truth, abs=1e-4)


def test_equal_scores_share_their_rank() -> None:
    # Ranks of scores 1.5 1.5 3.5 3.5 against 1 2 3 4: their correlation is 2 / sqrt(5).
    result = measure({"en": pairs([40, 30, 20, 10], [0, 0, 1, 1])})["en"]
    assert result.spearman == pytest.approx(100 * 2 / 5**0.5)


@pytest.mark.parametrize(("scores", "spearman"), [([4, 3, 2, 1], 100), ([1, 2, 3, 4], -100)])
def test_the_sign_is_that_of_similarity(scores: list[float], spearman: float) -> None:
    assert measure({"en": pairs([1, 2, 3, 4], scores)})["en"].spearman == pytest.approx(spearman)


def test_a_metric_names_one_set_or_the_mean_of_all() -> None:
    results = measure({"en": pairs([10, 20, 30, 40], [5, 2, 3, 1]), "fr": pairs([10, 20, 90], [1, 2, 3])})
    assert figure(results, "spearman/en") == pytest.approx(80)
    assert figure(results, "spearman/fr") == pytest.approx(-100)
    assert figure(results, "spearman") == pytest.approx((80 - 100) / 2)
    assert figure(results, "pearson/fr") == pytest.approx(results["fr"].pearson)
    assert figure(results, "pearson") == pytest.approx((results["en"].pearson + results["fr"].pearson) / 2)


@pytest.mark.parametrize(
    ("prompts", "asked"),
    [
        ({}, [None, None]),
        ({"query": "q: ", "document": "d: "}, ["query", "document"]),
        ({"document": "d: "}, [None, "document"]),
    ],
)
def test_sentences_get_the_prompts_of_training(prompts: dict[str, str], asked: list[str | None]) -> None:
    encoder = Angles(prompts)
    evaluate(cast(Encoder, encoder), {"en": pairs([1, 2, 3], [1, 2, 3])})
    assert encoder.asked == asked


# Reading


def test_scored_pairs_are_read_as_they_stand(scored_file: Path) -> None:
    rows = [json.loads(line) for line in scored_file.read_text(encoding="utf-8").splitlines()]
    read = read_scored_pairs(scored_file)
    assert read == [Example(row["sentence1"], row["sentence2"], score=row["score"]) for row in rows]


@pytest.mark.parametrize("score", ["high", None, float("nan"), float("inf")])
def test_a_score_that_is_none_is_told_with_its_place(write_rows: Callable[..., Path], score: Any) -> None:
    rows = [{"sentence1": "a", "sentence2": "b", "score": i} for i in range(3)]
    rows[1]["score"] = score
    with pytest.raises(DataError, match=r"1 of 3 rows cannot be used: score is not .*first at rows\.jsonl:2"):
        read_scored_pairs(write_rows(rows))


@pytest.mark.parametrize("scores", [[3], [2, 2, 2]])
def test_scores_that_are_all_equal_are_refused(write_rows: Callable[..., Path], scores: list[float]) -> None:
    file = write_rows([{"sentence1": "a", "sentence2": "b", "score": score} for score in scores])
    with pytest.raises(DataError, match="needs at least two pairs of different scores to correlate with"):
        read_scored_pairs(file)


def test_what_is_wrong_with_the_sets_is_seen_before_the_run(
    scored_file: Path, pairs_file: Path, settings: dict[str, Any]
) -> None:
    def problems(**evaluation: Any) -> list[str]:
        return check_sets(RunConfig.model_validate({**settings, "evaluation": evaluation}))

    good = str(scored_file)
    assert not problems(sets={"en": good}, metric="spearman/en")
    assert not problems(sets={"en": good}, metric="pearson")
    assert "no set named 'fr'" in problems(sets={"en": good}, metric="spearman/fr")[0]
    found = problems(sets={"en": "/nowhere/x.jsonl", "fr": str(pairs_file)})
    assert "no such file" in found[0]
    assert "no column 'sentence1'" in found[1]


def test_without_sets_those_that_the_dataset_holds_out_are_used(settings: dict[str, Any]) -> None:
    templates = {"name": "templates", "languages": ["en", "zh"], "held_out_size": 12, "size": 10}
    config = RunConfig.model_validate({**settings, "dataset": templates, "evaluation": {}})
    assert {name: len(held_out) for name, held_out in load_sets(config).items()} == {"en": 12, "zh": 12}
    assert set(load_sets(RunConfig.model_validate(settings))) == {"scored"}
    no_sets = RunConfig.model_validate({**settings, "evaluation": {}})
    assert not load_sets(no_sets)


# The bundled model, on real data where there is some


def test_the_bundled_model_orders_real_pairs(shared_data: Path) -> None:
    file = shared_data / "sts" / "stsb_en_dev.jsonl.gz"
    if not file.is_file():
        pytest.skip(f"{file.name} is absent")
    config = RunConfig.model_validate({"quantizer": None, "adapter": {"name": "full"}})
    encoder = build_encoder(config, Placement(device="cpu", dtype="float32", trains_base=True))
    assert evaluate(encoder, {"en": read_scored_pairs(file)[:500]})["en"].spearman > 35
