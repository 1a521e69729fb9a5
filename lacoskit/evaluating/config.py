"""The configuration of an evaluation: which models by which tasks, and what can be seen to be wrong with it."""

from __future__ import annotations

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt

from lacoskit import plugins
from lacoskit.components import Task
from lacoskit.config import Configuration, write_value
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


def configured(
    words: Sequence[str], given: Mapping[str, Any], overrides: Sequence[str] = ()
) -> tuple[EvaluateConfig, str]:
    """The configuration that the words after `--tasks` make, and where it is from; a ConfigError tells all mistakes.

    words: a YAML file, or tasks as `tasks_of` takes them, or none; given: options that take the place of those in the
    file, unless they are empty; overrides: those of `--set`, which go before all.
    """
    file = words[0] if len(words) == 1 and words[0].endswith((".yaml", ".yml")) else None
    chosen = {key: value for key, value in given.items() if value}
    chosen |= {"tasks": tasks_of(words)} if words and not file else {}
    own = [f"{key}={write_value(value)}" for key, value in chosen.items()]
    return EvaluateConfig.load(file, [*own, *overrides]), file or "evaluate"


def problems_of(config: EvaluateConfig) -> list[Problem]:
    """All that can be seen to be wrong on this machine, reading no more than first rows."""
    problems = [Problem(f"models: {model}", what) for model in config.models if (what := why_no_model(model))]
    repeated = dict.fromkeys(model for model in config.models if config.models.count(model) > 1)
    problems += [Problem("models", f"{model} is named more than once; name it once") for model in repeated]
    for name, task in config.tasks.items():
        place = f"tasks.{name}"
        missing = plugins.what_is_missing(task.component)
        problems += [Problem(place, what) for what in missing]
        problems += [Problem(place, what) for what in ([] if missing else task.component.check(task.options))]
    if config.output is not None and Path(config.output).expanduser().is_file():
        problems.append(Problem("output", f"{config.output} is a file; name a folder"))
    return problems


def tasks_of(words: Sequence[str]) -> dict[str, Any]:
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
