from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import lacoskit
from lacoskit import Dataset, RunConfig, plugins
from lacoskit.errors import ConfigError
from lacoskit.placement import placement_here
from lacoskit.preflight import check
from lacoskit.reporting import read_metrics


def sources(**options: Any) -> list[Any]:
    component: Dataset[Any] = plugins.installed().select(Dataset, "mixture")
    assert component.sources is not None
    return list(component.sources(component.options(**options)))


@pytest.fixture(scope="module")
def parts(write_rows: Any, sentences: Any) -> dict[str, Any]:
    """Two small datasets: 64 pairs with negatives, 32 scored pairs."""
    texts = sentences(400, 9)
    triples = [{"query": texts[i], "pos": [texts[i + 100]], "neg": [texts[i + 200]]} for i in range(64)]
    scored = [{"sentence1": texts[i], "sentence2": texts[i + 33], "score": i % 5} for i in range(300, 332)]
    return {
        "qa": {"dataset": {"name": "triples", "files": [str(write_rows(triples, "qa.jsonl"))]}},
        "sts": {
            "dataset": {"name": "sts", "files": [str(write_rows(scored, "sts.jsonl"))]},
            "loss": {"name": "cosent"},
            "prompts": {"query": "similar", "document": "similar"},
        },
    }


def test_weights_follow_from_sizes_unless_they_are_given(parts: dict[str, Any]) -> None:
    by_size = sources(sources=parts)
    assert [(each.name, len(each.examples), each.weight) for each in by_size] == [("qa", 64, 64), ("sts", 32, 32)]
    assert [each.weight for each in sources(sources=parts, alpha=0)] == [1, 1]
    assert [each.weight for each in sources(sources=parts, alpha=0.5)] == [8, pytest.approx(32**0.5)]
    heavy = {**parts, "qa": {**parts["qa"], "weight": 5}}
    assert [each.weight for each in sources(sources=heavy)] == [5, 32]


def test_a_source_brings_its_prompts_and_its_loss(parts: dict[str, Any]) -> None:
    qa, sts = sources(sources=parts)
    assert (qa.prompts, qa.loss) == ({}, None)
    assert sts.prompts == {"query": "similar", "document": "similar"}
    assert sts.loss.name == "cosent"


def test_what_the_datasets_hold_out_is_held_out() -> None:
    small = {"name": "templates", "languages": ["en", "sw"], "size": 40, "held_out_size": 6}
    component: Dataset[Any] = plugins.installed().select(Dataset, "mixture")
    found = component.held_out(component.options(sources={"made": {"dataset": small}}))
    assert {name: (task["language"], task["size"]) for name, task in found.items()} == {
        "made/en": ("en", 6),
        "made/sw": ("sw", 6),
    }


def checked(data: dict[str, Any]) -> None:
    config = RunConfig.model_validate(data)
    check(config, placement_here(config))


def test_every_mistake_in_a_mixture_is_told_before_a_run(parts: dict[str, Any], settings: dict[str, Any]) -> None:
    def told(mixture: dict[str, Any], **more: Any) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            checked({**settings, **more, "dataset": {"name": "mixture", **mixture}})
        return [str(problem) for problem in caught.value.problems]

    (line,) = told({})
    assert line.startswith("dataset: name at least one dataset in sources, as in sources: {own: ")
    (line,) = told({"sources": {"a b": parts["qa"]}})
    assert line.startswith("dataset.sources: the name of a source is a word without a slash; 'a b' is not")
    broken = {
        "qa": {"dataset": {"name": "triples", "files": ["none.jsonl"]}, "prompts": {"query": "qa"}},
        "inner": {"dataset": {"name": "mixture", "sources": {"made": {"dataset": {"size": 20}}}}},
    }
    assert told({"sources": broken}, prompts={"qaa": "x", "queri": "y"}) == [
        "dataset: source inner is a mixture itself; name its sources here",
        "dataset.sources.qa.dataset: none.jsonl: no such file",
        "dataset: no prompt named 'qa' in prompts; did you mean 'qaa'?",
        "prompts.qaa: no text gets this prompt; did you mean 'qa'?",
        "prompts.queri: no text gets this prompt; did you mean 'query'?",
    ]
    assert "dataset.sources.qa.prompts" in told({"sources": {"qa": {**parts["qa"], "prompts": {"queri": "x"}}}})[0]


@pytest.fixture(scope="module")
def finished(parts: dict[str, Any], tiny_bloom: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run over both, with checkpoints."""
    output = tmp_path_factory.mktemp("mixture") / "run"
    lacoskit.train(run_of(parts, tiny_bloom, output))
    return output


def run_of(parts: dict[str, Any], model: Path, output: Path) -> dict[str, Any]:
    return {
        "model": str(model),
        "output": str(output),
        "quantizer": None,
        "adapter": {"rank": 4},
        "optimizer": {"name": "adamw"},
        "prompts": {"query": "q: ", "similar": "s: "},
        "dataset": {"name": "mixture", "sources": parts},
        "train": {"batch_size": 8, "epochs": 1, "dtype": "float32", "log_every": 4, "save_every": 5},
    }


def test_a_run_over_a_mixture_takes_each_source_in_its_share(finished: Path) -> None:
    report = json.loads((finished / "run.json").read_text())
    assert report["sources"] == [
        {"name": "qa", "examples": 64, "weight": 64.0, "batches_per_epoch": 8},
        {"name": "sts", "examples": 32, "weight": 32.0, "batches_per_epoch": 4},
    ]
    assert report["steps"] == 12
    lines = [line for line in read_metrics(finished) if "loss" in line]
    assert {name for line in lines for name in line if name.startswith("loss/")} == {"loss/qa", "loss/sts"}


def test_the_saved_model_has_all_prompts_and_the_config_reads_back(finished: Path) -> None:
    about = json.loads((finished / "config_sentence_transformers.json").read_text())
    assert about["prompts"] == {"query": "q: ", "document": "", "similar": "s: "}
    encoder = lacoskit.load(finished)
    assert (encoder.encode(["a cat"], "similar") == encoder.encode(["s: a cat"])).all()
    assert RunConfig.load(finished / "lacoskit.yaml").as_mapping() == yaml.safe_load(
        (finished / "lacoskit.yaml").read_text()
    )


def test_a_run_over_a_mixture_that_was_cut_off_goes_on_to_the_same_figures(
    finished: Path, parts: dict[str, Any], tiny_bloom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lacoskit import loop

    config = run_of(parts, tiny_bloom, tmp_path / "run")
    kept = loop.save_checkpoint

    def stop(run: Any, step: int) -> Path:
        kept(run, step)
        raise RuntimeError("cut off")

    monkeypatch.setattr(loop, "save_checkpoint", stop)
    with pytest.raises(RuntimeError, match="cut off"):
        lacoskit.train(config)
    monkeypatch.setattr(loop, "save_checkpoint", kept)
    loop.run(RunConfig.model_validate(config), resume=True)
    last, expected = read_metrics(tmp_path / "run")[-1], read_metrics(finished)[-1]
    assert {k: last[k] for k in last if k.startswith(("loss", "gradient"))} == {
        k: expected[k] for k in expected if k.startswith(("loss", "gradient"))
    }
