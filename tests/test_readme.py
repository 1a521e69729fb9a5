from __future__ import annotations

import json
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

import lacoskit
from lacoskit import plugins
from lacoskit.combinations import combinations, parse_over
from lacoskit.config import RunConfig
from lacoskit.sections import DEFAULT_COMPONENTS

ROOT = Path(__file__).resolve().parents[1]

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
SMALL = {"train": {"max_steps": 2, "batch_size": 16}, "dataset": {"size": 64, "held_out_size": 6}}


def _blocks(language: str) -> list[str]:
    return [text for kind, text in BLOCKS if kind == language]


def _commands() -> list[list[str]]:
    lines = "".join(_blocks("bash")).replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if line.strip()]


def _small(function: Any) -> Any:
    """Call `lacoskit.train` as the README does, but with a few steps."""

    def train(config: dict[str, Any] | None = None) -> Any:
        given = dict(config or {})
        merged = {section: {**given.get(section, {}), **small} for section, small in SMALL.items()}
        return function({**given, **merged})

    return train


def test_python_blocks_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _small(lacoskit.train)({"output": "runs/default"})
    monkeypatch.setattr(lacoskit, "train", _small(lacoskit.train))
    blocks = _blocks("python")
    assert len(blocks) == 2
    seen: dict[str, Any] = {}
    for block in blocks:
        exec(block, seen)
    assert seen["vectors"].shape == (3, 256)
    assert seen["vectors"] @ seen["vectors"].T == pytest.approx((seen["vectors"] @ seen["vectors"].T).T)
    assert (tmp_path / "runs" / "notebook" / "run.json").is_file()


def test_every_script_and_file_that_a_command_names_is_there() -> None:
    named = [word for command in _commands() for word in command if re.fullmatch(r"(launch|configs)/\S+", word)]
    assert {"launch/quickstart.sh", "launch/test.sh", "configs/bloom-7b1.yaml", "launch/zero3.yaml"} <= set(named)
    assert [word for word in named if not (ROOT / word).is_file()] == []


def test_every_training_command_has_a_configuration_that_is_accepted() -> None:
    trainings = [command for command in _commands() if "lacoskit.train" in command]
    assert len(trainings) == 8
    for command in trainings:
        arguments = command[command.index("lacoskit.train") + 1 :]
        overrides = [arguments[i + 1] for i, word in enumerate(arguments) if word == "--set"]
        if arguments[0] != "my-run.yaml":
            assert RunConfig.load(ROOT / arguments[0], overrides).model.startswith(("bigscience/", "nano-bloom"))


def test_the_sweep_has_the_runs_that_the_text_tells(tmp_path: Path) -> None:
    (words,) = [command[2:] for command in _commands() if command[:2] == ["lacoskit", "sweep"]]
    (tmp_path / "my-run.yaml").write_text(next(text for text in _blocks("yaml") if "my-run.yaml" in text))
    over, problems = parse_over([words[i + 1] for i, word in enumerate(words) if word == "--over"])
    configs = [RunConfig.load(tmp_path / words[0], one.overrides) for one in combinations(over)]
    assert problems == []
    assert len({config.as_yaml() for config in configs}) == 6
    assert "each combination, here six, " in README


def test_the_example_of_own_data_runs_as_it_stands(tmp_path: Path, tiny_bloom: Path, run: Any, sentences: Any) -> None:
    block = next(text for text in _blocks("yaml") if "my-run.yaml" in text)
    (tmp_path / "my-run.yaml").write_text(block, encoding="utf-8")
    (tmp_path / "data").mkdir()
    texts = sentences(64)
    rows = [{"question": a, "answer": b, "wrong_answer": a[::-1]} for a, b in zip(texts[::2], texts[1::2], strict=True)]
    pairs = [{"sentence1": a, "sentence2": b, "score": i} for i, (a, b) in enumerate(pairwise(texts))]
    for name, content in (("train-1.jsonl", rows), ("dev.jsonl", pairs)):
        (tmp_path / "data" / name).write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    small = [f"model={tiny_bloom}", "train.max_steps=2", "train.batch_size=8"]
    command = [
        "-m",
        "accelerate.commands.launch",
        "--num_processes",
        "1",
        "--cpu",
        "-m",
        "lacoskit.train",
        "my-run.yaml",
    ]
    done: subprocess.CompletedProcess[str] = run(*command, *[word for s in small for word in ("--set", s)])
    assert done.returncode == 0, done.stderr
    assert "saved in runs/mine" in done.stdout


def test_the_swapped_components_are_accepted() -> None:
    block = next(text for text in _blocks("yaml") if "weighted-mean" in text)
    assert RunConfig.model_validate(yaml.safe_load(block)).adapter.options.rank == 64


def test_the_example_of_a_mixture_is_accepted() -> None:
    config = RunConfig.model_validate(yaml.safe_load(next(text for text in _blocks("yaml") if "mixture" in text)))
    assert config.sections()["dataset.sources.scored.loss"].name == "cosent"
    assert set(config.dataset.component.prompt_names(config.dataset.options)) <= set(config.prompts)


def test_the_table_of_components_lists_what_is_built_in_and_the_defaults() -> None:
    built_in = [o.component for o in plugins.installed().offers if o.source.distribution == "lacoskit"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", README, re.MULTILINE))
    for kind, default in DEFAULT_COMPONENTS.items():
        listed = set(re.findall(r"`([\w-]+)`", rows[kind])) - {"null"}
        assert listed == {component.name for component in built_in if component.kind == kind}
        assert f"`{default}` (default)" in rows[kind]


def test_measured_figures_name_their_command() -> None:
    measured = README[README.index("## Measured") : README.index("## Where to look")]
    assert "launch/quickstart.sh" in measured
    assert "configs/nano-nli.yaml" in measured
    assert "tests/benchmarks/quality.py" in measured
