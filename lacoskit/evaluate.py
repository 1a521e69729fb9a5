"""Measure models side by side by tasks: `lacoskit evaluate MODEL [MODEL ...] --tasks TASKS`, on all processes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from lacoskit.arguments import add_check, add_models, add_overrides
from lacoskit.errors import ConfigError
from lacoskit.layout import MTEB, RESULTS, RESULTS_TABLE
from lacoskit.together import PATIENCE
from lacoskit.train import guarded

if TYPE_CHECKING:
    from pathlib import Path

    from lacoskit.evaluating.config import EvaluateConfig
    from lacoskit.evaluating.measuring import Evaluation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    add_models(parser)
    parser.add_argument(
        "--tasks",
        nargs="+",
        required=True,
        metavar="TASK",
        help="a YAML file with `tasks:`, or KIND:PATH, as in sts:'data/*.jsonl' or retrieval:FOLDER, or mteb:NAME",
    )
    parser.add_argument(
        "--output",
        metavar="FOLDER",
        help=f"receives {RESULTS}, {RESULTS_TABLE}, and {MTEB}/ with files as mteb writes them",
    )
    add_overrides(parser)
    add_check(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.evaluating.config import EvaluateConfig

    given = {"models": arguments.models, "output": arguments.output}
    config, source = EvaluateConfig.of_words(arguments.tasks, given, arguments.set)
    problems = config.problems()
    if problems:
        raise ConfigError(source, problems)
    if arguments.check:
        print(f"{source}: nothing wrong")
        return 0
    folder = config.made_output(source)

    import torch  # takes seconds, which a mistake need not wait for
    from accelerate import PartialState

    from lacoskit.evaluating.measuring import evaluate
    from lacoskit.reporting import show_log

    state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
    try:
        show_log(state.is_main_process)
        evaluation = evaluate(config, state, partial(_write, config, folder) if folder is not None else None)
        if state.is_main_process:
            _tell(evaluation, folder)
    finally:
        state.destroy_process_group()
    return 1 if evaluation.failures else 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command; each mistake is one message, from one process."""
    parser = argparse.ArgumentParser(prog="lacoskit.evaluate", description=__doc__)
    add_arguments(parser)
    return guarded(execute, parser.parse_args(argv))


def _write(config: EvaluateConfig, folder: Path, evaluation: Evaluation) -> None:
    from lacoskit.evaluating.measuring import as_mapping
    from lacoskit.evaluating.mteb_files import write_mteb_files
    from lacoskit.evaluating.tables import markdown_table
    from lacoskit.storage import write_json, write_whole

    write_json(folder / RESULTS, as_mapping(evaluation, config))
    write_whole(folder / RESULTS_TABLE, markdown_table(evaluation))
    write_mteb_files(evaluation, folder / MTEB)


def _tell(evaluation: Evaluation, folder: Path | None) -> None:
    """Print the table, what could not be measured, and where all of it is."""
    from lacoskit.evaluating.tables import legend, screen_table
    from lacoskit.reporting import console

    console.print()
    console.print(screen_table(evaluation))
    told = legend(evaluation)
    if told:
        console.print(told, style="dim", markup=False)
    for failure in evaluation.failures:
        of = failure.model if failure.task is None else f"{failure.model} by {failure.task}"
        console.print(f"not measured: {of}: {failure.why}", style="red", markup=False, soft_wrap=True)
    if folder is not None:
        written = (
            f"all figures: {folder / RESULTS}; this table: {folder / RESULTS_TABLE}; as mteb has them: {folder / MTEB}"
        )
        console.print(written, markup=False, soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
