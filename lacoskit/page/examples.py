"""The section of examples: the units of each task that improved and worsened most."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lacoskit.components import TaskResult
from lacoskit.page.blocks import Block, Example, Examples, Fold, Heading, Line, Section
from lacoskit.page.gathering import RunFolder
from lacoskit.page.scores import Scores, TaskScores

MOST = 4
"""Examples of each kind, of a task and a run."""

LETTERS = 400
"""Of a text; what is longer is cut."""

LEAST = 0.005
"""A change below which a unit did the same as before."""


def examples(scores: Scores, runs: Sequence[RunFolder]) -> Section | None:
    """What improved and worsened most, by task and run; None where no task tells of its units."""
    folds: list[Block] = []
    for task in scores.tasks:
        blocks: list[Block] = []
        for run in runs:
            found = _examples(task, run.name)
            if found is not None:
                blocks += [Heading(run.name), found] if len(runs) > 1 else [found]
        if blocks:
            folds.append(Fold(task.task, blocks, opened=not folds, printed=not folds))
    if not folds:
        return None
    lead = (
        "Single queries, pairs or texts, by how much better or worse a run does on them than its untrained model. At "
        "100 a unit is all right. Of sts that is 0, and a hundredth of all ranks between cosine and score takes 1 away."
    )
    return Section("examples", "What changed most", lead, folds)


def _examples(task: TaskScores, run: str) -> Examples | None:
    before, after = (scores[run].result if run in scores else None for scores in (task.before, task.after))
    if before is None or after is None or before.by_unit is None or after.by_unit is None:
        return None
    if len(before.by_unit) != len(after.by_unit):
        return None
    change = np.nan_to_num(after.by_unit - before.by_unit)
    order = np.argsort(-change, kind="stable")
    improved = _different((unit for unit in order if change[unit] > LEAST), before, after)
    worsened = _different((unit for unit in order[::-1] if change[unit] < -LEAST), before, after)
    return Examples(improved, worsened) if improved or worsened else None


def _different(units: Iterable[int], before: TaskResult, after: TaskResult) -> list[Example]:
    """The first units, of those that a task has twice only one."""
    found: list[Example] = []
    for unit in units:
        example = _example(int(unit), before, after)
        if not any(example.lines == other.lines for other in found):
            found.append(example)
        if len(found) == MOST:
            break
    return found


def _example(unit: int, before: TaskResult, after: TaskResult) -> Example:
    assert before.by_unit is not None
    assert after.by_unit is not None
    old = before.shown(unit) if before.shown else {}
    new = after.shown(unit) if after.shown else {}
    told: list[Line] = []
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) == new.get(name):
            told.append(Line(name, _cut(new[name])))
            continue
        told += [
            Line(name, _cut(which[name]), when) for when, which in (("before", old), ("after", new)) if name in which
        ]
    was, now = (100 * float(result.by_unit[unit]) for result in (before, after) if result.by_unit is not None)
    return Example(told, *(figure.replace("-", "−") for figure in (f"{was:.0f}", f"{now:.0f}", f"{now - was:+.0f}")))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1].rstrip()}…"
