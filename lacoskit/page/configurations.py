"""The section of what was run: where the runs differ, and what they share folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lacoskit.config import write_value
from lacoskit.page.blocks import Block, Cell, Fold, Heading, Prose, Section, Table, cells
from lacoskit.page.gathering import RunFolder
from lacoskit.page.options import ELSEWHERE, brief, differences, flattened
from lacoskit.page.writing import many
from lacoskit.units import in_bytes, short

PACKAGES = tuple("lacoskit torch transformers peft bitsandbytes accelerate datasets deepspeed python".split())


def configurations(runs: Sequence[RunFolder]) -> Section:
    """Configuration differences, models, data, and versions."""
    differing = list(differences([run.config for run in runs]))
    parted = tuple(place for place, _ in differing)
    alike = {
        place: value
        for place, value in flattened(runs[0].config).items()
        if place not in ELSEWHERE and not any(f"{place}.".startswith(f"{other}.") for other in parted)
    }
    blocks: list[Block] = []
    if len(runs) > 1:
        blocks.append(Heading("Where the configurations differ"))
        blocks.append(_differing(differing, runs) if differing else Prose("Nowhere: they are repetitions."))
    blocks += [Heading("Model and data"), _facts(runs)]
    sources = _sources(runs)
    blocks += [Fold("Sources of the data", [sources])] if sources else []
    shared = "The whole configuration" if len(runs) == 1 else f"What they share: {many(len(alike), 'option')}"
    rows = [
        [Cell(place, preformatted=True), Cell(write_value(value), preformatted=True)] for place, value in alike.items()
    ]
    blocks.append(Fold(shared, [Table(cells("option", "value"), rows, texts=2)], printed=False))
    blocks.append(Fold("Versions and hashes", [_versions(runs)], printed=False))
    model, data = runs[0].config["model"], (runs[0].config.get("dataset") or {}).get("name", "?")
    lead = f"{runs[0].name}, trained from {model} on {data}."
    if len(runs) > 1:
        lead = f"{len(runs)} runs. Where an option is empty, the run does not have it."
    return Section("runs", "What was run", lead, blocks)


def _differing(places: Sequence[tuple[str, list[Any]]], runs: Sequence[RunFolder]) -> Table:
    rows = [
        [Cell(place, preformatted=True), *(Cell(brief(place, value), preformatted=True) for value in values)]
        for place, values in places
    ]
    return Table([Cell("option"), *_columns(runs)], rows, texts=1 + len(runs))


def _columns(runs: Sequence[RunFolder]) -> list[Cell]:
    return [Cell(run.name, colour=number) for number, run in enumerate(runs)]


def _facts(runs: Sequence[RunFolder]) -> Table:
    """What the runs had to do with, a fact a row."""
    rows = {name: [told(run) for run in runs] for name, told in FACTS.items()}
    known = [[Cell(name), *_told_once(values)] for name, values in rows.items() if any(values)]
    return Table([Cell(""), *_columns(runs)], known, texts=1 + len(runs))


def _told_once(values: Sequence[str]) -> list[Cell]:
    """A cell for each run, or one for all where they have the same."""
    return [Cell(values[0], span=len(values))] if len(set(values)) == 1 else cells(*values)


def _parameters(run: RunFolder) -> str:
    total, trained = run.about.get("parameters"), run.about.get("trained_parameters")
    if not total or trained is None:
        return ""
    return f"{short(total)}, of which {short(trained)} trained ({trained / total:.1%})"


def _data(run: RunFolder) -> str:
    name, examples = (run.config.get("dataset") or {}).get("name", ""), run.about.get("examples")
    return f"{name}, {'a stream' if examples is None else many(examples, 'example')}"


def _steps(run: RunFolder) -> str:
    batch, steps, best = (
        run.config.get("train", {}).get("batch_size"),
        run.about.get("steps"),
        run.about.get("best_step"),
    )
    told = f"{steps:,} of {batch:,} examples" if steps is not None and batch else ""
    return f"{told}; step {best:,} was the best, and is saved" if best else told


def _device(run: RunFolder) -> str:
    placement = run.about.get("placement") or {}
    processes = placement.get("processes", 1)
    told = [run.about.get("device", ""), placement.get("dtype", ""), f"{processes} processes" if processes > 1 else ""]
    return ", ".join(filter(None, told))


def _weights(run: RunFolder) -> str:
    size = run.about.get("weight_bytes")
    return "" if size is None else in_bytes(size)


def _cut(run: RunFolder) -> str:
    cut = run.about.get("truncated_texts")
    return "" if cut is None else f"{cut:,} longer than {run.config.get('max_length', '?')} tokens"


FACTS = {
    "base model": lambda run: str(run.config.get("model", "")),
    "parameters": _parameters,
    "all weights": _weights,
    "data": _data,
    "steps": _steps,
    "texts that were cut": _cut,
    "device": _device,
}
"""A fact and how it is told of a run; empty where it is not known."""


def _sources(runs: Sequence[RunFolder]) -> Table | None:
    rows = []
    for number, run in enumerate(runs):
        for source in run.about.get("sources") or []:
            if source.get("name"):
                told = cells(source["name"], _count(source["examples"]), f"{source['weight']:.4g}")
                rows.append([Cell(run.name, colour=number), *told])
    return Table(cells("run", "source", "examples", "weight"), rows, texts=2) if rows else None


def _count(examples: int | None) -> str:
    return "a stream" if examples is None else f"{examples:,}"


def _versions(runs: Sequence[RunFolder]) -> Table:
    told = {package: [(run.about.get("versions") or {}).get(package) or "" for run in runs] for package in PACKAGES}
    told["data, SHA-256"] = [str(run.about.get("data_sha256") or "")[:16] for run in runs]
    rows = [[Cell(name), *_told_once(values)] for name, values in told.items() if any(values)]
    return Table([Cell(""), *_columns(runs)], rows, texts=1 + len(runs))
