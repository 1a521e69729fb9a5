"""What a run tells its user: first lines, progress, figures in a file, a table at the end, a model card."""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from lacoskit.components import Example, Placement
from lacoskit.config import RunConfig
from lacoskit.encoder import Encoder
from lacoskit.evaluation import Correlation

console = Console(highlight=False, soft_wrap=True)

GIB = 2**30


def show_log(main_process: bool) -> None:
    """Print what the modules log, from one process only."""
    logger = logging.getLogger("lacoskit")
    logger.handlers = [RichHandler(console=console, show_time=False, show_path=False, markup=False)]
    logger.setLevel(logging.INFO if main_process else logging.ERROR)
    logger.propagate = False


def banner(encoder: Encoder, examples: Sequence[Example], placement: Placement, steps: int) -> None:
    """Print what is about to be trained, on what, with which data."""
    config = encoder.config
    total, trained = sizes(encoder)
    chosen = {section.component.kind: section.name for section in config.selections()}
    on = f"{placement.processes} x {device_name(placement)}" if placement.processes > 1 else device_name(placement)
    rows = {
        "model": f"{config.model}, {_short(total)} parameters, {trained / total:.3%} trained ({_short(trained)})",
        "quantizer": f"{chosen.get('quantizer', 'none')}; weights take {weight_bytes(encoder) / GIB:.3f} GiB",
        "training": f"{chosen['adapter']}, {chosen['pooler']} pooling, {chosen['loss']}, {chosen['optimizer']}",
        "device": f"{on}, {placement.dtype}"
        + (f", DeepSpeed ZeRO-{placement.zero_stage}" if placement.zero_stage else ""),
        "data": f"{chosen['dataset']}, {len(examples):,} examples, {steps:,} steps of {config.train.batch_size:,}",
        "output": config.output,
    }
    console.print()
    grid = Table.grid(padding=(0, 2))
    for name, value in rows.items():
        grid.add_row(f"[bold]{name}[/bold]", value)
    console.print(grid)
    table = Table(title="the first examples", title_justify="left", box=None, padding=(0, 2), title_style="bold")
    for name in ("anchor", "positive", "negative"):
        table.add_column(name, overflow="fold")
    for example in examples[:3]:
        table.add_row(example.anchor, example.positive, example.negatives[0] if example.negatives else "")
    console.print()
    console.print(table)
    console.print()


@dataclass
class Meter:
    """Sums of the steps since the last line of figures."""

    loss: float = 0.0
    steps: int = 0
    texts: int = 0
    tokens: int = 0
    slots: int = 0
    started: float = field(default_factory=time.perf_counter)

    def add(self, loss: float, texts: int, tokens: int, slots: int) -> None:
        """Add a step of one process: its loss, texts, real tokens, and token positions computed."""
        self.loss += loss
        self.steps += 1
        self.texts += texts
        self.tokens += tokens
        self.slots += slots

    def figures(self, processes: int) -> dict[str, float]:
        """The means of the steps, and rates over all processes."""
        seconds = max(time.perf_counter() - self.started, 1e-9)
        return {
            "loss": self.loss / max(self.steps, 1),
            "texts_per_second": processes * self.texts / seconds,
            "tokens_per_second": processes * self.tokens / seconds,
            "padding": 1 - self.tokens / max(self.slots, 1),
        }


class Reporter:
    """Progress on a terminal, plain lines elsewhere, `metrics.jsonl` always; silent in all processes but one."""

    def __init__(self, output: Path, steps: int, start: int, main_process: bool) -> None:
        self.file = (output / "metrics.jsonl").open("a", encoding="utf-8") if main_process else None
        self.steps = steps
        live = main_process and console.is_terminal
        self.plain = main_process and not live
        self.progress = Progress(
            SpinnerColumn(), MofNCompleteColumn(), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn(),
            console=console, disable=not live, transient=True,
        )  # fmt: skip
        self.task = self.progress.add_task("starting", total=steps, completed=start)
        self.started = time.perf_counter()
        self.first = start

    def __enter__(self) -> Reporter:
        self.progress.start()
        return self

    def __exit__(self, *details: object) -> None:
        self.progress.stop()
        if self.file:
            self.file.close()

    def advance(self) -> None:
        """One more step is done."""
        self.progress.advance(self.task)

    def record(self, step: int, figures: Mapping[str, Any]) -> None:
        """Write a line of figures to the file, and show it."""
        if self.file:
            self.file.write(json.dumps({"step": step, **figures}) + "\n")
            self.file.flush()
        if "loss" in figures:
            line = _line(figures)
            self.progress.update(self.task, description=line)
            if self.plain:
                left = (time.perf_counter() - self.started) / max(step - self.first, 1) * (self.steps - step)
                console.print(f"step {step:,}/{self.steps:,}  {line}  {_duration(left)} left")

    def say(self, text: str) -> None:
        """Print a line above the progress bar, in one process."""
        if self.file:
            self.progress.console.print(text)


