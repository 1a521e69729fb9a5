"""The stages of a recipe: each is a verb with the configuration that the verb itself would read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import Field

from lacoskit.config import Configuration, RunConfig
from lacoskit.errors import ConfigError, Problem, did_you_mean
from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.generation.config import GenerateConfig
from lacoskit.mining.config import MineConfig

VERBS: Mapping[str, type[Configuration]] = {
    "generate": GenerateConfig,
    "train": RunConfig,
    "mine": MineConfig,
    "evaluate": EvaluateConfig,
}


class RetrofitConfig(Configuration):
    """A recipe: stages that are done one after the other."""

    output: str = "runs/retrofit"
    """The folder that keeps the configuration of each stage, and the record of what has been done."""
    stages: tuple[dict[str, dict[str, Any]], ...] = Field(default=())
    """Each a verb (generate, train, mine, evaluate) and what its own file would say. What a stage makes stands where
    its `output` says, and later stages name that path."""


@dataclass(frozen=True)
class Stage:
    """One step of a recipe."""

    number: int
    """From 1 on."""
    verb: str
    config: Any
    """The verb's own Configuration."""
    output: Path
    """The file or folder that it makes."""
    needs: tuple[int, ...] = ()
    """The numbers of the stages whose outputs it reads."""

    @property
    def name(self) -> str:
        """What its files are called, and how it is told of: `2-train`."""
        return f"{self.number}-{self.verb}"


def read_stages(recipe: RetrofitConfig, source: str) -> list[Stage]:
    """The stages in their order; a ConfigError tells all that is wrong with any of them."""
    problems: list[Problem] = []
    stages: list[Stage] = []
    if not recipe.stages:
        problems.append(Problem("stages", "name at least one, as in stages: [{train: {model: nano-bloom}}]"))
    for number, entry in enumerate(recipe.stages, start=1):
        try:
            stages.append(_stage(number, entry, Path(recipe.output)))
        except ConfigError as error:
            problems += [Problem(".".join(filter(None, (f"stages.{number}", p.where))), p.what) for p in error.problems]
    problems += _misplaced(stages)
    if problems:
        raise ConfigError(source, problems)
    return [_with_needs(stage, stages) for stage in stages]


def _stage(number: int, entry: Mapping[str, dict[str, Any]], folder: Path) -> Stage:
    if len(entry) != 1:
        told = f"expected one verb with its configuration, as in {{train: {{model: nano-bloom}}}}, got {list(entry)}"
        raise ConfigError("", [Problem("", told)])
    ((verb, given),) = entry.items()
    if verb not in VERBS:
        raise ConfigError("", [Problem("", f"no stage {verb!r}; {did_you_mean(verb, VERBS)}")])
    if verb == "evaluate" and not given.get("output"):
        given = {**given, "output": str(folder / f"{number}-{verb}")}
    try:
        config = VERBS[verb].model_validate(given)
    except ConfigError as error:
        problems = [Problem(f"{verb}.{p.where}" if p.where else verb, p.what) for p in error.problems]
        raise ConfigError("", problems) from None
    return Stage(number, verb, config, _path(str(config.output)))  # type: ignore[attr-defined]


def _misplaced(stages: Sequence[Stage]) -> list[Problem]:
    """Outputs that two stages share, and stages that read what a later one makes."""
    problems = []
    for place, stage in enumerate(stages):
        where = f"stages.{stage.number}.{stage.verb}"
        for other in stages[:place]:
            if stage.output == other.output:
                told = f"{stage.output} is what stage {other.number} makes too; name another"
                problems.append(Problem(f"{where}.output", told))
        for other in stages[place + 1 :]:
            if other.output != stage.output and _reads(stage, other.output):
                told = f"reads {other.output}, which stage {other.number} makes; put it after that one"
                problems.append(Problem(where, told))
    return problems


def _with_needs(stage: Stage, stages: Sequence[Stage]) -> Stage:
    needs = tuple(other.number for other in stages if other.number < stage.number and _reads(stage, other.output))
    return Stage(stage.number, stage.verb, stage.config, stage.output, needs)


def _reads(stage: Stage, path: Path) -> bool:
    """Whether a stage's configuration names a path, one within it, or a pattern for it, but as its own output."""
    settings = {key: value for key, value in stage.config.as_mapping().items() if key != "output"}
    named = list(map(_path, _texts(settings)))
    return any(
        one == path or path in one.parents or fnmatchcase(str(path), str(one).replace("**/", "*")) for one in named
    )


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _texts(inner)


def _path(text: str) -> Path:
    return Path(os.path.normpath(Path(text).expanduser())) if text else Path()
