"""Find out what models' vectors know: `lacoskit analyse MODEL [MODEL ...] [--analyses FILE.yaml | NAME ...]`."""

from __future__ import annotations

import argparse
from functools import partial

from lacoskit.arguments import add_check, add_models, add_overrides
from lacoskit.errors import ConfigError
from lacoskit.layout import ANALYSIS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_models(parser)
    parser.add_argument(
        "--analyses",
        nargs="+",
        default=[],
        metavar="ANALYSIS",
        help="a YAML file with `analyses:`, or names, as in isotropy languages; by default, all that are installed",
    )
    parser.add_argument("--output", metavar="FOLDER", help=f"receives {ANALYSIS}, with matrices, curves and maps")
    add_overrides(parser)
    add_check(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.analysing.config import AnalyseConfig

    given = {"models": arguments.models, "output": arguments.output}
    config, source = AnalyseConfig.of_words(arguments.analyses, given, arguments.set)
    problems = config.problems()
    if problems:
        raise ConfigError(source, problems)
    if arguments.check:
        print(f"{source}: nothing wrong")
        return 0
    folder = config.made_output(source)

    from lacoskit.analysing.examining import analyse  # takes seconds, which a mistake need not wait for
    from lacoskit.analysing.storing import write_findings
    from lacoskit.analysing.tables import screen_tables
    from lacoskit.reporting import console, show_log

    show_log(True)
    file = folder / ANALYSIS if folder is not None else None
    examinations = analyse(config, partial(write_findings, file, config) if file is not None else None)
    console.print()
    for table in screen_tables(examinations):
        console.print(table)
    if file is None:
        console.print("--output FOLDER keeps it all, with what these figures are of: matrices, curves, maps, texts")
    else:
        console.print(f"all of it: {file}", markup=False, soft_wrap=True)
    return 1 if any(examination.failed for examination in examinations) else 0
