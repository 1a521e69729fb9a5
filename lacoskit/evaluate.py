"""Measure models side by side by tasks: `lacoskit evaluate MODEL [MODEL ...] --tasks TASKS`, on all processes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lacoskit.errors import ConfigError, Problem
from lacoskit.layout import MTEB, RESULTS
from lacoskit.together import PATIENCE
from lacoskit.train import guarded

if TYPE_CHECKING:
    from lacoskit.evaluating.config import EvaluateConfig
    from lacoskit.evaluating.measuring import Evaluation


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
        help="a YAML file with `tasks:`, or KIND:PATH, as in sts:'data/*.jsonl' or retrieval:FOLDER, or mteb:NAME",
    )
    parser.add_argument(
        "--output", metavar="FOLDER", help=f"receives {RESULTS}, and {MTEB}/ with files as mteb writes them"
    )
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

    import torch  # takes seconds, which a mistake need not wait for
    from accelerate import PartialState

    from lacoskit.evaluating.measuring import evaluate
    from lacoskit.reporting import show_log

    state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
    try:
        show_log(state.is_main_process)
        evaluation = evaluate(config, state)
        if state.is_main_process:
            _tell(evaluation, config, folder)
    finally:
        state.destroy_process_group()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command; each mistake is one message, from one process."""
    parser = argparse.ArgumentParser(prog="lacoskit.evaluate", description=__doc__)
    add_arguments(parser)
    return guarded(execute, parser.parse_args(argv))


def _tell(evaluation: Evaluation, config: EvaluateConfig, folder: Path | None) -> None:
    """Print the table, and write the files."""
    from lacoskit.evaluating.measuring import as_mapping
    from lacoskit.evaluating.mteb_files import write_mteb_files
    from lacoskit.evaluating.tables import legend, screen_table
    from lacoskit.reporting import console
    from lacoskit.storage import write_json

    console.print()
    console.print(screen_table(evaluation))
    told = legend(evaluation)
    if told:
        console.print(told, style="dim")
    if folder is not None:
        write_json(folder / RESULTS, as_mapping(evaluation, config))
        write_mteb_files(evaluation, folder / MTEB)
        written = f"all figures: {folder / RESULTS}; as mteb has them: {folder / MTEB}"
        console.print(written, markup=False, soft_wrap=True)


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


if __name__ == "__main__":
    sys.exit(main())
