"""What was measured, as a table for the screen: a task a row, a model a column."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from lacoskit.evaluating.intervals import SURE, Interval
from lacoskit.evaluating.means import ALL, OTHER, TRAINED, Mean
from lacoskit.evaluating.measuring import Evaluation, Measured


def screen_table(evaluation: Evaluation) -> Table:
    """Main figures x100 with their intervals; better than the first model in green, worse in red, where it is sure."""
    rows, means = _rows(evaluation), _means(evaluation)
    table = Table(
        box=box.SIMPLE_HEAD,
        title="main figure x100, ± half of its 95 % interval",
        title_style="bold",
        title_justify="left",
    )
    # Of a given width, so that many models leave the names of tasks whole.
    table.add_column("task", overflow="fold", width=_width(["languages", *(task for task, _ in rows)]))
    table.add_column("figure", overflow="fold", style="dim", width=_width([_figure(row) for _, row in rows]))
    for name in short_names([model.reference for model in evaluation.models]):
        table.add_column(Text(name), justify="right", overflow="fold")
    for task, row in rows:
        table.add_row(Text(task), Text(_figure(row)), *map(_cell, row))
    table.add_section()
    for group, cells in means:
        table.add_row(group, "mean", *cells)
    return table


def legend(evaluation: Evaluation) -> str:
    """What the colours say, and what it means where there is no interval; empty where there is nothing to say."""
    told = []
    if any(one.against_first is not None for one in evaluation.measured):
        first = short_names([model.reference for model in evaluation.models])[0]
        told.append(f"green, red: better, worse than {first} (paired bootstrap, p < {SURE})")
    if any(one.result.resampled is None for one in evaluation.measured):
        told.append("without ±: the task tells nothing of single texts, so it is not known how sure its figure is")
    return "\n".join(told)


def markdown_table(evaluation: Evaluation) -> str:
    """The same in Markdown: a star where the difference from the first model is sure."""
    names = short_names([model.reference for model in evaluation.models])
    lines = [f"| task | figure x100 | {' | '.join(names)} |", f"|---|---|{'---:|' * len(names)}"]
    for task, row in _rows(evaluation):
        cells = [_cell(one).plain + ("*" if one is not None and _sure(one) else "") for one in row]
        lines.append(f"| {task.replace('|', '&#124;')} | {_figure(row)} | {' | '.join(cells)} |")
    for group, means in _means(evaluation):
        lines.append(f"| {group} | mean | {' | '.join(cell.plain for cell in means)} |")
    star = f"\n\\*: differs from {names[0]} (paired bootstrap, p < {SURE})\n" if len(names) > 1 else ""
    return "\n".join(lines) + "\n" + star


def _rows(evaluation: Evaluation) -> list[tuple[str, list[Measured | None]]]:
    """What was measured of each model, by task; None where that has failed."""
    found = {(one.model, one.task): one for one in evaluation.measured}
    tasks = dict.fromkeys(one.task for one in evaluation.measured)
    return [(task, [found.get((model.reference, task)) for model in evaluation.models]) for task in tasks]


def _figure(row: Sequence[Measured | None]) -> str:
    return next(one.result.main for one in row if one is not None)


def _width(names: Sequence[str]) -> int:
    """Of a column of names: the longest, but for what would leave no room for figures."""
    return min(max(map(len, names), default=0), 24)


def _means(evaluation: Evaluation) -> list[tuple[str, list[Text]]]:
    """The means of groups of tasks, with the number of tasks: in the name of the group, if it is that of all models."""
    rows = []
    for group in _groups(evaluation):
        means = [model.means.get(group) for model in evaluation.models]
        counts = {mean.tasks for mean in means if mean is not None}
        same = len(counts) == 1
        rows.append((f"{group} ({max(counts)})" if same else group, [_mean(mean, not same) for mean in means]))
    return rows


def _groups(evaluation: Evaluation) -> list[str]:
    """The groups of tasks whose means say more than the rows above: all, if there are several, and by language."""
    found = [model.means for model in evaluation.models]
    several = any(ALL in means and means[ALL].tasks > 1 for means in found)
    apart = any({TRAINED, OTHER} <= means.keys() for means in found)
    return [ALL] * several + [TRAINED, OTHER] * apart


def _mean(mean: Mean | None, counted: bool) -> Text:
    if mean is None:
        return Text("–", "dim")
    return Text.assemble(
        f"{100 * mean.value:.1f}", (f"{_spread(mean.interval)}{f' of {mean.tasks}' if counted else ''}", "dim")
    )


def short_names(references: Sequence[str]) -> list[str]:
    """The last part of each reference, where these tell all models apart; else the references."""
    last = [reference.rstrip("/").rpartition("/")[2] for reference in references]
    return last if len(set(last)) == len(last) else list(references)


def _cell(one: Measured | None) -> Text:
    if one is None:
        return Text("–", "dim")
    text = Text(f"{100 * one.value:.1f}")
    text.append(_spread(one.interval), "dim")
    if _sure(one) and one.against_first is not None:
        text.stylize("green" if one.against_first.value > 0 else "red", 0, len(f"{100 * one.value:.1f}"))
    return text


def _spread(interval: Interval | None) -> str:
    return "" if interval is None else f" {interval}"


def _sure(one: Measured) -> bool:
    return one.against_first is not None and one.against_first.p_value < SURE
