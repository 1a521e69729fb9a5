"""Measure models side by side by tasks: `lacoskit evaluate MODEL [MODEL ...] --tasks TASKS`."""

from __future__ import annotations

import argparse
from pathlib import Path

from lacoskit.errors import ConfigError, Problem
from lacoskit.layout import RESULTS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="model",
        help="output folder of a run, model of sentence-transformers, or base:NAME (untrained)",
    )
    parser.add_argument(
        "--tasks",
        nargs="+",
        required=True,
        metavar="TASK",
        help="a YAML file with `tasks:`, or KIND:PATH, as in sts:'data/*.jsonl' or retrieval:FOLDER",
    )
    parser.add_argument("--output", metavar="FOLDER", help=f"receives {RESULTS}")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override the file; may be repeated"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.evaluating.config import configured, problems_of

    given = {"models": arguments.models, "output": arguments.output}
    config, source = configured(arguments.tasks, given, arguments.set)
    problems = problems_of(config)
    if problems:
        raise ConfigError(source, problems)
    folder = _made(config.output, source)

    from lacoskit.evaluating.measuring import as_mapping, evaluate  # takes seconds, which a mistake need not wait for
    from lacoskit.evaluating.tables import legend, screen_table
    from lacoskit.reporting import console, show_log
    from lacoskit.storage import write_json

    show_log(True)
    evaluation = evaluate(config)
    console.print()
    console.print(screen_table(evaluation))
    told = legend(evaluation)
    if told:
        console.print(told, style="dim")
    if folder is not None:
        write_json(folder / RESULTS, as_mapping(evaluation, config))
        console.print(f"all figures: {folder / RESULTS}", markup=False, soft_wrap=True)
    return 0


def _made(output: str | None, source: str) -> Path | None:
    """The folder of results: made before hours of measuring, and not after, since that may fail."""
    if output is None:
        return None
    folder = Path(output).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = f"{folder} cannot be made ({error.strerror}); name another folder"
        raise ConfigError(source, [Problem("output", told)]) from None
    return folder
