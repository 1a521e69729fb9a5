"""What can go wrong for a user, as exceptions whose text is the whole message."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class LacoskitError(Exception):
    """A mistake or a circumstance that the user can mend; printed as one message, without a traceback."""

    exit_code = 2


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is (`adapter.rank`) and what is wrong there, with what to do instead."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" if self.where else self.what


class ConfigError(LacoskitError):
    """Everything that is wrong with a configuration, at once."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        super().__init__("\n".join([f"{source}: {count}", *(f"  {problem}" for problem in problems)]))


class PluginError(LacoskitError):
    """A plugin that breaks the contract of the hooks, told to its author."""


class DataError(LacoskitError):
    """Input rows that cannot be used."""


class NotTold(LacoskitError):
    """A model does not tell what an analysis asks of it, as the states of its layers."""


class RunFolderError(LacoskitError):
    """An output folder or a checkpoint that cannot be used as asked."""


class TrainingError(LacoskitError):
    """A run that had to stop; what it had saved is still there."""

    exit_code = 1


class Interrupted(LacoskitError):
    """A run that was asked to stop and saved a checkpoint first."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """Return `did you mean 'epochs'?` for the nearest of `known`, or the list of them where none is near."""
    known = sorted(set(known))
    near = difflib.get_close_matches(wrong, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"choose from: {', '.join(known)}" if known else "there is none to choose from"