def _line(figures: Mapping[str, Any]) -> str:
    return (
        f"loss {figures['loss']:.4f}  lr {figures['learning_rate']:.1e}  {figures['texts_per_second']:,.0f} texts/s  "
        f"{figures['tokens_per_second']:,.0f} tokens/s  {figures['padding']:.0%} padding  "
        f"{figures['negatives_per_query']:,.0f} negatives/query  {figures['memory_gib']:.1f} GiB"
    )


def before_after(before: Mapping[str, Correlation], after: Mapping[str, Correlation]) -> Table:
    """A table of Spearman correlations by set, and their means."""
    table = Table(title="Spearman x100 of cosines with scores", title_justify="left", title_style="bold")
    table.add_column("set")
    table.add_column("pairs", justify="right")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for name, new in after.items():
        _add_row(table, name, f"{new.pairs:,}", before[name].spearman, new.spearman)
    if len(after) > 1:
        table.add_section()
        means = [sum(result.spearman for result in results.values()) / len(results) for results in (before, after)]
        _add_row(table, "mean", "", *means)
    return table


def _add_row(table: Table, name: str, pairs: str, old: float, new: float) -> None:
    colour = "green" if new > old else "red"
    table.add_row(name, pairs, f"{old:.1f}", f"{new:.1f}", f"[{colour}]{new - old:+.1f}[/{colour}]")


def next_steps(output: Path) -> str:
    """The three lines of Python that use the result."""
    return (
        "use it:\n\n"
        "    import lacoskit\n"
        f"    encoder = lacoskit.load({str(output)!r})\n"
        "    print(encoder.encode(['A cat sleeps.', 'Un chat dort.']) @ encoder.encode('一只猫在睡觉。'))\n"
    )


def model_card(config: RunConfig, run: Mapping[str, Any]) -> str:
    """The README.md of an output folder, as the hub reads it."""
    results = run["evaluation"]
    lines = [
        "---",
        "library_name: sentence-transformers",
        "pipeline_tag: sentence-similarity",
        *([f"base_model: {config.model}"] if "/" in config.model and not Path(config.model).is_dir() else []),
        "tags: [sentence-transformers, sentence-similarity, feature-extraction, lacoskit]",
        "---",
        f"# {Path(config.output).name}",
        "",
        f"A sentence encoder trained from `{Path(config.model).name}` with lacoskit {run['versions']['lacoskit']}.",
        "",
        "```python",
        "from sentence_transformers import SentenceTransformer",
        "",
        "encoder = SentenceTransformer('PATH TO THIS FOLDER')",
        "```",
        "",
        f"{run['examples']:,} examples, {run['steps']:,} steps of {config.train.batch_size:,}; "
        f"{run['trained_parameters']:,} of {run['parameters']:,} parameters trained. "
        "`lacoskit.yaml` repeats the run; `run.json` holds versions, data hashes and figures.",
        "",
    ]
    if results["after"]:
        lines += [
            "Spearman x100 of cosines with scores:",
            "",
            "| set | pairs | before | after |",
            "|---|---:|---:|---:|",
        ]
        for name, new in results["after"].items():
            old = results["before"][name]
            lines.append(f"| {name} | {new['pairs']:,} | {old['spearman']:.1f} | {new['spearman']:.1f} |")
        lines.append("")
    return "\n".join(lines)


def sizes(encoder: Encoder) -> tuple[int, int]:
    """How many weights the encoder has, packed and sharded ones counted in full, and how many are trained."""
    total = trained = 0
    for weight in encoder.parameters():
        count = _elements(weight)
        total += count
        trained += count if weight.requires_grad else 0
    return total, trained


def weight_bytes(encoder: Encoder) -> int:
    """Bytes of the weights that this process holds."""
    return sum(weight.numel() * weight.element_size() for weight in encoder.parameters())


def memory_gib(placement: Placement) -> float:
    """The most memory this process has used so far: the GPU's, or the host's where there is none."""
    if placement.device == "cuda":
        return float(torch.cuda.max_memory_allocated()) / GIB
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB


def device_name(placement: Placement) -> str:
    """The GPU's name, or how many threads of the CPU are used."""
    if placement.device == "cuda":
        return torch.cuda.get_device_name()
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads != 1 else ''}"


def _elements(weight: Any) -> int:
    if hasattr(weight, "ds_numel"):  # sharded by ZeRO-3
        return int(weight.ds_numel)
    state = getattr(weight, "quant_state", None)
    if state is not None and getattr(state, "shape", None) is not None:  # two weights of 4 bits in a byte
        return int(torch.Size(state.shape).numel())
    return int(weight.numel())


def _short(count: int) -> str:
    for unit, size in (("B", 1e9), ("M", 1e6), ("k", 1e3)):
        if count >= size:
            return f"{count / size:.3g}{unit}"
    return str(count)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
