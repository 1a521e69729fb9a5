"""Evaluation from the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from scipy.stats import spearmanr

import lacoskit
from lacoskit.__main__ import main


@pytest.fixture(scope="module")
def trained(tiny_bloom: Path, pairs_file: Path, tmp_path_factory: Any) -> Path:
    """The output folder of a few steps."""
    output = tmp_path_factory.mktemp("trained") / "run"
    settings = {"model": str(tiny_bloom), "output": str(output), "quantizer": None, "optimizer": {"name": "adamw"}}
    dataset = {"name": "pairs", "files": [str(pairs_file)]}
    lacoskit.train({**settings, "dataset": dataset, "train": {"batch_size": 16, "max_steps": 3, "dtype": "float32"}})
    return output


@pytest.fixture
def tasks(scored_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "tasks.yaml"
    path.write_text(yaml.safe_dump({"tasks": {"own": {"name": "sts", "files": [str(scored_file)]}}}), encoding="utf-8")
    return path


def test_models_side_by_side_in_a_table_and_in_a_file(
    trained: Path, tiny_bloom: Path, tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "results"
    code = main(["evaluate", f"base:{tiny_bloom}", str(trained), "--tasks", str(tasks), "--output", str(output)])
    printed = capsys.readouterr().out
    assert code == 0
    assert "±" in printed
    assert "own" in printed
    results = json.loads((output / "results.json").read_text(encoding="utf-8"))
    before, after = results["results"]
    assert [before["model"], after["model"]] == [f"base:{tiny_bloom}", str(trained)]
    encoder = lacoskit.load(trained)
    pairs = [json.loads(line) for line in Path(_files(tasks)[0]).read_text(encoding="utf-8").splitlines()]
    first, second = (encoder.encode([pair[key] for pair in pairs]) for key in ("sentence1", "sentence2"))
    expected = spearmanr(np.einsum("ij,ij->i", first, second), [pair["score"] for pair in pairs]).statistic
    assert after["scores"]["test"][0]["main_score"] == pytest.approx(expected, abs=1e-6)
    assert after["interval"]["low"] < expected < after["interval"]["high"]
    table = (output / "results.md").read_text(encoding="utf-8").splitlines()
    assert table[0] == "| task | figure x100 | bloom | run |"
    assert table[2].startswith(f"| own | spearman | {100 * before['scores']['test'][0]['main_score']:.1f} ±")
    assert f" | {100 * expected:.1f} ±" in table[2]
    gained = after["scores"]["test"][0]["main_score"] - before["scores"]["test"][0]["main_score"]
    assert after["against_first"]["value"] == pytest.approx(gained)
    assert before["against_first"] is None


def test_a_model_or_a_task_that_fails_is_told_and_costs_nothing_else(
    trained: Path, tiny_bloom: Path, tasks: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The second model cannot be opened, and one task of the third cannot be measured."""
    plain = yaml.safe_load(tasks.read_text(encoding="utf-8"))
    plain["tasks"]["theirs"] = {"name": "sts", "files": _files(tasks)}
    tasks.write_text(yaml.safe_dump(plain), encoding="utf-8")
    component = lacoskit.plugins.installed().select(lacoskit.Task, "sts")
    calls = []

    def measure(data: Any, embed: Any) -> Any:
        calls.append(1)
        if len(calls) == 4:
            raise lacoskit.LacoskitError("the disk has gone")
        return component.measure(data, embed)

    registry = type(lacoskit.plugins.installed())
    select, failing = registry.select, replace(component, measure=measure)
    monkeypatch.setattr(registry, "select", lambda s, kind, n: failing if kind is lacoskit.Task else select(s, kind, n))
    models, output = [f"base:{tiny_bloom}", "no/such-model", str(trained)], tmp_path / "out"
    assert main(["evaluate", *models, "--tasks", str(tasks), "--output", str(output)]) == 1
    printed = capsys.readouterr().out
    assert f"not measured: {trained} by theirs: the disk has gone" in printed
    assert "not measured: no/such-model: " in printed
    results = json.loads((output / "results.json").read_text(encoding="utf-8"))
    assert [(one["model"], one["task_name"]) for one in results["results"]] == [
        (models[0], "own"), (models[0], "theirs"), (models[2], "own")
    ]  # fmt: skip
    assert [(one["model"], one["task"]) for one in results["failures"]] == [(models[1], None), (models[2], "theirs")]
    assert results["results"][2]["against_first"] is not None


