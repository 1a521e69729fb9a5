"""`lacoskit generate CONFIG`: queries for your documents, as pairs to train on."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.arguments import add_check, add_overrides
from lacoskit.errors import ConfigError, LacoskitError

if TYPE_CHECKING:
    from lacoskit.generation.config import GenerateConfig

LOCK = ".generate.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", help="a YAML file with documents, generator, output, filter")
    add_overrides(parser)
    add_check(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from rich.console import Console

    from lacoskit.generation.audit import show
    from lacoskit.generation.config import GenerateConfig
    from lacoskit.generation.pairs import audit_file

    config = GenerateConfig.load(arguments.config, arguments.set)
    if arguments.check:
        check(config, arguments.config)
        print(f"{arguments.config}: nothing wrong")
        return 0
    report = generate(config, arguments.config)
    console, output = Console(highlight=False), Path(config.output)
    show(console, report)
    console.print(
        f"{report['kept']:,} pairs are in {output}, their figures in {audit_file(output)}\n\n{next_steps(output)}",
        markup=False,
        soft_wrap=True,
    )
    return 0


def generate(config: GenerateConfig, source: str = "configuration") -> dict[str, Any]:
    """Make the pairs that a configuration asks for; returns what its audit file holds.

    A LacoskitError tells a mistake, or why it had to stop; the same call then goes on from there.
    """
    from filelock import FileLock, Timeout

    from lacoskit.bar import progress_bar
    from lacoskit.generation.pairs import make_pairs

    check(config, source)
    output = Path(config.output).expanduser()
    lock = output.with_name(f".{output.name}{LOCK}")
    try:
        with FileLock(lock, timeout=0):
            try:
                return make_pairs(config, lambda what, total: progress_bar(what, total, sys.stderr.isatty()))
            finally:
                lock.unlink(missing_ok=True)
    except Timeout:
        raise LacoskitError(f"another process is writing {output}; wait for it, or name another output") from None
    except OSError as error:
        raise LacoskitError(f"{output} cannot be written: {error.strerror or error}") from error


def check(config: GenerateConfig, source: str) -> None:
    """See what can be seen to be wrong before anything is loaded; a ConfigError tells all of it."""
    problems = config.problems()
    if problems:
        raise ConfigError(source, problems)


def next_steps(output: Path) -> str:
    """What to do with the pairs."""
    return f"train on them:\n\n    lacoskit train my-run.yaml --set 'dataset={{name: triples, files: [{output}]}}'\n"
