"""The section of figures before and after: sorted dot plots with intervals, and the table."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from statistics import fmean

from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.evaluating.intervals import LEVEL, SURE
from lacoskit.languages import short_code
from lacoskit.page.blocks import BASE, Block, Cell, Drawing, Drawings, Heading, Key, Prose, Section, Table, cells
from lacoskit.page.gathering import RunFolder
from lacoskit.page.plots import Dot, Row, dots
from lacoskit.page.scores import Gain, Score, Scores, TaskScores, mean_of, untrained_name
from lacoskit.page.writing import points, signed, spread

TOLD = "For intervals, tests and other tasks, name tasks, and each run is compared with its untrained model:"
COMMAND = "lacoskit report {} --tasks sts:'data/sts/*.jsonl' retrieval:data/scifact"
"""What measures more, as an example."""


def results(scores: Scores, runs: Sequence[RunFolder]) -> Section:
    """What the tasks say of each run and of its untrained model."""
    if not scores.tasks:
        return Section("results", "Before and after", "Nothing has been measured.", [_more(runs)])
    blocks: list[Block] = []
    ordered = sorted(scores.tasks, key=lambda task: -_order(task))
    for number, figure in enumerate(dict.fromkeys(task.figure for task in ordered)):
        of_kind = [task for task in ordered if task.figure == figure]
        blocks.append(_plots(of_kind, f"results-{number}", scores, runs, explained=number == 0))
    blocks += _languages(scores, runs)
    blocks.append(_table(ordered, scores, runs))
    blocks.append(_more(runs) if scores.config is None else Prose(_how(scores.config), quiet=True))
    return Section("results", "Before and after", _lead(scores), blocks)


def one_base(scores: Scores, runs: Sequence[RunFolder]) -> bool:
    """Whether one untrained model stands for all runs: the same, with the same figures."""
    same = all(len({score.value for score in task.before.values()}) <= 1 for task in scores.tasks)
    return same and len({run.base for run in runs}) == 1


def legend(scores: Scores, runs: Sequence[RunFolder]) -> list[Key]:
    """The names of the models in their colours."""
    keys = [Key(run.name, number) for number, run in enumerate(runs)]
    return [Key(untrained_name(runs[0].base), BASE), *keys] if one_base(scores, runs) else keys


def _lead(scores: Scores) -> str:
    if scores.config is None:
        return "As the runs measured themselves before and after training. Of these figures no interval is known."
    return (
        "Each run beside the model as it was before training, by each task: dots are main figures times 100, bars "
        f"their {LEVEL:.0%} intervals, sorted by what training gained."
    )


def _more(runs: Sequence[RunFolder]) -> Prose:
    """How to get more than the runs have recorded."""
    return Prose(TOLD, command=COMMAND.format(" ".join(shlex.quote(run.reference) for run in runs)))


def _how(config: EvaluateConfig) -> str:
    return (
        f"Untrained models are under mean pooling. Intervals: percentile bootstrap, {config.resamples:,} "
        "resamples of queries, pairs or texts; for means, tasks on as many of them are resampled together, as "
        "translations of one set have to be. Gains are tested on the same units (paired bootstrap); ▲ and ▼, and "
        f"filled dots, mark those with p < {SURE}. No correction is made for looking at many tasks at once."
    )


def _order(task: TaskScores) -> float:
    gains = [gain.value for gain in task.gains.values()]
    return fmean(gains) if gains else -1.0


def _plots(
    tasks: Sequence[TaskScores], name: str, scores: Scores, runs: Sequence[RunFolder], explained: bool
) -> Drawings:
    """The figures of tasks of one kind, and beside them what was gained; explained: with a legend."""
    figure, shared = tasks[0].figure, one_base(scores, runs)
    rows = [Row(task.task, _dots(task, runs, shared)) for task in tasks]
    gains = [Row(task.task, _gains(task, runs)) for task in tasks]
    before = "" if shared or not explained else "Hollow: before training."
    sure = "" if scores.config is None or not explained else "Filled: the difference is sure. Hollow: it is not."
    values = dots(rows, name, f"{figure} by task and model", f"{figure} x100")
    gained = dots(gains, f"{name}-gain", f"gain in {figure} by task and run", "points gained", zero=True)
    drawn = [Drawing(values, f"{figure} x100", before), Drawing(gained, "Gained by training", sure)]
    return Drawings(drawn, legend(scores, runs) if explained else ())


def _dots(task: TaskScores, runs: Sequence[RunFolder], shared: bool) -> list[Dot]:
    base = _base(task) if shared else None
    found = [_dot(task, base, BASE, untrained_name(runs[0].base), 0, hollow=False)] if base is not None else []
    for number, run in enumerate(runs):
        before, after = task.before.get(run.name), task.after.get(run.name)
        if before is not None and not shared:
            found.append(_dot(task, before, number, f"{run.name}, before", number, hollow=True))
        if after is not None:
            found.append(_dot(task, after, number, run.name, number + shared, hollow=False))
    return found


def _base(task: TaskScores) -> Score | None:
    """The figure of the untrained model that all runs have in common: of any run that was measured by the task."""
    return next(iter(task.before.values()), None)


def _dot(task: TaskScores, score: Score, colour: int, name: str, slot: int, hollow: bool) -> Dot:
    told = f"{task.task}, {name}: {points(score.value)} {spread(score.interval)}".rstrip()
    low, high = (100 * score.interval.low, 100 * score.interval.high) if score.interval else (None, None)
    return Dot(100 * score.value, colour, told, low, high, hollow, slot)


def _gains(task: TaskScores, runs: Sequence[RunFolder]) -> list[Dot]:
    found = []
    for number, run in enumerate(runs):
        gain = task.gains.get(run.name)
        if gain is None:
            continue
        told = f"{task.task}, {run.name}: {signed(gain.value)}"
        told += f", p = {gain.test.p_value:.2g}" if gain.test is not None else ""
        low, high = (100 * gain.interval.low, 100 * gain.interval.high) if gain.interval else (None, None)
        hollow = gain.test is not None and not gain.verdict
        found.append(Dot(100 * gain.value, number, told, low, high, hollow, number))
    return found


def _table(tasks: Sequence[TaskScores], scores: Scores, runs: Sequence[RunFolder]) -> Table:
    shared = one_base(scores, runs)
    about = ["language"] if any(task.languages for task in tasks) else []
    columns = cells("task", *about, "figure", "units", *(["untrained"] if shared else []))
    for number, run in enumerate(runs):
        columns += [] if shared else [Cell("before")]
        columns += [Cell(run.name, colour=number), Cell("gain")]
    rows = []
    for task in tasks:
        units = "" if task.units is None else f"{task.units:,}"
        row = cells(task.task, *(", ".join(task.languages) for _ in about), task.figure, units)
        row += [_value(_base(task))] if shared else []
        for run in runs:
            row += [] if shared else [_value(task.before.get(run.name))]
            row += [_value(task.after.get(run.name)), _gain(task.gains.get(run.name))]
        rows.append(row)
    means = [_means(scores, runs, shared, 2 + len(about))] if len(tasks) > 1 else []
    caption = "Main figures times 100, ± half of the interval" if scores.config else "Main figures times 100"
    return Table(columns, [*rows, *means], caption, texts=2 + len(about), last=len(means))


def _means(scores: Scores, runs: Sequence[RunFolder], shared: bool, texts: int) -> list[Cell]:
    means = scores.means
    row = [Cell(means.task, span=texts), Cell("")]
    for number, run in enumerate(runs):
        row += [_value(means.before.get(run.name))] if number == 0 or not shared else []
        row += [_value(means.after.get(run.name)), _gain(means.gains.get(run.name))]
    return row


def _value(score: Score | None) -> Cell:
    return Cell("–") if score is None else Cell(points(score.value), spread(score.interval))


def _gain(gain: Gain | None) -> Cell:
    return Cell("–") if gain is None else Cell(signed(gain.value), spread(gain.interval), gain.verdict)


def _languages(scores: Scores, runs: Sequence[RunFolder]) -> list[Block]:
    """The means by language, where a language has several tasks."""
    groups: dict[str, list[TaskScores]] = {}
    for task in scores.tasks:  # whose files may name one language by several codes, or two in either order
        groups.setdefault(", ".join(sorted({short_code(code) for code in task.languages})), []).append(task)
    groups.pop("", None)
    if len(groups) < 2 or all(len(tasks) == 1 for tasks in groups.values()):
        return []
    shared = one_base(scores, runs)
    means = {language: mean_of(tasks, language, (language,)) for language, tasks in groups.items()}
    ordered = sorted(means.values(), key=lambda mean: -_order(mean))
    counted = {mean.task: len(groups[mean.task]) for mean in ordered}
    rows = [Row(f"{mean.task} ({counted[mean.task]})", _dots(mean, runs, shared)) for mean in ordered]
    gains = [Row(f"{mean.task} ({counted[mean.task]})", _gains(mean, runs)) for mean in ordered]
    drawn = [
        Drawing(dots(rows, "languages", "mean figure by language", "mean of main figures x100"), "Means by language"),
        Drawing(dots(gains, "languages-gain", "gain by language", "points gained", zero=True), "Gained by training"),
    ]
    told = "In brackets: how many tasks the mean is of. Where figures differ in kind, compare gains and not heights."
    return [Heading("By language"), Drawings(drawn, legend(scores, runs)), Prose(told, quiet=True)]
