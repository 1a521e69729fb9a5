"""`lacoskit generate CONFIG`: queries for your documents, as pairs to train on."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.errors import ConfigError, LacoskitError, Problem

if TYPE_CHECKING:
    from lacoskit.generation.config import GenerateConfig

LOCK = ".generate.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", help="a YAML file with documents, generator, output, filter")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override the file; may be repeated"
    )
    parser.add_argument("--check", action="store_true", help="find what is wrong with the configuration, and end")


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
    problems = problems_of(config)
    if problems:
        raise ConfigError(source, problems)


def problems_of(config: GenerateConfig) -> list[Problem]:
    """All that can be seen to be wrong on this machine, reading no more than first rows."""
    from lacoskit.generation.documents import check_documents
    from lacoskit.plugins import what_is_missing

    section = config.generator
    problems = [Problem("documents", what) for what in check_documents(config.documents)]
    problems += [Problem("generator", what) for what in section.component.check(section.options)]
    problems += [Problem("generator", what) for what in what_is_missing(section.component)]
    return [*problems, *_output_problems(Path(config.output).expanduser()), *_filter_problems(config)]


def next_steps(output: Path) -> str:
    """What to do with the pairs."""
    return f"train on them:\n\n    lacoskit train my-run.yaml --set 'dataset={{name: triples, files: [{output}]}}'\n"


def _output_problems(output: Path) -> list[Problem]:
    if output.is_dir():
        return [Problem("output", f"{output} is a folder; name a file in it")]
    if output.suffix != ".jsonl":
        return [Problem("output", f"{output} is written as JSON lines; give it a name that ends in .jsonl")]
    if output.exists():
        return [Problem("output", f"{output} is there already; remove it, or name another file")]
    if not output.parent.is_dir():
        return [Problem("output", f"there is no folder {output.parent}; make it, or name another")]
    return []


def _filter_problems(config: GenerateConfig) -> list[Problem]:
    from lacoskit.mining.config import BM25
    from lacoskit.plugins import how_to_install

    if config.filter is None:
        return []
    if config.filter.model == BM25:
        there = importlib.util.find_spec("bm25s") is not None
        what = f"bm25 needs the package bm25s, which is not installed: {how_to_install('bm25s')}"
        return [] if there else [Problem("filter.model", what)]
    from lacoskit.models import why_no_model

    problem = why_no_model(config.filter.model)
    return [Problem("filter.model", problem)] if problem else []
