"""The configuration of an evaluation: which models by which tasks, and what can be seen to be wrong with it."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, NonNegativeInt

from lacoskit import plugins
from lacoskit.components import Task
from lacoskit.errors import LacoskitError, Problem
from lacoskit.models_config import ModelsConfig
from lacoskit.sections import Section, Selected

OPTION = re.compile(r"\{([a-z_]\w*)\}")
"""An option of a task in a pattern: `stsb_{language}.jsonl`."""

SUFFIXES = (".jsonl", ".csv", ".tsv", ".parquet", ".txt")


class EvaluateConfig(ModelsConfig):
    """What is measured."""

    command: ClassVar = "evaluate"
    asked: ClassVar = "tasks"

    tasks: Annotated[dict[str, Section[Task[Any]]], Field(min_length=1)]
    """What they are measured by: a name of your own, and a task."""
    resamples: Annotated[int, Field(ge=100)] = 1000
    """Resamples of the bootstrap behind intervals and p-values."""
    seed: NonNegativeInt = 0
    """Decides the resamples."""

    @classmethod
    def sections_of(cls, words: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """`KIND:PATH`, where a pattern gives a task for each match; what matches `{language}` in it is that option.

        For a kind that has names of its own, as mteb has, `KIND:NAME`.
        """
        sections: dict[str, Any] = {}
        problems: list[Problem] = []
        for word in words:
            try:
                for name, section in _sections(word):
                    sections[_unlike(name, sections)] = section
            except LacoskitError as error:
                problems.append(Problem("--tasks", f"{word}: {error}"))
        return sections, problems

    def problems(self) -> list[Problem]:
        """All that can be seen to be wrong on this machine, reading no more than first rows."""
        return [*super().problems(), *problems_of_tasks(self.tasks)]


def problems_of_tasks(tasks: Mapping[str, Selected[Task[Any]]]) -> list[Problem]:
    """All that can be seen to be wrong with the tasks: packages that are not there, files, columns, names."""
    problems = []
    for name, task in tasks.items():
        missing = plugins.what_is_missing(task.component)
        found = missing or task.component.check(task.options)
        problems += [Problem(f"tasks.{name}", what) for what in found]
    return problems


def _sections(word: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The tasks that a word stands for, by name; a LacoskitError tells why it stands for none."""
    kind, colon, pattern = word.partition(":")
    if not (colon and pattern):
        raise LacoskitError("expected a YAML file, or KIND:PATH as in sts:pairs.jsonl")
    task = plugins.installed().select(Task, kind)
    if task.named is not None:
        yield pattern, {"name": kind, **task.named(pattern)}
        return
    try:
        paths = _matches(pattern)
    except OSError as error:
        raise LacoskitError(str(error)) from None
    if not paths:
        raise LacoskitError("nothing matches")
    for path, told_by_name in paths.items():
        place = {"folder": str(path)} if path.is_dir() else {"files": [str(path)]}
        yield _name(path), {"name": kind, **place, **told_by_name}


def _matches(pattern: str) -> dict[Path, dict[str, str]]:
    """The paths that match, and the options that each tells: what stands there in the place of an option in braces."""
    path = Path(pattern).expanduser()
    if path.exists():
        return {path: {}}
    parts = OPTION.split(str(path))  # texts and, between them, names of options
    found = sorted(glob.glob("*".join(parts[::2]), recursive=True))  # noqa: PTH207 - from any root
    if len(parts) == 1:
        return {Path(name): {} for name in found}
    expression, seen = "", set()
    for place, part in enumerate(parts):
        option = f"(?P={part})" if part in seen else f"(?P<{part}>[^/]+?)"  # what is named twice is the same
        expression += option if place % 2 else _as_expression(part)
        seen |= {part} if place % 2 else set()
    matches = {Path(name): re.fullmatch(expression, name) for name in found}
    return {path: match.groupdict() for path, match in matches.items() if match is not None}


def _as_expression(pattern: str) -> str:
    """A part of a pattern of paths as a regular expression: `*`, `**/`, `?` and `[ab]`."""
    written = {"**/": "(?:.*/)?", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|\*|\?|\[!?\]?[^\]]*\])", pattern)
    return "".join(
        written.get(part, re.sub(r"^\[!", "[^", part) if number % 2 else re.escape(part))
        for number, part in enumerate(parts)
    )


def _name(path: Path) -> str:
    """The name of a file without what tells its format."""
    name = path.name
    for suffix in (".gz", *SUFFIXES):
        name = name.removesuffix(suffix)
    return name


def _unlike(name: str, taken: dict[str, Any]) -> str:
    """The name, with a number where two are alike."""
    number = 2
    unique = name
    while unique in taken:
        unique, number = f"{name}-{number}", number + 1
    return unique
