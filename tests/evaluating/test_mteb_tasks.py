"""Local sets as tasks of mteb, and mteb as the truth that our own figures are held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mteb
import numpy as np
import pytest
import yaml
from hashed_vectors import embed

import lacoskit
from lacoskit.errors import ConfigError
from lacoskit.evaluating.config import EvaluateConfig

THINGS = ("food", "rain", "work", "moon")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small set of each kind, and `tasks.yaml`, which names them all."""
    path = tmp_path_factory.mktemp("sets")
    generator = np.random.default_rng(0)
    firsts = [f"{THINGS[n % 4]} first {n}" for n in range(80)]
    seconds = [f"{THINGS[n % 4 if n % 3 else (n + 1) % 4]} second {n}" for n in range(80)]
    close = [(1.0 if n % 3 else 0.0) + generator.normal() for n in range(80)]
    rows: dict[str, list[dict[str, Any]]] = {
        "sts": [{"sentence1": a, "sentence2": b, "score": s} for a, b, s in zip(firsts, seconds, close, strict=True)],
        "bitext": [{"sentence1": f"{THINGS[n % 4]}{n} a", "sentence2": f"{THINGS[n % 4]}{n} b"} for n in range(60)],
        "pairs": [
            {"sentence1": a, "sentence2": b, "label": int(n % 3 > 0)}
            for n, (a, b) in enumerate(zip(firsts, seconds, strict=True))
        ],
        "train": [{"text": f"{THINGS[n % 4]} train {n}", "label": THINGS[n % 4]} for n in range(48)],
        "test": [{"text": f"{THINGS[n % 4]} test {n}", "label": THINGS[n % 4]} for n in range(60)],
        "ranked": [
            {
                "query": f"{THINGS[n % 4]} query {n}",
                "positive": [f"{THINGS[n % 4]} right {n} {k}" for k in range(2)],
                "negative": [f"{THINGS[(n + k) % 4]} wrong {n} {k}" for k in range(6)],
            }
            for n in range(30)
        ],
        "corpus": [{"_id": f"d{n}", "title": THINGS[n % 4], "text": f"text {n}"} for n in range(50)],
        "queries": [{"_id": f"q{n}", "text": f"{THINGS[n % 4]} question {n}"} for n in range(20)],
        "qrels": [
            {"query-id": f"q{n}", "corpus-id": f"d{k}", "score": 1 + n % 2}
            for n in range(20)
            for k in (n, n + 4, n + 21)
        ],
    }
    for name, parts in rows.items():
        (path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in parts), encoding="utf-8")
    labelled = {"files": [str(path / "test.jsonl")], "language": "en"}
    tasks = {
        "scored": {"name": "sts", "files": [str(path / "sts.jsonl")], "language": "pt"},
        "mined": {"name": "bitext", "files": [str(path / "bitext.jsonl")], "language1": "es", "language2": "en"},
        "paired": {"name": "pair-classification", "files": [str(path / "pairs.jsonl")]},
        "told": {
            "name": "classification",
            "train": [str(path / "train.jsonl")],
            "examples_per_label": None,
            **labelled,
        },
        "grouped": {"name": "clustering", **labelled},
        "reranked": {"name": "reranking", "files": [str(path / "ranked.jsonl")]},
        "found": {"name": "retrieval", "folder": str(path), "depth": 50},
    }
    (path / "tasks.yaml").write_text(yaml.safe_dump({"tasks": tasks}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ours(folder: Path) -> dict[str, Any]:
    """Our figures of each set."""
    tasks = EvaluateConfig.load(folder / "tasks.yaml", ["models=[any]"]).tasks
    return {
        name: task.component.measure(task.component.load(task.options), embed).figures for name, task in tasks.items()
    }


@pytest.fixture(scope="module")
def theirs(folder: Path) -> dict[str, Any]:
    """mteb's result for each set."""
    encoder = lacoskit.MtebEncoder(embed, "lacoskit/any")
    found = mteb.evaluate(encoder, lacoskit.mteb_tasks(folder / "tasks.yaml"), cache=None, show_progress_bar=False)
    return {result.task_name: result for result in found.task_results}


@pytest.mark.parametrize(
    ("task", "pairs"),
    [
        ("scored", {"spearman": "cosine_spearman", "pearson": "cosine_pearson"}),
        ("paired", {"ap": "cosine_ap", "f1": "cosine_f1", "accuracy": "cosine_accuracy"}),
        ("told", {"accuracy": "accuracy", "f1": "f1"}),
        ("reranked", {"map": "map_at_1000", "mrr": "mrr_at_1000"}),
        ("found", {"ndcg@10": "ndcg_at_10", "ndcg@1": "ndcg_at_1", "recall@10": "recall_at_10", "mrr": "mrr_at_1000"}),
    ],
)
def test_figures_are_those_of_mteb(task: str, pairs: dict[str, str], ours: Any, theirs: Any) -> None:
    (scores,) = theirs[task].scores["test"]
    for our_name, their_name in pairs.items():
        assert ours[task][our_name] == pytest.approx(scores[their_name], abs=1e-5), our_name
        assert 0.05 < ours[task][our_name] < 0.99, our_name  # neither chance nor everything


def test_bitext_is_as_in_mteb_for_a_model_without_prompts(folder: Path, theirs: Any) -> None:
    task = EvaluateConfig.load(folder / "tasks.yaml", ["models=[any]"]).tasks["mined"]
    figures = task.component.measure(task.component.load(task.options), lambda texts, role: embed(texts, None)).figures
    (scores,) = theirs["mined"].scores["test"]
    assert figures["accuracy"] == pytest.approx(scores["accuracy"])
    assert figures["f1"] == pytest.approx(scores["main_score"])
    assert 0.1 < figures["f1"] < 0.99


def test_clusters_are_about_as_pure_as_in_mteb_which_draws_the_texts(ours: Any, theirs: Any) -> None:
    (scores,) = theirs["grouped"].scores["test"]
    assert ours["grouped"]["v_measure"] == pytest.approx(scores["v_measure"], abs=0.15)
    assert 0.2 < scores["v_measure"] < 0.95


def test_languages_are_told_in_the_codes_of_mteb(theirs: Any) -> None:
    assert theirs["scored"].scores["test"][0]["languages"] == ["por-Latn"]
    assert set(theirs["mined"].scores["test"][0]["languages"]) == {"spa-Latn", "eng-Latn"}
    assert theirs["paired"].scores["test"][0]["languages"] == ["und-Zyyy"]


def test_sets_can_be_given_as_a_mapping_and_all_mistakes_are_told(folder: Path) -> None:
    scored = {"name": "sts", "files": [str(folder / "sts.jsonl")]}
    (task,) = lacoskit.mteb_tasks({"mine": scored})
    assert task.metadata.name == "mine"
    assert task.dataset["test"][0]["sentence1"] == "food first 0"
    with pytest.raises(ConfigError, match=r"tasks\.mine: .*nowhere.jsonl"):
        lacoskit.mteb_tasks({"mine": {"name": "sts", "files": ["nowhere.jsonl"]}})
