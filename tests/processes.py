"""The training command in processes of their own that start at once: forked from one that has imported everything."""

from __future__ import annotations

import atexit
import fcntl
import functools
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

_SERVER = """
import json, os, sys
import accelerate, bitsandbytes, peft, rich.live, rich.progress, scipy.stats, torch
from transformers import AutoModel, AutoTokenizer, BitsAndBytesConfig, BloomModel
import lacoskit.folder, lacoskit.train  # not lacoskit.reporting: it looks whether there is a terminal

print("ready", flush=True)
for line in sys.stdin:
    job = json.loads(line)
    child = os.fork()
    if child == 0:
        for number, path in ((1, job["out"]), (2, job["err"])):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        code = 70
        try:
            code = lacoskit.train.main(job["arguments"])
        except SystemExit as error:
            code = error.code
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Job:
    """A running command, and after `wait` its exit code (-9 for SIGKILL), output and errors."""

    def __init__(self, server: subprocess.Popen[str], folder: Path, arguments: list[str], terminal: int = 0) -> None:
        self.server = server
        self.folder = folder
        self.code: int | None = None
        self.screen = _Screen(terminal) if terminal else None
        out, err = (self.screen.name,) * 2 if self.screen else (str(folder / "out"), str(folder / "err"))
        print(json.dumps({"arguments": arguments, "out": out, "err": err}), file=server.stdin, flush=True)
        self.pid = int(server.stdout.readline())

    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def wait(self) -> Job:
        self.code = int(self.server.stdout.readline())
        if self.screen:
            self.screen.close()
        return self

    @property
    def out(self) -> str:
        return self.screen.shown() if self.screen else (self.folder / "out").read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return "" if self.screen else (self.folder / "err").read_text(encoding="utf-8")


class Commands:
    """`commands.run(settings, "--resume")`; `commands.start(...)` does not wait for the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0
        environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
        self.server = subprocess.Popen(
            [sys.executable, "-c", _SERVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=folder,
            env={**environment, "OMP_NUM_THREADS": "1", "TERM": "xterm-256color"},
        )

    def start(self, settings: dict[str, Any], *arguments: str, terminal: int = 0) -> Job:
        """Start a run of these settings; `terminal` gives it a terminal of so many columns."""
        place = self._place()
        (place / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        return Job(self.server, place, [str(place / "config.yaml"), *arguments], terminal)

    def call(self, arguments: list[str]) -> Job:
        """Start the command with these arguments, a configuration's path among them."""
        return Job(self.server, self._place(), arguments)

    def _place(self) -> Path:
        if self.count == 0:
            assert self.server.stdout.readline() == "ready\n"
        self.count += 1
        place = self.folder / str(self.count)
        place.mkdir()
        return place

    def run(self, settings: dict[str, Any], *arguments: str, terminal: int = 0) -> Job:
        return self.start(settings, *arguments, terminal=terminal).wait()

    def interrupted(
        self, settings: dict[str, Any], *arguments: str, when: Callable[[], bool], number: int = signal.SIGKILL
    ) -> Job:
        """Run until `when` is true, then send a signal; the run must not have ended before."""
        job = self.start(settings, *arguments)
        limit = time.monotonic() + 120
        while not when():
            assert job.alive(), f"the run ended too early:\n{job.out}{job.err}"
            assert time.monotonic() < limit, f"too slow:\n{job.out}{job.err}"
            time.sleep(0.002)
        os.kill(job.pid, number)
        return job.wait()

    def close(self) -> None:
        self.server.stdin.close()
        self.server.wait()


class _Screen:
    """A terminal, and all that was written to it."""

    def __init__(self, columns: int) -> None:
        self.ours, self.theirs = os.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.name = os.ttyname(self.theirs)
        self.written = bytearray()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def shown(self) -> str:
        return self.written.decode("utf-8", errors="replace")

    def close(self) -> None:
        os.close(self.theirs)
        self.reader.join()
        os.close(self.ours)

    def _read(self) -> None:
        with suppress(OSError):  # the last process has closed the terminal
            while part := os.read(self.ours, 65_536):
                self.written += part


@functools.cache
def commands_of_this_session() -> Commands:
    """One server for all test files of a worker."""
    folder = tempfile.TemporaryDirectory(prefix="commands-")
    commands = Commands(Path(folder.name))
    atexit.register(folder.cleanup)
    atexit.register(commands.close)
    return commands
