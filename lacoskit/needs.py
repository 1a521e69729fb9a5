"""What a loss needs besides the vectors of a batch, wherever within its section a loss is that asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lacoskit.components import Loss
from lacoskit.errors import LacoskitError
from lacoskit.sections import Selected, sections_in


def needs_scores(loss: Selected[Loss[Any]]) -> bool:
    """Whether every example must have a score."""
    return any(part.component.needs_scores for part in _losses(loss))


def teacher_of(loss: Selected[Loss[Any]]) -> str | None:
    """The model whose vectors of the same texts it wants; a LacoskitError if it wants those of two."""
    named = dict.fromkeys(part.component.teacher(part.options) for part in _losses(loss))
    teachers = [name for name in named if name]
    if len(teachers) > 1:
        raise LacoskitError(f"a loss has one teacher, and this one names {' and '.join(teachers)}")
    return teachers[0] if teachers else None


def _losses(loss: Selected[Loss[Any]]) -> Iterator[Selected[Loss[Any]]]:
    return (part for _, part in sections_in(loss, "loss") if isinstance(part.component, Loss))
