"""Recipes from the command line, in real processes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit.__main__ import main


@pytest.fixture
def recipe(settings: dict[str, Any], pairs_file: Path, scored_file: Path, tmp_path: Path) -> Path:
    """Mining by words, training on what was mined, evaluating."""
    mined = str(tmp_path / "mined.jsonl")
    queries = {"name": "pairs", "files": [str(pairs_file)]}
    trained = settings | {"dataset": {"name": "triples", "files": [mined]}}
    tasks = {"own": {"name": "sts", "files": [str(scored_file)]}}
    stages = [
        {"mine": {"model": "bm25", "queries": queries, "output": mined, "negatives": 2}},
        {"train": trained | {"train": settings["train"] | {"max_steps": 2}}},
        {"evaluate": {"models": [settings["output"]], "tasks": tasks, "output": str(tmp_path / "scores")}},
    ]
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({"output": str(tmp_path / "recipe"), "stages": stages}), encoding="utf-8")
    return path


def test_a_recipe_runs_its_stages_and_skips_them_the_next_time(
    recipe: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrofit", str(recipe)]) == 0
    printed = capfd.readouterr().out
    for told in ("1-mine of 3", "2-train of 3", "3-evaluate of 3", "negatives for", "reloaded and found equal"):
        assert told in printed
    rows = [json.loads(line) for line in (tmp_path / "mined.jsonl").read_text(encoding="utf-8").splitlines()]
    assert max(len(row["neg"]) for row in rows) == 2
    results = json.loads((tmp_path / "scores" / "results.json").read_text(encoding="utf-8"))
    assert [result["task_name"] for result in results["results"]] == ["own"]
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "mined.jsonl", tmp_path / "scores" / "results.json")}
    assert main(["retrofit", str(recipe)]) == 0
    printed = capfd.readouterr().out
    assert printed.count("done in") == 3
    assert "of 3 ─" not in printed
    assert made == {path: path.stat().st_mtime_ns for path in made}


def test_all_that_is_wrong_is_told_before_the_first_stage(recipe: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plain = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    plain["stages"][0]["mine"]["corpus"] = ["nowhere.jsonl"]
    recipe.write_text(yaml.safe_dump(plain), encoding="utf-8")
    assert main(["retrofit", str(recipe), "--launch", "no-such-launcher x"]) == 2
    told = capfd.readouterr().err
    assert "--launch: there is no command 'no-such-launcher'" in told
    assert "stages.1.mine.corpus" in told
    assert "nowhere.jsonl" in told


def test_a_stage_that_fails_ends_the_recipe_and_names_its_configuration(
    recipe: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrofit", str(recipe), "--launch", "false"]) == 2
    told = capfd.readouterr().err
    assert "1-mine failed with exit code 1" in told
    assert str(tmp_path / "recipe" / "1-mine.yaml") in told
    assert yaml.safe_load((tmp_path / "recipe" / "1-mine.yaml").read_text(encoding="utf-8"))["model"] == "bm25"


def test_check_tells_what_is_to_do_and_does_nothing(
    recipe: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["retrofit", str(recipe), "--check"]) == 0
    assert capfd.readouterr().out.count("to do") == 3
    assert not (tmp_path / "recipe").exists()


def test_a_stage_that_is_done_when_it_is_asked_to_stop_is_kept(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lacoskit import subprocesses

    ran: list[str] = []

    def run_command(command: Any, log: Any, asked: list[int], look: Any) -> tuple[int, str]:
        ran.append(command[-1])
        Path(yaml.safe_load(Path(command[-1]).read_text(encoding="utf-8"))["output"]).write_text(
            '{"query": "q", "pos": ["p"], "neg": []}\n'
        )
        asked.append(2)
        return 0, ""

    monkeypatch.setattr(subprocesses, "run_command", run_command)
    assert main(["retrofit", str(recipe)]) == 130
    assert [Path(file).name for file in ran] == ["1-mine.yaml"]
    assert main(["retrofit", str(recipe), "--check"]) == 0
