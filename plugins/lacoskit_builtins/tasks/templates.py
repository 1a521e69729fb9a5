"""Graded pairs that the grammar makes: a task that needs no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from pydantic import Field, NonNegativeInt, field_validator

from lacoskit import Options, Task, hookimpl
from lacoskit_builtins import grammar
from lacoskit_builtins.scored_pairs import ScoredPairs, as_mteb, correlate


class TemplatesOptions(Options):
    """Rank correlation of cosines with the closeness of generated sentences; needs no data.

    The pairs are of scenes that the dataset `templates` never shows in training: from 0, unrelated, to 5, the same
    meaning.
    """

    language: str = "en"
    """The language of the sentences."""
    size: Annotated[int, Field(ge=6)] = 300
    """How many pairs to make: a sixth each of paraphrases, three kinds of change, a thing in common, and unrelated."""
    seed: NonNegativeInt = 0
    """The same seed gives the same pairs."""

    @field_validator("language")
    @classmethod
    def _is_known(cls, language: str) -> str:
        if language not in grammar.LANGUAGES:
            raise ValueError(f"the grammar does not know {language}; it knows {', '.join(grammar.LANGUAGES)}")
        return language


def load(options: TemplatesOptions) -> ScoredPairs:
    """Generate the pairs."""
    pairs = grammar.graded_pairs(options.language, options.size, options.seed)
    scores = np.array([pair.score for pair in pairs])
    return ScoredPairs([pair.first for pair in pairs], [pair.second for pair in pairs], scores, (options.language,))


@hookimpl
def lacoskit_tasks() -> Sequence[Task[TemplatesOptions]]:
    """Offer `templates`."""
    return [Task(name="templates", options=TemplatesOptions, load=load, measure=correlate, as_mteb=as_mteb)]
