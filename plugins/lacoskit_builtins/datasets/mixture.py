"""Several datasets at once, every batch from one of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, field_validator

from lacoskit import Dataset, Example, Loss, Options, Section, Source, hookimpl


class MixtureSource(Options):
    """A dataset in a mixture, and what is its own."""

    dataset: Section[Dataset[Any]]
    """Where the examples come from, as in the config's own `dataset`."""
    weight: PositiveFloat | None = None
    """Its part of the batches, in proportion to the other weights; null: its number of examples to the power alpha."""
    prompts: dict[Literal["query", "document"], str] = Field(default={})
    """By role, the name in the config's `prompts` of what stands before its texts: anchors are queries, all others
    documents."""
    loss: Section[Loss[Any]] | None = None
    """What is made small on it; null: the config's loss."""


class MixtureOptions(Options):
    """Several datasets, each batch from one of them: tasks or languages with prompts, losses and weights of their own.

    sources:
      nli: {dataset: {name: nli}}
      sts: {dataset: {name: sts, files: [sts.jsonl]}, loss: {name: cosent}, weight: 5000}
    """

    sources: dict[str, MixtureSource] = Field(default={})
    """The datasets, by names of your own: each has a `dataset`, and may have a `weight`, `prompts` and a `loss`."""
    alpha: Annotated[float, Field(ge=0, le=1)] = 1.0
    """The weight of a source is its number of examples to this power: 1, and every example comes equally often; 0, and
    every source does."""

    @field_validator("sources")
    @classmethod
    def _have_plain_names(cls, sources: dict[str, MixtureSource]) -> dict[str, MixtureSource]:
        odd = [name for name in sources if not name or "/" in name or name.split() != [name]]
        if odd:
            raise ValueError(f"the name of a source is a word without a slash; {odd[0]!r} is not")
        return sources


def sources(options: MixtureOptions) -> Sequence[Source]:
    """Load the datasets; the weights that are not given follow from their sizes."""
    return [_source(name, source, options.alpha) for name, source in options.sources.items()]


def load(options: MixtureOptions) -> Sequence[Example]:
    """Return all examples, one source after the other."""
    return list(chain.from_iterable(source.examples for source in sources(options)))


def check(options: MixtureOptions) -> Sequence[str]:
    """See that there are sources, none of which is a mixture itself; each is checked by its own dataset."""
    if not options.sources:
        return ["name at least one dataset in sources, as in sources: {own: {dataset: {name: pairs, files: [...]}}}"]
    nested = [name for name, source in options.sources.items() if source.dataset.component.sources is not None]
    return [f"source {name} is a mixture itself; name its sources here" for name in nested]


def prompt_names(options: MixtureOptions) -> Sequence[str]:
    """The prompts that the sources name."""
    return [name for source in options.sources.values() for name in source.prompts.values()]


def held_out(options: MixtureOptions) -> Mapping[str, Mapping[str, Any]]:
    """What the datasets hold out: `SOURCE/TASK`."""
    found = {}
    for name, source in options.sources.items():
        tasks = source.dataset.component.held_out(source.dataset.options)
        found.update({f"{name}/{inner}": task for inner, task in tasks.items()})
    return found


def _source(name: str, source: MixtureSource, alpha: float) -> Source:
    examples = source.dataset.component.load(source.dataset.options)
    weight = source.weight or math.pow(max(len(examples), 1), alpha)
    prompts: dict[str, str] = {role: name for role, name in source.prompts.items()}  # noqa: C416 - of any text
    return Source(name=name, examples=examples, weight=weight, prompts=prompts, loss=source.loss)


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[MixtureOptions]]:
    """Offer `mixture`."""
    return [
        Dataset(
            name="mixture",
            options=MixtureOptions,
            load=load,
            check=check,
            sources=sources,
            prompt_names=prompt_names,
            held_out=held_out,
        )
    ]
