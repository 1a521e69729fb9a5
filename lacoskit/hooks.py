"""The hook specifications: what a plugin may offer.

A hook takes no argument and returns records. A name is unique within its kind, so the order in which plugins are
called never matters, and records grow by keyword without breaking a plugin that was written before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pluggy

from lacoskit.components import Adapter, Analysis, Dataset, Generator, Loss, Optimizer, Pooler, Quantizer, Task

PROJECT = "lacoskit"
"""The name of the pluggy project and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def lacoskit_quantizers() -> Sequence[Quantizer[Any]]:
    """Ways to hold the base model's frozen weights in fewer bits."""
    return ()


@hookspec
def lacoskit_adapters() -> Sequence[Adapter[Any]]:
    """Choices of which weights are trained."""
    return ()


@hookspec
def lacoskit_poolers() -> Sequence[Pooler[Any]]:
    """Ways to turn token states into one vector a text."""
    return ()


@hookspec
def lacoskit_losses() -> Sequence[Loss[Any]]:
    """What to make small in training."""
    return ()


@hookspec
def lacoskit_datasets() -> Sequence[Dataset[Any]]:
    """Sources of training examples."""
    return ()


@hookspec
def lacoskit_optimizers() -> Sequence[Optimizer[Any]]:
    """Ways to turn a gradient into a step."""
    return ()


@hookspec
def lacoskit_tasks() -> Sequence[Task[Any]]:
    """What models are measured by."""
    return ()


@hookspec
def lacoskit_analyses() -> Sequence[Analysis[Any]]:
    """What is found out about models' vectors."""
    return ()


@hookspec
def lacoskit_generators() -> Sequence[Generator[Any]]:
    """Ways to write queries for documents."""
    return ()
