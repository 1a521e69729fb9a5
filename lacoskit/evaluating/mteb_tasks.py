"""Tasks on local data as tasks of mteb: `mteb.evaluate(model, lacoskit.mteb_tasks("tasks.yaml"))`."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from typing import Any

from lacoskit import plugins
from lacoskit.errors import ConfigError, LacoskitError, Problem
from lacoskit.evaluating.config import EvaluateConfig, problems_of_tasks
from lacoskit.evaluation import rows_of


def mteb_tasks(tasks: str | os.PathLike[str] | Mapping[str, Any]) -> list[Any]:
    """Make each task one of mteb's (`AbsTask`), called by its own name, with its data in memory.

    `tasks`: a YAML file as `lacoskit evaluate --tasks` takes it, or what stands there under `tasks`. A ConfigError
    tells all mistakes, among them tasks of a kind that mteb has nothing like.
    """
    any_model = {"models": ["any"]}  # which this is not about
    if isinstance(tasks, Mapping):
        source, config = "tasks", EvaluateConfig.model_validate({"tasks": dict(tasks), **any_model})
    else:
        source = os.fspath(tasks)
        config = EvaluateConfig.load(source, ["models=[any]"])
    if importlib.util.find_spec("mteb") is None:
        raise LacoskitError(f"the package mteb is not installed: {plugins.how_to_install('mteb')}")
    rows = rows_of(config.tasks) if not (problems := problems_of_tasks(config.tasks)) else {}
    made = []
    for name, task in rows.items():
        if task.component.as_mteb is None:
            problems.append(Problem(f"tasks.{name}", f"mteb has nothing like the task {task.name}"))
        elif not problems:
            made.append(task.component.as_mteb(task.component.load(task.options), name))
    if problems:
        raise ConfigError(source, problems)
    return made
