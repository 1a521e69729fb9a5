"""The configuration of analyses: which models by which of them, and what can be seen to be wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import Field

from lacoskit import plugins
from lacoskit.components import Analysis
from lacoskit.errors import Problem
from lacoskit.models_config import ModelsConfig
from lacoskit.sections import Section, Selected


def _every_one() -> dict[str, Selected[Any]]:
    """Each analysis that is installed, with its default options."""
    registry = plugins.installed()
    chosen = (registry.select(Analysis, name) for name in registry.names(Analysis.kind))
    return {analysis.name: Selected(analysis, analysis.options()) for analysis in chosen}


class AnalyseConfig(ModelsConfig):
    """What is found out."""

    command: ClassVar = "analyse"
    asked: ClassVar = "analyses"

    analyses: Annotated[dict[str, Section[Analysis[Any]]], Field(min_length=1, default_factory=_every_one)]
    """By a name of your own, an analysis; by default, every one that is installed."""

    @classmethod
    def sections_of(cls, words: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """Names of analyses, which get their default options."""
        return {word: {"name": word} for word in words}, []

    def problems(self) -> list[Problem]:
        """All that can be seen to be wrong on this machine, reading no more than first rows."""
        problems = super().problems()
        for name, section in self.analyses.items():
            missing = plugins.what_is_missing(section.component)
            wrong = missing or section.component.check(section.options)
            problems += [Problem(f"analyses.{name}", what) for what in wrong]
        return problems
