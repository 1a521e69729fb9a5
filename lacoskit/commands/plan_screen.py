"""How a plan looks on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lacoskit.footprint.counting import Footprint
from lacoskit.footprint.machine import PROCESS
from lacoskit.footprint.plan import Plan, command, told_machine
from lacoskit.footprint.ways import Outlook

BOX = box.SIMPLE_HEAD

BAR = 46
"""Characters of the bar that shows how full a device is."""

COLOURS = {
    "embedding": "blue",
    "layers": "cyan",
    "norms, biases": "bright_blue",
    "trained weights": "magenta",
    "gradients": "bright_magenta",
    "optimizer": "bright_red",
    "activations": "green",
    "vectors, loss": "bright_green",
    "working memory": "yellow",
    "exchange": "bright_yellow",
}


def show(plan: Plan, source: str | None, overrides: Sequence[str]) -> None:
    """Print what the run is, what it takes, whether it fits, and how to launch it or what to change."""
    console = Console(highlight=False)
    chosen = plan.chosen
    counted = chosen.counted
    assert counted is not None
    _print_run(console, plan, counted)
    console.print(_parts(plan, counted))
    console.print()
    console.print(_bar(console, plan, counted))
    console.print()
    if plan.machine.gpus > 1:
        console.print(_ways(plan))
        console.print()
    _print_verdict(console, plan, chosen, counted)
    if plan.fits:
        words = [*([source] if source else []), *(word for one in overrides for word in ("--set", one))]
        number = plan.machine.gpus if plan.machine.gpus > 1 else None
        console.print(command(f"launch/{chosen.way.file}", words, number), markup=False, soft_wrap=True)


def say_written(folder: Path, line: str) -> None:
    """Print what was written and how to launch it."""
    console = Console(highlight=False)
    console.print(f"\nwritten to {folder}. Train with:\n{line}", markup=False, soft_wrap=True)


def _print_run(console: Console, plan: Plan, counted: Footprint) -> None:
    train, texts = plan.config.train, plan.texts
    again = ", activations checkpointed" if train.checkpoint_activations else ""
    console.print()
    where = f" on {told_machine(plan.machine)}, {plan.chosen.placement.dtype}{again}"
    console.print(Text.assemble((plan.config.model, "bold"), where))
    shape = f"{train.batch_size:,} x {texts.an_example} texts of {texts.tokens:,} tokens"
    each = ", of each process" if plan.machine.gpus > 1 else ""
    console.print(Text(f"{shape} a step: {counted.step_tokens:,} tokens{each}", style="dim"))
    console.print()


def _parts(plan: Plan, counted: Footprint) -> Table:
    where = "GPU" if plan.machine.gpus else "CPU"
    title = f"{plan.chosen.way.name}, each {where}" if plan.machine.gpus > 1 else where
    table = Table(box=BOX, pad_edge=False, show_edge=False, show_footer=True)
    table.add_column(title, footer="at most", min_width=17, no_wrap=True)
    table.add_column("GB", justify="right", footer=Text(gigabytes(counted.peak), "bold"), min_width=7)
    table.add_column("", style="dim", footer=f"in {counted.moment}", no_wrap=True)
    for part in counted.parts:
        table.add_row(Text.assemble(("■ ", COLOURS.get(part.name, "")), part.name), gigabytes(part.size), part.what)
    return table


def _bar(console: Console, plan: Plan, counted: Footprint) -> Text:
    machine = plan.machine
    memory = machine.memory
    taken = counted.peak + memory - machine.room
    bar = Text()
    full = max(taken, memory)
    done = 0
    ends = 0.0
    for name, size in [*((part.name, part.size) for part in counted.parts), ("", memory - machine.room)]:
        ends += size * BAR / full
        width = round(ends) - done
        bar.append(("#" if console.options.ascii_only else "█") * width, COLOURS.get(name, "bright_black"))
        done += width
    bar.append(("." if console.options.ascii_only else "░") * (BAR - done), "dim")
    style = "bold red" if taken > memory else "bold"
    bar.append(f" {gigabytes(taken)} of {gigabytes(memory)} GB", style)
    kept = f"with {gigabytes(memory - machine.room)} GB for " + (
        "CUDA and the gaps between tensors" if machine.gpus else "Python and torch"
    )
    return Text.assemble(bar, "\n", (kept, "dim"))


def _ways(plan: Plan) -> Table:
    table = Table(box=BOX, pad_edge=False, show_edge=False)
    table.add_column("way", no_wrap=True)
    table.add_column("weights", justify="right")
    table.add_column("at most", justify="right")
    table.add_column("chunk_tokens", justify="right")
    table.add_column("", no_wrap=False)
    for one in plan.outlooks:
        name = Text(one.way.name, "bold" if one is plan.chosen else "")
        if one.counted is None:
            table.add_row(name, "", "", "", Text(one.refusal, "dim"))
            continue
        weights = sum(part.size for part in one.counted.parts if part.name in ("embedding", "layers", "norms, biases"))
        largest = "none" if one.largest_chunk is None else f"{one.largest_chunk:,}"
        verdict = Text("fits", "green") if one.fits else Text("does not fit", "red")
        table.add_row(name, gigabytes(weights), gigabytes(one.counted.peak), largest, verdict)
    return table


def _print_verdict(console: Console, plan: Plan, chosen: Outlook, counted: Footprint) -> None:
    largest = chosen.largest_chunk
    if chosen.fits and largest is not None:
        whole = largest >= counted.step_tokens
        told = "the whole step" if whole else f"up to {largest:,} tokens"
        how = f", with {told} in memory at once (train.chunk_tokens)."
        console.print(Text.assemble(("It fits", "bold green"), how))
    elif largest is not None:
        how = f" with {counted.chunk_tokens:,} tokens in memory at once; {largest:,} would."
        console.print(Text.assemble(("It does not fit", "bold red"), how))
    else:
        console.print(Text.assemble(("It does not fit", "bold red"), ", however few tokens are in memory at once."))
    host = f"The host's memory: about {gigabytes(plan.host)} GB"
    if plan.machine.gpus:
        console.print(Text(f"{host}, {gigabytes(PROCESS['cuda'])} a process.", "dim"))
        if plan.machine.host_memory is not None and plan.host > plan.machine.host_memory:
            console.print(Text(f"That is more than its {gigabytes(plan.machine.host_memory)} GB.", "red"))
    else:
        console.print(
            Text("The C library's heap keeps gaps between tensors: a process may have 1.3 to 2.4 times as much.", "dim")
        )
    if plan.changes:
        console.print("\nIt would fit with")
    for change in plan.changes:
        words = " ".join(f"--set {name}={value}" for name, value in change.settings.items())
        counted_then = change.outlook.counted
        assert counted_then is not None
        then = f"{gigabytes(counted_then.peak)} GB, {change.outlook.largest_chunk:,} tokens at once"
        how = f", {change.outlook.way.name}" if plan.machine.gpus > 1 else ""
        console.print(Text.assemble("  ", (words, "bold"), (f"\n      {then}{how}", "dim")))
    if plan.gpus is not None:
        console.print(Text.assemble("or as it is on ", (f"{plan.gpus[0]} such GPUs", "bold"), f", {plan.gpus[1]}"))
    if not plan.fits and not plan.changes and plan.gpus is None:
        console.print("Nothing was found that would make it fit: a smaller model, or larger GPUs.")
    console.print()


def gigabytes(size: int) -> str:
    """Bytes in GB (10^9), in three digits or to a hundredth."""
    value = size / 1e9
    return f"{value:,.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}"