def test_what_is_measured_is_written_after_each_model(
    trained: Path, tiny_bloom: Path, tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lacoskit.evaluating import measuring

    opened, output = measuring.open_model, tmp_path / "out"

    def open_model(reference: str) -> Any:
        if reference == str(trained):
            raise KeyboardInterrupt
        return opened(reference)

    monkeypatch.setattr(measuring, "open_model", open_model)
    words = ["evaluate", f"base:{tiny_bloom}", str(trained), "--tasks", str(tasks), "--output", str(output)]
    assert main(words) == 130
    (only,) = json.loads((output / "results.json").read_text(encoding="utf-8"))["results"]
    assert only["model"] == f"base:{tiny_bloom}"


def test_a_text_is_encoded_once_in_all_runs(trained: Path, tasks: Path, tmp_path: Path) -> None:
    for run in ("one", "two"):
        assert main(["evaluate", str(trained), "--tasks", str(tasks), "--output", str(tmp_path / run)]) == 0
    one, two = (json.loads((tmp_path / run / "results.json").read_text(encoding="utf-8")) for run in ("one", "two"))
    assert one["results"][0]["scores"] == two["results"][0]["scores"]
    assert two["models"][0]["encoded"] == 0
    assert two["models"][0]["reused"] == 80


def test_tasks_can_be_words(trained: Path, tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pattern = str(Path(_files(tasks)[0]).with_name("scor*.jsonl"))
    assert main(["evaluate", str(trained), "--tasks", f"sts:{pattern}"]) == 0
    assert "scored" in capsys.readouterr().out


def test_mteb_measures_local_sets_without_intervals_and_its_files_tell_models_apart(
    trained: Path, tiny_bloom: Path, tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import mteb

    sets = {name: {"name": "sts", "files": _files(tasks)} for name in ("one", "two")}
    tasks.write_text(yaml.safe_dump({"tasks": {"theirs": {"name": "mteb", "sets": sets}}}), encoding="utf-8")
    output = tmp_path / "results"
    assert main(["evaluate", f"base:{tiny_bloom}", str(trained), "--tasks", str(tasks), "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "theirs/one" in printed
    assert "without ±: the task tells nothing of single texts" in printed
    assert "green" not in printed
    results = json.loads((output / "results.json").read_text(encoding="utf-8"))
    for entry in results["results"]:
        assert entry["main_metric"] == "cosine_spearman"
        assert (entry["units"], entry["interval"], entry["against_first"]) == (None, None, None)
    about = results["models"][1]
    assert about["encoded"] <= 80 == (about["encoded"] + about["reused"]) / 2  # both sets have the same texts
    found = mteb.ResultCache(output / "mteb").load_results(include_remote=False).model_results
    names = {f"lacoskit/base-{str(tiny_bloom).strip('/').replace('/', '-')}", f"lacoskit/{trained.name}"}
    assert {model.model_name for model in found} == names
    scores = {(model.model_revision, r.task_name): r.get_score() for model in found for r in model.task_results}
    revisions = {model["reference"]: model["fingerprint"] for model in results["models"]}
    for entry in results["results"]:
        name = entry["task_name"].removeprefix("theirs/")
        assert scores[revisions[entry["model"]], name] == entry["scores"]["test"][0]["main_score"]
    assert len(set(scores.values())) == 2


def test_names_of_mteb_can_be_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "base:nano-bloom", "--tasks", "mteb:STS17s", "mteb:MTEB(eng, v7)"]) == 2
    told = capsys.readouterr().err
    assert "tasks.STS17s: mteb has no task 'STS17s'; did you mean 'STS17'?" in told
    assert "tasks.MTEB(eng, v7): mteb has no task 'MTEB(eng, v7)'; did you mean the benchmark 'MTEB(eng, v" in told


def test_two_rows_of_one_name_are_a_mistake(
    tiny_bloom: Path, tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"name": "sts", "files": _files(tasks)}
    both = {"theirs": {"name": "mteb", "sets": {"a": own, "b": own}}, "theirs/b": own}
    tasks.write_text(yaml.safe_dump({"tasks": both}), encoding="utf-8")
    assert main(["evaluate", f"base:{tiny_bloom}", "--tasks", str(tasks)]) == 2
    assert "tasks: theirs/b stands for two tasks; call one of them by another name" in capsys.readouterr().err


def test_all_mistakes_are_told_at_once(tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = yaml.safe_load(tasks.read_text(encoding="utf-8"))
    plain["tasks"]["other"] = {"name": "sts", "files": ["nowhere.jsonl"]}
    tasks.write_text(yaml.safe_dump(plain), encoding="utf-8")
    assert main(["evaluate", str(tmp_path / "no-run"), "--tasks", str(tasks), "--output", str(tasks)]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"lacoskit: {tasks}: 3 problems"
    assert "no-run" in told[1]
    assert told[2].startswith("  output: ")
    assert told[3].startswith("  tasks.other: ")


def test_a_check_opens_no_model(
    tiny_bloom: Path, tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lacoskit.models.open_model", lambda *a, **k: pytest.fail("a model was opened"))
    words = ["evaluate", f"base:{tiny_bloom}", "--tasks", str(tasks), "--output", str(tmp_path / "out"), "--check"]
    assert main(words) == 0
    assert capsys.readouterr().out == f"{tasks}: nothing wrong\n"
    assert not (tmp_path / "out").exists()
    assert main([*words, "--set", "tasks.other={name: sts, files: [nowhere.jsonl]}"]) == 2


def test_an_output_that_cannot_be_made_is_told_before_anything_is_measured(
    tiny_bloom: Path, tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lacoskit.evaluating import measuring

    monkeypatch.setattr(measuring, "evaluate", lambda config: pytest.fail("it has measured"))
    (tmp_path / "file").write_text("")
    words = [f"base:{tiny_bloom}", "--tasks", str(tasks), "--output", str(tmp_path / "file" / "results")]
    assert main(["evaluate", *words]) == 2
    assert "output: " in capsys.readouterr().err


def test_a_model_that_is_named_twice_is_a_mistake(
    tiny_bloom: Path, tasks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", *2 * [f"base:{tiny_bloom}"], "--tasks", str(tasks)]) == 2
    assert f"models: base:{tiny_bloom} is named more than once" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["stz:{file}"], "no task named 'stz'"),
        (["sts:nowhere*"], "--tasks: sts:nowhere*: nothing matches"),
        (["sts"], "expected a YAML file, or KIND:PATH"),
    ],
)
def test_words_that_stand_for_no_task_are_mistakes(
    words: list[str], expected: str, tasks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = _files(tasks)[0]
    assert main(["evaluate", "base:nano-bloom", "--tasks", *(word.format(file=file) for word in words)]) == 2
    assert expected in capsys.readouterr().err


def test_a_missing_package_is_named_as_pip_calls_it(
    tasks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lacoskit.plugins._is_installed", lambda module: module != "sklearn")
    assert main(["evaluate", "base:nano-bloom", "--tasks", f"clustering:{_files(tasks)[0]}"]) == 2
    told = "clustering needs the package sklearn, which is not installed: pip install 'lacoskit[evaluation]'"
    assert told in capsys.readouterr().err
    monkeypatch.setattr("lacoskit.plugins._is_installed", lambda module: module != "mteb")
    monkeypatch.setitem(sys.modules, "mteb", None)
    assert main(["evaluate", "base:nano-bloom", "--tasks", "mteb:STS17"]) == 2
    told = "tasks.STS17: mteb needs the package mteb, which is not installed: pip install 'lacoskit[mteb]'"
    assert told in capsys.readouterr().err
    with pytest.raises(lacoskit.LacoskitError, match=r"mteb is not installed: pip install 'lacoskit\[mteb\]'"):
        lacoskit.mteb_tasks(tasks)


def test_a_task_that_needs_more_than_a_file_says_what(tasks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "base:nano-bloom", "--tasks", f"classification:{_files(tasks)[0]}"]) == 2
    assert "name the files of labelled texts to learn from: train: [FILE, ...]" in capsys.readouterr().err


def _files(tasks: Path) -> list[str]:
    files: list[str] = yaml.safe_load(tasks.read_text(encoding="utf-8"))["tasks"]["own"]["files"]
    return files


def test_two_processes_find_what_one_finds(trained: Path, tasks: Path, tmp_path: Path) -> None:
    command = ["-m", "lacoskit.evaluate", str(trained), "--tasks", str(tasks), "--set", "keep_vectors=false"]
    launcher = ["-m", "accelerate.commands.launch", "--num_processes", "2", "--cpu", "--main_process_port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    found = []
    for name, words in (("one", command), ("two", [*launcher, *command])):
        subprocess.run([sys.executable, *words, "--output", str(tmp_path / name)], env=environment, check=True)
        found.append(json.loads((tmp_path / name / "results.json").read_text(encoding="utf-8")))
    one, two = found
    assert [model["encoded"] for model in one["models"]] == [model["encoded"] for model in two["models"]]
    for alone, together in zip(one["results"], two["results"], strict=True):
        assert together["scores"]["test"][0]["main_score"] == pytest.approx(
            alone["scores"]["test"][0]["main_score"], abs=1e-6
        )
        assert together["interval"] == pytest.approx(alone["interval"], abs=1e-6)
