"""A command in a process of its own: its output in a file, signals passed on to it, its last message found again."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

LOOK_EVERY = 0.5
"""Seconds between two looks at what a command has done so far."""

_OURS = "lacoskit: "
_RAISED = re.compile(r"[\w.]*(Error|Exception|Interrupt|Exit)\b.*")
_OF_LAUNCHERS = ("ChildFailedError", "CalledProcessError")


def run_command(command: Sequence[str], log: Path, asked: Sequence[int], look: Callable[[], None]) -> tuple[int, str]:
    """Run a command to its end; return its exit code (-9 for SIGKILL) and, if it failed, the last line it had to say.

    What it prints is added to the file `log`. The first signal that appears in `asked` meanwhile is passed on to the
    command and all its children, so that a run saves a checkpoint; a second one ends them at once. `look` is called
    twice a second.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as file:
        file.write(f"$ {shlex.join(command)}\n".encode())
        file.flush()
        start = file.tell()
        process = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},  # the file can be followed, and keeps what a killed run said
            start_new_session=True,  # Ctrl-C goes to this process alone, which passes it on, once
        )
        code = _wait(process, asked, look)
    return code, last_message(log.read_bytes()[start:].decode("utf-8", errors="replace"), code) if code else ""


def last_message(text: str, code: int) -> str:
    """The line of a failed command's output that tells why: lacoskit's, an exception's, or the last."""
    if code < 0:
        killed = signal.Signals(-code).name
        return f"killed by {killed}" + (", as by a system that is out of memory" if killed == "SIGKILL" else "")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    ours = next((i for i in reversed(range(len(lines))) if lines[i].startswith(_OURS)), None)
    if ours is not None:
        rest = lines[ours + 1 :]
        indented = next((i for i, line in enumerate(rest) if not line.startswith(" ")), len(rest))
        return [lines[ours].removeprefix(_OURS), *rest[:indented]][-1].strip()
    raised = [line for line in lines if _RAISED.fullmatch(line) and not any(name in line for name in _OF_LAUNCHERS)]
    return (raised or lines or [f"exit code {code}, without a message"])[-1].strip()


def _wait(process: subprocess.Popen[bytes], asked: Sequence[int], look: Callable[[], None]) -> int:
    passed_on = len(asked)
    first = True
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(LOOK_EVERY)
        if len(asked) > passed_on:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, asked[-1] if first else signal.SIGKILL)
            first, passed_on = False, len(asked)
        look()
