"""Train an encoder: the command `accelerate launch -m lacoskit.train`, and the function `lacoskit.train(config)`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from lacoskit.arguments import add_overrides
from lacoskit.errors import Interrupted, LacoskitError

if TYPE_CHECKING:
    from lacoskit.config import RunConfig

SUMMARY = "train an encoder"


def train(config: str | Path | Mapping[str, Any] | RunConfig | None = None, resume: bool = False) -> dict[str, Any]:
    """Run a configuration: a YAML file, a mapping, or a RunConfig; none is the default run.

    Returns what the output folder's run.json holds. A LacoskitError tells a mistake, or why the run had to stop.
    """
    from lacoskit.config import RunConfig

    source = "configuration"
    if config is None or isinstance(config, str | Path):
        source = str(config or source)
        config = RunConfig.load(config)
    config = RunConfig.model_validate(config)

    from lacoskit.loop import run  # takes seconds, which a mistake in the config need not wait for

    return run(config, resume, source)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the default run, which needs no data")
    add_overrides(parser)
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint, if there is one")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.config import RunConfig

    config = RunConfig.load(arguments.config, arguments.set)

    from lacoskit.loop import run

    run(config, arguments.resume, arguments.config or "configuration")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command; each mistake is one message, from one process."""
    parser = argparse.ArgumentParser(prog="lacoskit.train", description=__doc__)
    add_arguments(parser)
    return guarded(execute, parser.parse_args(argv))


def guarded(command: Any, arguments: argparse.Namespace) -> int:
    """Call a command and turn a LacoskitError, or Ctrl-C, into its message on stderr and its exit code."""
    try:
        return int(command(arguments))
    except LacoskitError as error:
        told = error
    except KeyboardInterrupt:
        told = Interrupted("interrupted", signal.SIGINT)
    if os.environ.get("RANK", "0") == "0":
        print(f"lacoskit: {told}", file=sys.stderr, flush=True)
    return told.exit_code


class _Callable(ModuleType):
    """Lets `lacoskit.train(config)` work although `lacoskit.train` is this module, which `-m lacoskit.train` runs."""

    def __call__(self, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        return train(*arguments, **keywords)


sys.modules[__name__].__class__ = _Callable

if __name__ == "__main__":
    sys.exit(main())
