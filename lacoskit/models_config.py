"""What commands about finished models have in common: their words, and the first fields of their configurations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from lacoskit.config import Configuration, write_value
from lacoskit.errors import ConfigError, Problem
from lacoskit.models import why_no_model
from lacoskit.storage import made_folder


class ModelsConfig(Configuration):
    """Which models a command is about, and where it writes; what it asks of them is for the class of the command."""

    command: ClassVar[str]
    """What mistakes are of where no file is named."""
    asked: ClassVar[str]
    """The field that words of the command line stand for: `tasks`, `analyses`."""

    models: Annotated[tuple[str, ...], Field(min_length=1)]
    """Output folders of runs, models that sentence-transformers opens, or `base:` and a Hugging Face model, untrained.
    All others are compared with the first."""
    output: str | None = None
    """The folder that receives the results; null: tables on the screen only."""
    keep_vectors: bool = True
    """Keep the vectors of texts in lacoskit's cache, by the hash of the model's weights, and use them again."""

    @classmethod
    def sections_of(cls, words: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
        """The sections that words of the command line stand for, and what is wrong with the words."""
        raise NotImplementedError

    @classmethod
    def of_words(
        cls, words: Sequence[str], given: Mapping[str, Any], overrides: Sequence[str] = ()
    ) -> tuple[Self, str]:
        """The configuration that words of a command make, and where it is from; a ConfigError tells all mistakes.

        words: a YAML file, or what `sections_of` takes, or none; given: options that take the place of those in the
        file, unless they are empty; overrides: those of `--set`, which go before all.
        """
        file = words[0] if len(words) == 1 and words[0].endswith((".yaml", ".yml")) else None
        source, problems = file or cls.command, list[Problem]()
        chosen = {key: value for key, value in given.items() if value}
        if words and not file:
            chosen[cls.asked], problems = cls.sections_of(words)
        own = [f"{key}={write_value(value)}" for key, value in chosen.items()]
        try:
            config = cls.load(file, [*own, *overrides])
        except ConfigError as error:  # that no section is left is not a second mistake
            problems += [problem for problem in error.problems if not (problems and problem.where == cls.asked)]
        if problems:
            raise ConfigError(source, [*problems, *problems_of_models(given.get("models") or ())])
        return config, source

    def problems(self) -> list[Problem]:
        """All that can be seen to be wrong on this machine, loading no model."""
        problems = problems_of_models(self.models)
        if self.output is not None and Path(self.output).expanduser().is_file():
            problems.append(Problem("output", f"{self.output} is a file; name a folder"))
        return problems

    def made_output(self, source: str) -> Path | None:
        """The folder of `output`: made before hours of work, and not after, since that may fail with a ConfigError."""
        try:
            return None if self.output is None else made_folder(self.output)
        except OSError as error:
            told = f"{self.output} cannot be made ({error.strerror}); name another folder"
            raise ConfigError(source, [Problem("output", told)]) from None


def problems_of_models(models: Sequence[str]) -> list[Problem]:
    """What can be seen to be wrong with the references of models, loading none."""
    problems = [Problem(f"models: {model}", what) for model in models if (what := why_no_model(model))]
    repeated = dict.fromkeys(model for model in models if models.count(model) > 1)
    return problems + [Problem("models", f"{model} is named more than once; name it once") for model in repeated]
