"""The configuration of an evaluation: which models by which tasks, and what can be seen to be wrong with it."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt

from lacoskit import plugins
from lacoskit.components import Task
from lacoskit.config import Configuration
from lacoskit.errors import ConfigError, Problem
from lacoskit.models import why_no_model
from lacoskit.sections import Section

SUFFIXES = (".jsonl", ".csv", ".tsv", ".parquet", ".txt")


class EvaluateConfig(Configuration):
    """What is measured."""

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    """Output folders of runs, models that sentence-transformers opens, or `base:` and a Hugging Face model, untrained.
    All others are compared with the first."""
    tasks: Annotated[dict[str, Section[Task[Any]]], Field(min_length=1)]
    """What they are measured by: a name of your own, and a task."""
    output: str | None = None
    """The folder that receives results.json; null: a table on the screen only."""
    keep_vectors: bool = True
    """Keep the vectors of texts in lacoskit's cache, by the hash of the model's weights, and use them again."""
    resamples: Annotated[int, Field(ge=100)] = 1000
    """Resamples of the bootstrap behind intervals and p-values."""
    seed: NonNegativeInt = 0
    """Decides the resamples."""


def problems_of(config: EvaluateConfig) -> list[Problem]:
    """All that can be seen to be wrong on this machine, reading no more than first rows."""
    problems = [Problem(f"models: {model}", what) for model in config.models if (what := why_no_model(model))]
    for name, task in config.tasks.items():
        place = f"tasks.{name}"
        missing = plugins.missing_modules(task.component)
        problems += [
            Problem(place, f"{task.name} needs the package {package}, which is not installed: pip install {package}")
            for package in map(plugins.package_of, missing)
        ]
        problems += [Problem(place, what) for what in ([] if missing else task.component.check(task.options))]
    if config.output is not None and Path(config.output).expanduser().is_file():
        problems.append(Problem("output", f"{config.output} is a file; name a folder"))
    return problems


def tasks_of(words: list[str]) -> dict[str, Any]:
    """The sections that words of the command line stand for: `KIND:PATH`, where a pattern gives a task for each match.

    A ConfigError tells words that stand for none.
    """
    sections: dict[str, Any] = {}
    problems = []
    for word in words:
        kind, colon, pattern = word.partition(":")
        try:
            paths = _matches(pattern) if colon and pattern else []
        except OSError as error:
            problems.append(Problem("--tasks", f"{word}: {error}"))
            continue
        if not paths:
            told = "nothing matches" if pattern else "expected a YAML file, or KIND:PATH as in sts:pairs.jsonl"
            problems.append(Problem("--tasks", f"{word}: {told}"))
        for path in paths:
            place = {"folder": str(path)} if path.is_dir() else {"files": [str(path)]}
            sections[_name(path, sections)] = {"name": kind, **place}
    if problems:
        raise ConfigError("evaluate", problems)
    return sections


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.exists():
        return [path]
    return [Path(found) for found in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 - from any root


def _name(path: Path, taken: dict[str, Any]) -> str:
    """The name of a file without what tells its format; with a number where two are alike."""
    name = path.name
    for suffix in (".gz", *SUFFIXES):
        name = name.removesuffix(suffix)
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
