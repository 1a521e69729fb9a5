"""The configuration of analyses: which models by which of them, and what can be seen to be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from lacoskit import plugins
from lacoskit.components import Analysis
from lacoskit.config import Configuration, write_value
from lacoskit.errors import ConfigError, Problem
from lacoskit.models import why_no_model
from lacoskit.sections import Section, Selected


def _every_one() -> dict[str, Selected[Any]]:
    """Each analysis that is installed, with its default options."""
    registry = plugins.installed()
    chosen = (registry.select(Analysis, name) for name in registry.names(Analysis.kind))
    return {analysis.name: Selected(analysis, analysis.options()) for analysis in chosen}


class AnalyseConfig(Configuration):
    """What is found out."""

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    """Output folders of runs, models that sentence-transformers opens, or `base:` and a Hugging Face model."""
    analyses: Annotated[dict[str, Section[Analysis[Any]]], Field(min_length=1, default_factory=_every_one)]
    """By a name of your own, an analysis; by default, every one that is installed."""
    output: str | None = None
    """The folder that receives analysis.json; null: tables on the screen only."""
    keep_vectors: bool = True
    """Keep the vectors of texts in lacoskit's cache, by the hash of the model's weights, and use them again."""


def configured(
    words: Sequence[str], given: Mapping[str, Any], overrides: Sequence[str] = ()
) -> tuple[AnalyseConfig, str]:
    """The configuration that the words after `--analyses` make, and where it is from; a ConfigError tells all mistakes.

    words: a YAML file, or names of analyses, or none for all; given: options that take the place of those in the file,
    unless they are empty; overrides: those of `--set`, which go before all.
    """
    file = words[0] if len(words) == 1 and words[0].endswith((".yaml", ".yml")) else None
    chosen = {key: value for key, value in given.items() if value}
    chosen |= {"analyses": {word: {"name": word} for word in words}} if words and not file else {}
    own, source = [f"{key}={write_value(value)}" for key, value in chosen.items()], file or "analyse"
    try:
        return AnalyseConfig.load(file, [*own, *overrides]), source
    except ConfigError as error:  # what is wrong with the models is told beside it
        raise ConfigError(source, [*error.problems, *problems_of_models(given.get("models") or [])]) from None


def problems_of(config: AnalyseConfig) -> list[Problem]:
    """All that can be seen to be wrong on this machine, reading no more than first rows."""
    problems = problems_of_models(config.models)
    for name, section in config.analyses.items():
        missing = plugins.what_is_missing(section.component)
        wrong = missing or section.component.check(section.options)
        problems += [Problem(f"analyses.{name}", what) for what in wrong]
    if config.output is not None and Path(config.output).expanduser().is_file():
        problems.append(Problem("output", f"{config.output} is a file; name a folder"))
    return problems


def problems_of_models(models: Sequence[str]) -> list[Problem]:
    """What can be seen to be wrong with the references of models, loading none."""
    problems = [Problem(f"models: {model}", what) for model in models if (what := why_no_model(model))]
    repeated = dict.fromkeys(model for model in models if models.count(model) > 1)
    return problems + [Problem("models", f"{model} is named more than once; name it once") for model in repeated]
