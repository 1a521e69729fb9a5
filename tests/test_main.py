"""The command `lacoskit`: quick to answer, one message for a mistake."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import lacoskit
from lacoskit.__main__ import VERBS, main

HELP = """
import contextlib, io, json, sys
from lacoskit.__main__ import VERBS, main

told = {}
for verb in ["", *VERBS]:
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main([verb, "--help"] if verb else ["--help"])
    told[verb] = out.getvalue()
sys.argv = ["lacoskit.train", "--help"]
with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
    import runpy
    sys.modules.pop("lacoskit.train")
    runpy.run_module("lacoskit.train", run_name="__main__")
heavy = {"torch", "transformers", "accelerate", "numpy", "peft", "lacoskit_builtins", "lacoskit.loop"}
print(json.dumps({"told": told, "train": out.getvalue(), "heavy": sorted(heavy & set(sys.modules))}))
"""


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)


def test_help_of_every_command_imports_nothing_heavy(helps: dict[str, Any]) -> None:
    assert helps["heavy"] == []


@pytest.mark.parametrize("verb", VERBS)
def test_every_command_tells_what_it_does_and_takes(verb: str, helps: dict[str, Any]) -> None:
    told = " ".join(helps["told"][verb].split())
    summary = VERBS[verb][1]
    assert told.startswith(f"usage: lacoskit {verb}")
    assert summary[1:] in told
    assert f"{verb} {summary}" in " ".join(helps["told"][""].split())


def test_the_module_that_accelerate_launches_tells_its_arguments(helps: dict[str, Any]) -> None:
    assert helps["train"].startswith("usage: lacoskit.train")
    for word in ("--set SECTION.KEY=VALUE", "--resume", "config"):
        assert word in helps["train"]
        assert word in helps["told"]["train"]


def test_help_answers_at_once(run: Any) -> None:
    began = time.perf_counter()
    done = run("-m", "lacoskit", "--help")
    assert done.returncode == 0
    assert time.perf_counter() - began < 5  # 0.3 s on an idle machine; torch alone takes 2


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"lacoskit {lacoskit.__version__}\n"


@pytest.mark.parametrize("words", [[], ["trian"], ["plugins", "shwo"], ["check", "--sett", "x"]])
def test_a_command_that_is_none_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: lacoskit")


TRAIN = """
import json, sys, types, lacoskit

calls = []
loop = types.ModuleType("lacoskit.loop")
loop.run = lambda config, resume, source="configuration": calls.append([config.seed, resume, source]) or {"steps": 1}
sys.modules["lacoskit.loop"] = loop
imported = "lacoskit.train" in sys.modules

def call_all():
    from lacoskit import train
    return [
        lacoskit.train("seven.yaml"),
        lacoskit.train({"seed": 8}, resume=True),
        lacoskit.train(lacoskit.RunConfig.model_validate({"seed": 9})),
        lacoskit.train(),
        train("seven.yaml"),
    ]

returned = call_all()
import lacoskit.train
returned += call_all()
try:
    lacoskit.train({"sed": 1})
except lacoskit.LacoskitError as error:
    message = str(error)
print(json.dumps({"imported": imported, "calls": calls, "returned": returned, "message": message}))
"""


def test_train_takes_a_path_a_mapping_or_a_config_before_and_after_its_import(run: Any, tmp_path: Path) -> None:
    (tmp_path / "seven.yaml").write_text("seed: 7")
    done = run("-c", TRAIN)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    calls = [
        [7, False, "seven.yaml"],
        [8, True, "configuration"],
        [9, False, "configuration"],
        [0, False, "configuration"],
        [7, False, "seven.yaml"],
    ]
    assert not told["imported"]
    assert told["calls"] == calls + calls
    assert told["returned"] == [{"steps": 1}] * 10
    assert told["message"] == "configuration: 1 problem\n  sed: no such option; did you mean 'seed'?"


def test_a_mistake_is_one_message_without_a_traceback(run: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("train: {epochz: 1}\nadapter: lora\n")
    for words in (["lacoskit", "check"], ["lacoskit.train"]):
        done = run("-m", *words, "bad.yaml", "--set", "seed=-1")
        assert done.returncode == 2
        assert done.stdout == ""
        assert done.stderr.splitlines() == [
            "lacoskit: bad.yaml: 3 problems",
            "  adapter: expected a mapping such as {name: lora}, got 'lora'",
            "  seed: Input should be greater than or equal to 0, got -1",
            "  train.epochz: no such option; did you mean 'epochs'?",
        ]


def test_everything_that_the_package_promises_can_be_imported() -> None:
    for name in lacoskit.__all__:
        assert getattr(lacoskit, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = lacoskit.trian
