"""Commands in processes of their own: what they print, how they end, and how they are stopped."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from lacoskit import subprocesses
from lacoskit.subprocesses import last_message, run_command

PYTHON = [sys.executable, "-S", "-c"]

LAUNCHED = """\
Traceback (most recent call last):
  File "a.py", line 1, in <module>
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB
E1121 12:00:00 failed (exitcode: 1) local_rank: 0
torch.distributed.elastic.multiprocessing.errors.ChildFailedError:
============================================================
"""


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocesses, "LOOK_EVERY", 0.02)


def test_all_that_is_printed_is_in_the_log_after_its_command(tmp_path: Path) -> None:
    log = tmp_path / "run" / "log.txt"
    for word in ("one", "two words"):
        code = "import os, sys; print(sys.argv[1]); os.write(2, b'warned\\n')"
        assert run_command([*PYTHON, code, word], log, [], lambda: None) == (0, "")
    lines = log.read_text().splitlines()
    assert lines[1:3] == ["one", "warned"]
    assert lines[4:] == ["two words", "warned"]
    assert lines[0].startswith(f"$ {sys.executable} -S -c ")
    assert lines[3].endswith("'two words'")


def test_a_failure_is_told_by_this_attempts_last_message(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    assert run_command([*PYTHON, "raise KeyError('first')"], log, [], lambda: None) == (1, "KeyError: 'first'")
    assert run_command([*PYTHON, "raise SystemExit(3)"], log, [], lambda: None) == (3, "exit code 3, without a message")


def test_a_command_that_is_killed_is_told_by_the_signal(tmp_path: Path) -> None:
    code = "import os; print('step 3', flush=True); os.kill(os.getpid(), 9)"
    told = run_command([*PYTHON, code], tmp_path / "log.txt", [], lambda: None)
    assert told == (-9, "killed by SIGKILL, as by a system that is out of memory")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("step 1\nlacoskit: the GPU's memory is full. Lower it\n", "the GPU's memory is full. Lower it"),
        ("lacoskit: a.yaml: 2 problems\n  seed: bad\n  model: worse\nand more\n", "model: worse"),
        ("step 1\nValueError: first\nRuntimeError: second\n\n", "RuntimeError: second"),
        (LAUNCHED, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"),
        ("lacoskit: the disk is full\n" + LAUNCHED, "the disk is full"),
        ("command not found\n", "command not found"),
        ("", "exit code 7, without a message"),
    ],
)
def test_the_line_that_tells_why_is_found(text: str, told: str) -> None:
    assert last_message(text, 7) == told


SAVES = """
import signal, sys, time
def stop(number, frame):
    print("saved", number, flush=True)
    if {ends}:
        sys.exit(130)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
time.sleep(30)
time.sleep(30)
"""


def when_ready(log: Path, asked: list[int], times: int) -> None:
    """Ask to stop once the command can hear it, and again after each time that it has heard."""
    heard = log.read_text().count("\nready") + log.read_text().count("\nsaved") if log.is_file() else 0
    if len(asked) < min(heard, times):
        asked.append(signal.SIGINT)


def test_a_request_to_stop_is_passed_on_once(tmp_path: Path) -> None:
    log, asked = tmp_path / "log.txt", []
    code, _ = run_command([*PYTHON, SAVES.format(ends=True)], log, asked, lambda: when_ready(log, asked, 1))
    assert code == 130
    assert log.read_text().count("\nsaved 2\n") == 1


def test_a_second_request_ends_the_command_at_once(tmp_path: Path) -> None:
    log, asked = tmp_path / "log.txt", []
    code, _ = run_command([*PYTHON, SAVES.format(ends=False)], log, asked, lambda: when_ready(log, asked, 2))
    assert code == -signal.SIGKILL


def test_children_of_a_launcher_are_stopped_too(tmp_path: Path) -> None:
    log, asked = tmp_path / "log.txt", []
    child = "import os, time; print('child', os.getpid(), flush=True); print('ready', flush=True); time.sleep(30)"
    launcher = f"import subprocess, sys; sys.exit(subprocess.call([sys.executable, '-S', '-c', {child!r}]))"
    code, _ = run_command([*PYTHON, launcher], log, asked, lambda: when_ready(log, asked, 1))
    assert code != 0
    pid = int(next(line for line in log.read_text().splitlines() if line.startswith("child ")).split()[1])
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the child is still there")


def test_it_is_looked_at_meanwhile(tmp_path: Path) -> None:
    looks: list[float] = []
    run_command([*PYTHON, "import time; time.sleep(0.3)"], tmp_path / "log.txt", [], lambda: looks.append(1))
    assert 3 <= len(looks) <= 20
