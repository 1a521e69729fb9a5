"""Find out what models' vectors know: `lacoskit analyse MODEL [MODEL ...] [--analyses FILE.yaml | NAME ...]`."""

from __future__ import annotations

import argparse

from lacoskit.errors import ConfigError, Problem
from lacoskit.layout import ANALYSIS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="model",
        help="output folder of a run, model of sentence-transformers, or base:NAME (untrained)",
    )
    parser.add_argument(
        "--analyses",
        nargs="+",
        metavar="ANALYSIS",
        help="a YAML file with `analyses:`, or names, as in isotropy languages; by default, all that are installed",
    )
    parser.add_argument("--output", metavar="FOLDER", help=f"receives {ANALYSIS}, with matrices, curves and maps")
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override the file; may be repeated"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.analysing.config import configured, problems_of

    given = {"models": arguments.models, "output": arguments.output}
    config, source = configured(arguments.analyses or [], given, arguments.set)
    problems = problems_of(config)
    if problems:
        raise ConfigError(source, problems)

    from lacoskit.analysing.examining import analyse  # takes seconds, which a mistake need not wait for
    from lacoskit.analysing.storing import write_findings
    from lacoskit.analysing.tables import screen_tables
    from lacoskit.reporting import console, show_log
    from lacoskit.storage import made_folder

    try:
        folder = made_folder(config.output) if config.output is not None else None
    except OSError as error:
        told = f"{config.output} cannot be made ({error.strerror}); name another folder"
        raise ConfigError(source, [Problem("output", told)]) from None
    show_log(True)
    examinations = analyse(config)
    console.print()
    for table in screen_tables(examinations):
        console.print(table)
    if folder is None:
        console.print("--output FOLDER keeps it all, with what these figures are of: matrices, curves, maps, texts")
    else:
        write_findings(folder / ANALYSIS, examinations, config)
        console.print(f"all of it: {folder / ANALYSIS}", markup=False, soft_wrap=True)
    return 0
