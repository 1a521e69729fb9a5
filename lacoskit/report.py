"""Write a page about runs: `lacoskit report RUN [RUN ...] [--tasks TASKS] [--output FILE.html]`."""

from __future__ import annotations

import argparse
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lacoskit.arguments import add_overrides
from lacoskit.errors import ConfigError, Problem
from lacoskit.layout import PAGE

if TYPE_CHECKING:
    from lacoskit.analysing.config import AnalyseConfig
    from lacoskit.evaluating.config import EvaluateConfig
    from lacoskit.page.analyses import Analyses
    from lacoskit.page.gathering import RunFolder
    from lacoskit.page.scores import Scores

NEEDED = ("jinja2", "matplotlib")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("runs", nargs="+", metavar="run", help="output folder of a finished run")
    parser.add_argument(
        "--tasks",
        nargs="+",
        default=[],
        metavar="TASK",
        help="as of `lacoskit evaluate`: a YAML file with `tasks:`, or KIND:PATH (without: those of the runs)",
    )
    parser.add_argument(
        "--analyses",
        nargs="+",
        default=[],
        metavar="ANALYSIS",
        help="as of `lacoskit analyse`: a YAML file with `analyses:`, or names (without: all that are installed, "
        "if there is something to measure)",
    )
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="load no model: show the figures that the runs have recorded themselves, and no analysis",
    )
    parser.add_argument(
        "--output", metavar="FILE.html", help=f"the page (without: {PAGE} in the folder of the first run)"
    )
    add_overrides(parser, "the file of tasks")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.page.gathering import read_runs, why_not_read

    output = Path(arguments.output or Path(arguments.runs[0]) / PAGE).expanduser()
    problems = why_not_read(arguments.runs)
    runs = read_runs(arguments.runs) if not problems else []
    config, of_measuring = _to_measure(arguments, runs)
    analyses, of_analysing = _to_analyse(arguments, runs, config, bool(config or of_measuring))
    problems += [
        *of_measuring,
        *of_analysing,
        *_missing(),
        *(_why_not_written(output) if runs or arguments.output else []),
    ]
    if problems:
        raise ConfigError("report", list(dict.fromkeys(problems)))  # of models, both configurations may tell the same

    from lacoskit.page import page  # takes seconds, which a mistake need not wait for
    from lacoskit.reporting import console, show_log
    from lacoskit.storage import write_whole

    show_log(True)
    write_whole(output, page(runs, _scores(config, runs), _findings(analyses)))
    console.print(f"the page: {output}", markup=False, soft_wrap=True)
    return 0


def _scores(config: EvaluateConfig | None, runs: Sequence[RunFolder]) -> Scores:
    """What tasks say of the runs: measured now, or as they have recorded it."""
    from lacoskit.page.scores import measured_scores, recorded_scores

    if config is None:
        return recorded_scores(runs)
    from lacoskit.evaluating.measuring import evaluate

    return measured_scores(evaluate(config), runs, config)


def _findings(config: AnalyseConfig | None) -> Analyses:
    """What the analyses have found, by model and by name."""
    if config is None:
        return {}
    from lacoskit.analysing.examining import analyse

    return {examination.model: examination.findings for examination in analyse(config)}


def _to_measure(
    arguments: argparse.Namespace, runs: Sequence[RunFolder]
) -> tuple[EvaluateConfig | None, Sequence[Problem]]:
    """The evaluation of the base models and the runs, and what is wrong with it; None if there is none to make."""
    from lacoskit.evaluating.config import EvaluateConfig
    from lacoskit.location import BUNDLED
    from lacoskit.models import BASE
    from lacoskit.page.gathering import configs_of, tasks_of_runs

    if arguments.recorded:
        words = [word for word, value in (("--tasks", arguments.tasks), ("--set", arguments.set)) if value]
        told = "measures nothing, and so takes no tasks, nor options of measuring: leave it out, or "
        return None, [Problem("--recorded", told + " and ".join(words))] if words else []
    configs, closed = configs_of(runs)
    own = {} if arguments.tasks else tasks_of_runs(configs.values())
    if not (arguments.tasks or own):
        told = "says how tasks measure, and the runs have none: name some by --tasks, or leave it out"
        return None, closed or ([Problem("--set", told)] if runs and arguments.set else [])
    models = [*(run.base for run in runs), *(run.reference for run in runs)]
    given = {"models": list(dict.fromkeys(models)) or [f"{BASE}{BUNDLED}"], "tasks": own}
    try:
        config, _ = EvaluateConfig.of_words(arguments.tasks, given, arguments.set)
    except ConfigError as error:
        return None, [*closed, *error.problems]
    problems = config.problems()
    if own and problems:
        problems.append(Problem("--tasks", "is not given, so tasks are the runs' own; name others, or give --recorded"))
    return config, [*closed, *problems]


def _to_analyse(
    arguments: argparse.Namespace, runs: Sequence[RunFolder], measuring: EvaluateConfig | None, measures: bool
) -> tuple[AnalyseConfig | None, Sequence[Problem]]:
    """The analyses of the base models and the runs, and what is wrong with them; None if there are none to make.

    measuring: what the models are measured by, if it could be made; measures: whether they are to be.
    """
    from lacoskit.analysing.config import AnalyseConfig

    if arguments.recorded:
        told = "loads no model, and so takes no analyses: leave out one of the two"
        return None, [Problem("--recorded", told)] if arguments.analyses else []
    if not runs or not (measures or arguments.analyses):
        return None, []
    models = list(dict.fromkeys([*(run.base for run in runs), *(run.reference for run in runs)]))
    kept = measuring is None or measuring.keep_vectors
    try:
        config, _ = AnalyseConfig.of_words(
            arguments.analyses, {"models": models}, [] if kept else ["keep_vectors=false"]
        )
    except ConfigError as error:
        return None, error.problems
    return config, config.problems()


def _missing() -> list[Problem]:
    missing = [module for module in NEEDED if importlib.util.find_spec(module) is None]
    told = f"needs {' and '.join(missing)}: pip install 'lacoskit[plots]'"
    return [Problem("the page", told)] if missing else []


def _why_not_written(output: Path) -> list[Problem]:
    """What would keep the page from being written, found out before hours of measuring; makes its folder."""
    if output.is_dir():
        return [Problem("--output", f"{output} is a folder; name a file in it, as {output / PAGE}")]
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [Problem("--output", f"{output.parent} cannot be made ({error.strerror}); name another place")]
    if not os.access(output.parent, os.W_OK):
        return [Problem("--output", f"{output.parent} cannot be written to; name another place")]
    return []
