"""What losses with a teacher share."""

from __future__ import annotations

from typing import Protocol

from lacoskit import Placement


class HasTeacher(Protocol):
    """Options that name a teacher."""

    @property
    def teacher(self) -> str | None:
        """The model, if it is named."""


def refuse_without_teacher(options: HasTeacher, placement: Placement) -> str | None:
    """Why a loss whose options name no teacher cannot work."""
    if options.teacher:
        return None
    return "it learns from another model; name one: teacher: FOLDER_OR_NAME"
