"""What stands on the screen before and after training."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from lacoskit.components import Placement
from lacoskit.data import Batches, TrainingData
from lacoskit.encoder import Encoder
from lacoskit.evaluation import Score
from lacoskit.reporting.sizes import device_name, sizes, weight_bytes
from lacoskit.tokens import TokenTable
from lacoskit.units import in_bytes, short

console = Console(highlight=False)

NAMES = 12
"""Characters of the column of names in the first lines."""


def show_log(main_process: bool) -> None:
    """Print what the modules log, from one process only."""
    logger = logging.getLogger("lacoskit")
    logger.handlers = [_ToConsole()]
    logger.setLevel(logging.INFO if main_process else logging.ERROR)
    logger.propagate = False


class _ToConsole(logging.Handler):
    """One line a message, above the progress bar where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Print a record, once; from warnings on, with its level."""
        serious, message = record.levelno >= logging.WARNING, record.getMessage()
        if message in self.told:  # as of a tokenizer, which is loaded for training and again to check what was saved
            return
        self.told.add(message)
        text = Text(message)
        if serious:
            text = Text.assemble((f"{record.levelname.lower()}: ", "yellow"), text)
        console.print(text, soft_wrap=True)


def banner(encoder: Encoder, batches: Batches, placement: Placement, steps: int) -> None:
    """Print what is about to be trained, on what, with which data, and three examples as the model sees them."""
    config, data = encoder.config, batches.data
    total, trained = sizes(encoder)
    chosen = {place: section.name for place, section in config.sections().items()}
    on = f"{placement.processes} x {device_name(placement)}" if placement.processes > 1 else device_name(placement)
    counted = "a stream" if batches.count is None else f"{batches.count:,} examples"
    rows = {
        "model": config.model,
        "parameters": f"{short(total)}, of which {short(trained)} ({100 * trained / total:.3g} %) are trained",
        "quantizer": f"{chosen.get('quantizer', 'none')}; all weights take {in_bytes(weight_bytes(encoder))}",
        "training": f"{chosen['adapter']}, {chosen['pooler']} pooling, {chosen['loss']}, {chosen['optimizer']}",
        "device": f"{on}, {placement.dtype}"
        + (f", DeepSpeed ZeRO-{placement.zero_stage}" if placement.zero_stage else ""),
        "data": f"{chosen['dataset']}, {counted}, {steps:,} steps of {config.train.batch_size:,}",
        **_sources(batches),
        "output": config.output,
    }
    console.print()
    _print_rows(rows)
    firsts = [part.first for part in batches.parts]
    for example in sorted({*firsts, *range(min(3, len(data)))})[: max(3, len(firsts))]:
        console.print()
        _print_rows(_decoded(encoder, data, example), cut=True)
    console.print()


def _sources(batches: Batches) -> dict[str, str]:
    """A line for each source, where there are several."""
    named = [source for source in batches.by_source() if source["name"]]
    return {
        f"- {source['name']}": f"{source['examples']:,} examples, weight {source['weight']:.4g}, "
        f"{source['batches_per_epoch']:,} of {batches.steps_per_epoch:,} batches an epoch "
        f"({source['batches_per_epoch'] / batches.steps_per_epoch:.1%})"
        for source in named
    }


def _decoded(encoder: Encoder, data: TrainingData, example: int) -> dict[str, str]:
    def text(table: TokenTable, row: int) -> str:
        return " ".join(encoder.tokenizer.decode(table.row(row)).split())

    first, stop = int(data.negative_starts[example]), int(data.negative_starts[example + 1])
    rows = {
        f"example {example + 1}": text(data.anchors, example),
        "positive": text(data.positives, example),
    }
    if stop > first:
        others = f"  (and {stop - first - 1} more)" if stop - first > 1 else ""
        rows["negative"] = text(data.negatives, first) + others
    if data.scores is not None:
        rows["score"] = f"{data.scores[example]:g}"
    return rows


def _print_rows(rows: Mapping[str, str], cut: bool = False) -> None:
    """Print names and values, a row in one line; a Text each, since brackets in a value are no markup."""
    for name, value in rows.items():
        row = Text.assemble((f"{name:<{NAMES - 1}} ", "bold"), value)
        console.print(row, no_wrap=True, overflow="ellipsis") if cut else console.print(row, soft_wrap=True)


def before_after(before: Mapping[str, Score], after: Mapping[str, Score]) -> Table:
    """A table of main figures x100 by task, and their means."""
    table = Table(title="main figure x100", title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    table.add_column("task")
    table.add_column("figure", style="dim")
    for name in ("units", "before", "after", "change"):
        table.add_column(name, justify="right")
    for name, new in after.items():
        _add_row(table, escape(name), escape(new.main), _counted(new.units), before[name].value, new.value)
    if len(after) > 1:
        table.add_section()
        means = [fmean(score.value for score in scores.values()) for scores in (before, after)]
        _add_row(table, "mean", "", "", *means)
    return table


def _counted(units: int | None) -> str:
    return "" if units is None else f"{units:,}"


def _add_row(table: Table, name: str, figure: str, units: str, old: float, new: float) -> None:
    colour = "green" if new > old else "red"
    change = f"[{colour}]{100 * (new - old):+.1f}[/{colour}]"
    table.add_row(name, figure, units, f"{100 * old:.1f}", f"{100 * new:.1f}", change)


def next_steps(output: Path) -> str:
    """The three lines of Python that use the result."""
    return (
        "use it:\n\n"
        "    import lacoskit\n"
        f"    encoder = lacoskit.load({str(output)!r})\n"
        "    print(encoder.encode('A cat sleeps.') @ encoder.encode('一只猫在睡觉。'))\n"
    )
