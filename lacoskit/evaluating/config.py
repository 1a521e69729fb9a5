"""The configuration of an evaluation: which models by which tasks, and what can be seen to be wrong with it."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt

from lacoskit import plugins
from lacoskit.components import Task
from lacoskit.config import Configuration, write_value
from lacoskit.errors import ConfigError, LacoskitError, Problem
from lacoskit.models import why_no_model
from lacoskit.sections import Section, Selected

OPTION = re.compile(r"\{([a-z_]\w*)\}")
"""An option of a task in a pattern: `stsb_{language}.jsonl`."""

SUFFIXES = (".jsonl", ".csv", ".tsv", ".parquet", ".txt")


class EvaluateConfig(Configuration):
    """What is measured."""

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    """Output folders of runs, models that sentence-transformers opens, or `base:` and a Hugging Face model, untrained.
    All others are compared with the first."""
    tasks: Annotated[dict[str, Section[Task[Any]]], Field(min_length=1)]
    """What they are measured by: a name of your own, and a task."""
    output: str | None = None
    """The folder that receives results.json and mteb/; null: a table on the screen only."""
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
    problems += problems_of_tasks(config.tasks)
    if config.output is not None and Path(config.output).expanduser().is_file():
        problems.append(Problem("output", f"{config.output} is a file; name a folder"))
    return problems


def problems_of_tasks(tasks: Mapping[str, Selected[Task[Any]]]) -> list[Problem]:
    """All that can be seen to be wrong with the tasks: packages that are not there, files, columns, names."""
    problems = []
    for name, task in tasks.items():
        missing = plugins.what_is_missing(task.component)
        found = missing or task.component.check(task.options)
        problems += [Problem(f"tasks.{name}", what) for what in found]
    return problems


def tasks_of(words: Sequence[str]) -> dict[str, Any]:
    """The sections that words of the command line stand for: `KIND:PATH`, where a pattern gives a task for each match.

    What matches `{language}` in it is that option. For a kind that has names of its own, as mteb has, `KIND:NAME`. A
    ConfigError tells words that stand for none.
    """
    sections: dict[str, Any] = {}
    problems = []
    for word in words:
        kind, colon, pattern = word.partition(":")
        named = _named(kind) if pattern else None
        if named is not None:
            sections[_unlike(pattern, sections)] = {"name": kind, **named(pattern)}
            continue
        try:
            paths = _matches(pattern) if colon and pattern else {}
        except OSError as error:
            problems.append(Problem("--tasks", f"{word}: {error}"))
            continue
        if not paths:
            told = "nothing matches" if pattern else "expected a YAML file, or KIND:PATH as in sts:pairs.jsonl"
            problems.append(Problem("--tasks", f"{word}: {told}"))
        for path, told_by_name in paths.items():
            place = {"folder": str(path)} if path.is_dir() else {"files": [str(path)]}
            sections[_name(path, sections)] = {"name": kind, **place, **told_by_name}
    if problems:
        raise ConfigError("evaluate", problems)
    return sections


def _named(kind: str) -> Callable[[str], Mapping[str, Any]] | None:
    """What turns a word into options of this kind of task; None where words are paths, or there is no such kind."""
    try:
        return plugins.installed().select(Task, kind).named
    except LacoskitError:
        return None


def _matches(pattern: str) -> dict[Path, dict[str, str]]:
    """The paths that match, and the options that each tells: what stands there in the place of an option in braces."""
    path = Path(pattern).expanduser()
    if path.exists():
        return {path: {}}
    parts = OPTION.split(str(path))  # texts and, between them, names of options
    wanted = "*".join(parts[::2])
    found = sorted(glob.glob(wanted, recursive=True))  # noqa: PTH207 - from any root
    groups = [f"(?P<{part}>[^/]+?)" if place % 2 else _as_expression(part) for place, part in enumerate(parts)]
    matches = {Path(name): re.fullmatch("".join(groups), name) for name in found}
    return {path: match.groupdict() for path, match in matches.items() if match is not None}


def _as_expression(pattern: str) -> str:
    """A part of a pattern of paths as a regular expression."""
    return re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*").replace(r"\?", "[^/]")


def _name(path: Path, taken: dict[str, Any]) -> str:
    """The name of a file without what tells its format."""
    name = path.name
    for suffix in (".gz", *SUFFIXES):
        name = name.removesuffix(suffix)
    return _unlike(name, taken)


def _unlike(name: str, taken: dict[str, Any]) -> str:
    """The name, with a number where two are alike."""
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
