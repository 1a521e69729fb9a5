from __future__ import annotations

from typing import Any

import pytest

from lacoskit import LacoskitError, RunConfig
from lacoskit.needs import needs_scores, teacher_of
from lacoskit.sections import Selected


def selected(section: dict[str, Any]) -> Selected[Any]:
    return RunConfig.model_validate({"loss": section}).loss


def around(inner: dict[str, Any]) -> dict[str, Any]:
    return {"name": "matryoshka", "loss": {"name": "spread-out", "loss": inner}}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize(
    ("loss", "scores", "teacher"),
    [
        ({"name": "multiple-negatives"}, False, None),
        ({"name": "cosent"}, True, None),
        ({"name": "angle"}, True, None),
        ({"name": "gist", "teacher": "runs/a"}, False, "runs/a"),
        ({"name": "gist"}, False, None),
    ],
)
def test_what_a_wrapped_loss_needs_its_wrapper_needs(
    loss: dict[str, Any], scores: bool, teacher: str | None, wrapped: bool
) -> None:
    found = selected(around(loss) if wrapped else loss)
    assert needs_scores(found) is scores
    assert teacher_of(found) == teacher


def test_a_loss_has_one_teacher() -> None:
    both = selected(around({"name": "distill", "teacher": "runs/a"}))
    outer = type(both.component)
    named = outer(
        name="outer", options=both.component.options, build=both.component.build, teacher=lambda options: "runs/b"
    )
    with pytest.raises(LacoskitError, match="a loss has one teacher, and this one names runs/b and runs/a"):
        teacher_of(Selected(named, both.options))
    assert teacher_of(Selected(named, selected(around({"name": "gist", "teacher": "runs/b"})).options)) == "runs/b"
