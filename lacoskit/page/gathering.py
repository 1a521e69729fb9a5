"""What finished runs have left in their folders, and what can be measured of them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lacoskit.config import RunConfig, read_yaml
from lacoskit.errors import ConfigError, LacoskitError, Problem
from lacoskit.evaluation import tasks_of
from lacoskit.layout import CONFIG, METRICS, finished, why_not_opened
from lacoskit.models import BASE
from lacoskit.reporting import read_metrics


@dataclass(frozen=True)
class RunFolder:
    """A finished run: its configuration as the file has it, run.json, and the lines of metrics.jsonl."""

    reference: str
    """The folder, as it was named."""
    name: str
    """What the page calls it: the last part, where it tells all runs apart."""
    config: Mapping[str, Any]
    about: Mapping[str, Any]
    metrics: Sequence[Mapping[str, Any]]

    @property
    def base(self) -> str:
        """The reference of its base model, untrained."""
        return f"{BASE}{self.config['model']}"


@dataclass(frozen=True)
class Recorded:
    """What a run has measured itself by one set, before and after training."""

    task: str
    figure: str
    before: float | None
    """A share of 1, as tasks give figures."""
    after: float
    units: int | None
    languages: Sequence[str] = ()


def why_not_read(folders: Sequence[str]) -> list[Problem]:
    """All that keeps the folders from being read, and folders that are named twice."""
    problems = []
    known = Counter(_place(reference) for reference in folders)
    for reference in dict.fromkeys(folders):
        if known[_place(reference)] > 1:
            problems.append(Problem(reference, "is named more than once; name it once"))
        why = _why_not(Path(reference).expanduser())
        if why:
            problems.append(Problem(reference, why))
    return problems


def _place(reference: str) -> str:
    """Where a folder is, however it is named."""
    return str(Path(reference).expanduser().resolve())


def _why_not(folder: Path) -> str:
    if not folder.is_dir():
        return "there is no such folder; name the output folder of a run"
    why = why_not_opened(folder)
    if why:
        return why.removeprefix(f"{folder} ")
    try:
        if "model" not in read_yaml(folder / CONFIG):
            return f"its {CONFIG} names no model"
        if finished(folder) is None:
            return "it has no run.json, which a run writes when it ends; name the output folder of lacoskit train"
        if (folder / METRICS).is_file():
            read_metrics(folder)
    except (LacoskitError, ValueError, OSError) as error:
        return f"what the run has written there cannot be read: {error}"
    return ""


def configs_of(runs: Sequence[RunFolder]) -> tuple[dict[str, RunConfig], list[Problem]]:
    """The configurations by run, and what keeps others from being opened, as an option that there is no more."""
    found, problems = {}, []
    for run in runs:
        try:
            found[run.name] = RunConfig.load(Path(run.reference).expanduser() / CONFIG)
        except ConfigError as error:
            told = "; ".join(map(str, error.problems))
            problems.append(Problem(run.reference, f"cannot be measured by what is installed here: {told}"))
    return found, problems


def read_runs(folders: Sequence[str]) -> list[RunFolder]:
    """Read folders in which `why_not_read` finds nothing wrong."""
    found = []
    last = [Path(_place(reference)).name for reference in folders]
    names = last if len(set(last)) == len(last) else folders
    for reference, name in zip(folders, names, strict=True):
        folder = Path(reference).expanduser()
        metrics = read_metrics(folder) if (folder / METRICS).is_file() else []
        found.append(RunFolder(reference, name, read_yaml(folder / CONFIG), finished(folder) or {}, metrics))
    return found


def tasks_of_run(config: RunConfig) -> dict[str, Any]:
    """The tasks by which a run has measured itself, as sections of a configuration."""
    return {name: task.as_mapping() for name, task in tasks_of(config).items()}


def tasks_of_runs(configs: Iterable[RunConfig]) -> dict[str, Any]:
    """The tasks of all runs; one of another content under a name that is taken gets a number."""
    found: dict[str, Any] = {}
    for config in configs:
        for name, task in tasks_of_run(config).items():
            unique, number = name, 2
            while found.get(unique, task) != task:
                unique, number = f"{name}-{number}", number + 1
            found[unique] = task
    return found


def recorded(run: RunFolder) -> list[Recorded]:
    """What the run's own evaluation says, which has no intervals."""
    evaluation = run.about.get("evaluation") or {}
    found = []
    for name, result in (evaluation.get("after") or {}).items():
        old, new = _main_figure((evaluation.get("before") or {}).get(name)), _main_figure(result)
        if new is not None:
            found.append(Recorded(name, result["main"], old, new, result.get("units"), result.get("languages") or ()))
    return found


def _main_figure(result: Any) -> float | None:
    """None where there is none, or it is no number."""
    figures = (result or {}).get("figures") or {}
    value = figures.get((result or {}).get("main"))
    return value if value is not None and math.isfinite(value) else None
