"""Triples made by a grammar, so that a run needs no data at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from lacoskit import Dataset, Example, Options, hookimpl
from lacoskit_builtins import grammar


class TemplatesOptions(Options):
    """Generated triples in ten languages; needs no data.

    What follows from a sentence is its positive, what contradicts it the hard negative.
    """

    languages: Annotated[tuple[str, ...], Field(min_length=1)] = grammar.LANGUAGES
    """The languages, in equal shares."""
    size: PositiveInt = 8_000
    """How many different triples to make."""
    seed: NonNegativeInt = 0
    """The same seed gives the same triples."""
    hard_negatives: bool = True
    """Take the contradiction of each triple as a negative."""
    held_out_size: Annotated[int, Field(ge=6)] = 300
    """How many graded pairs to make of each language for evaluation, from scenes that are never trained on."""

    @field_validator("languages")
    @classmethod
    def _are_known(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [language for language in languages if language not in grammar.LANGUAGES]
        if unknown:
            raise ValueError(f"the grammar does not know {', '.join(unknown)}; it knows {', '.join(grammar.LANGUAGES)}")
        return languages


def load(options: TemplatesOptions) -> list[Example]:
    """Generate the triples."""
    triples = grammar.triples(options.languages, options.size, options.seed)
    return [
        Example(triple.premise, triple.entailment, (triple.contradiction,) if options.hard_negatives else ())
        for triple in triples
    ]


def held_out(options: TemplatesOptions) -> Mapping[str, Mapping[str, Any]]:
    """Graded pairs of scenes that are never trained on, a task a language."""
    return {
        language: {"name": "templates", "language": language, "size": options.held_out_size, "seed": options.seed}
        for language in options.languages
    }


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[TemplatesOptions]]:
    """Offer `templates`."""
    return [Dataset(name="templates", options=TemplatesOptions, load=load, held_out=held_out)]
