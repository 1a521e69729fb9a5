from __future__ import annotations

from pathlib import Path

import pytest

from lacoskit.errors import ConfigError
from lacoskit.evaluating.config import EvaluateConfig


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (
        "sts/b_en_dev.jsonl",
        "sts/b_de_dev.jsonl",
        "sts/b_en_test.jsonl",
        "bitext/en-fr.csv.gz",
        "a+b (1).jsonl",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def test_a_pattern_gives_a_task_for_each_match(folder: Path) -> None:
    found, _ = EvaluateConfig.sections_of([f"sts:{folder}/sts/*_dev.jsonl", f"retrieval:{folder}/sts"])
    assert found == {
        "b_de_dev": {"name": "sts", "files": [f"{folder}/sts/b_de_dev.jsonl"]},
        "b_en_dev": {"name": "sts", "files": [f"{folder}/sts/b_en_dev.jsonl"]},
        "sts": {"name": "retrieval", "folder": f"{folder}/sts"},
    }


def test_an_option_in_braces_is_what_stands_in_its_place(folder: Path) -> None:
    found, _ = EvaluateConfig.sections_of(
        [f"sts:{folder}/sts/b_{{language}}_dev.jsonl", f"bitext:{folder}/**/{{language1}}-{{language2}}.csv.gz"]
    )
    assert {name: task.get("language") for name, task in found.items()} == {
        "b_de_dev": "de",
        "b_en_dev": "en",
        "en-fr": None,
    }
    assert (found["en-fr"]["language1"], found["en-fr"]["language2"]) == ("en", "fr")


def test_a_path_is_taken_as_it_stands(folder: Path) -> None:
    found, _ = EvaluateConfig.sections_of([f"sts:{folder}/a+b (1).jsonl"])
    (task,) = found.values()
    assert task["files"] == [f"{folder}/a+b (1).jsonl"]


def test_all_words_that_stand_for_nothing_are_told(folder: Path) -> None:
    _, problems = EvaluateConfig.sections_of([f"sts:{folder}/none_{{language}}.jsonl", "sts", f"stts:{folder}/sts"])
    assert [problem.what.partition(": ")[2] for problem in problems] == [
        "nothing matches",
        "expected a YAML file, or KIND:PATH as in sts:pairs.jsonl",
        "no task named 'stts'; did you mean 'sts'?",
    ]


def test_wrong_words_and_models_and_overrides_are_told_together(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        EvaluateConfig.of_words([f"sts:{folder}/none.jsonl"], {"models": ["./nowhere"]}, ["resample=5"])
    assert [problem.where for problem in caught.value.problems] == ["--tasks", "resample", "models: ./nowhere"]


def test_a_pattern_is_what_the_shell_has(folder: Path) -> None:
    found, problems = EvaluateConfig.sections_of([f"sts:{folder}/sts/b_[ed][!x]_dev.jsonl"])
    assert (list(found), problems) == (["b_de_dev", "b_en_dev"], [])
    found, _ = EvaluateConfig.sections_of([f"sts:{folder}/sts/b_{{language}}_[dt]e[vs]*.jsonl"])
    assert {name: task["language"] for name, task in found.items()} == {
        "b_de_dev": "de",
        "b_en_dev": "en",
        "b_en_test": "en",
    }


def test_an_option_that_is_named_twice_is_the_same_in_both_places(tmp_path: Path) -> None:
    for name in ("en/en.jsonl", "en/de.jsonl", "de/de.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found, _ = EvaluateConfig.sections_of([f"sts:{tmp_path}/{{language}}/{{language}}.jsonl"])
    assert {name: task["language"] for name, task in found.items()} == {"de": "de", "en": "en"}
