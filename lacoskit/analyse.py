"""Find out what models' vectors know: `lacoskit analyse MODEL [MODEL ...] [--analyses FILE.yaml | NAME ...]`."""

from __future__ import annotations

import argparse
from typing import Any

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
    from lacoskit.analysing.config import AnalyseConfig, problems_of

    config, source = _config(arguments, AnalyseConfig)
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


def _config(arguments: argparse.Namespace, kind: Any) -> tuple[Any, str]:
    """The configuration that the words of the command line make, and where it is from."""
    from lacoskit.analysing.config import problems_of_models
    from lacoskit.config import write_value

    given: dict[str, Any] = {"models": arguments.models} if arguments.models else {}
    given |= {"output": arguments.output} if arguments.output else {}
    words = arguments.analyses or []
    file = words[0] if len(words) == 1 and words[0].endswith((".yaml", ".yml")) else None
    if words and file is None:
        given["analyses"] = {word: {"name": word} for word in words}
    overrides, source = [f"{key}={write_value(value)}" for key, value in given.items()], file or "analyse"
    try:
        return kind.load(file, [*overrides, *arguments.set]), source
    except ConfigError as error:  # what is wrong with the models is told beside it
        raise ConfigError(source, [*error.problems, *problems_of_models(arguments.models)]) from None
