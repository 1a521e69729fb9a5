"""A user's mistake is one message and an exit code."""

from __future__ import annotations

import argparse

import pytest

from lacoskit.errors import ConfigError, Interrupted, LacoskitError, Problem, TrainingError, did_you_mean
from lacoskit.train import guarded


@pytest.mark.parametrize(
    ("wrong", "known", "hint"),
    [
        ("epochz", ["epochs", "seed", "model"], "did you mean 'epochs'?"),
        ("Lora", ["lora", "bitfit"], "did you mean 'lora'?"),
        ("xyz", ["lora", "bitfit", "lora"], "choose from: bitfit, lora"),
        ("xyz", [], "there is none to choose from"),
    ],
)
def test_the_nearest_name_is_offered_or_all_of_them(wrong: str, known: list[str], hint: str) -> None:
    assert did_you_mean(wrong, known) == hint


def test_a_config_error_counts_its_problems_and_tells_each_on_a_line() -> None:
    one = ConfigError("run.yaml", [Problem("adapter.rank", "too low")])
    two = ConfigError("run.yaml", [Problem("", "no such file"), Problem("seed", "too low")])
    assert str(one) == "run.yaml: 1 problem\n  adapter.rank: too low"
    assert str(two) == "run.yaml: 2 problems\n  no such file\n  seed: too low"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LacoskitError("mend this"), 2),
        (ConfigError("x", [Problem("", "mend this")]), 2),
        (TrainingError("mend this"), 1),
        (Interrupted("mend this", 15), 143),
    ],
)
def test_a_mistake_is_a_message_on_stderr_and_an_exit_code(
    error: LacoskitError, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(arguments: argparse.Namespace) -> int:
        raise error

    monkeypatch.delenv("RANK", raising=False)
    assert guarded(command, argparse.Namespace()) == code
    captured = capsys.readouterr()
    assert captured.err == f"lacoskit: {error}\n"
    assert captured.out == ""

    monkeypatch.setenv("RANK", "1")  # one process of several tells it
    assert guarded(command, argparse.Namespace()) == code
    assert capsys.readouterr().err == ""


def test_an_interruption_is_a_message_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def command(arguments: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    assert guarded(command, argparse.Namespace()) == 130
    assert capsys.readouterr().err == "lacoskit: interrupted\n"


def test_what_is_no_mistake_of_the_user_keeps_its_traceback() -> None:
    def command(arguments: argparse.Namespace) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(command, argparse.Namespace())
