"""Comparisons as JSON, a Markdown table and a plot."""

from __future__ import annotations

import datetime
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

OURS, THEIRS = "lacoskit", "sentence-transformers"


CACHED = "sentence-transformers computes its cached loss, 64 texts at once"
NOTES = {
    "training": [
        f"From batch 512 on, of which one graph would take over 24 GB, {CACHED}.",
        "Where a step takes minutes there is but one, which includes warming up.",
    ],
    "retrieval": [],
    "encoding": ["lacoskit merges LoRA for the pass; sentence-transformers does not."],
    "memory": [f"lacoskit holds 4,096 tokens at once (train.chunk_tokens); {CACHED}."],
}
"""What to know about each table."""


@dataclass
class Comparison:
    """What the two sides measured, turn by turn."""

    name: str
    spec: dict[str, Any]
    figures: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {OURS: [], THEIRS: []})

    def add(self, side: str, figures: dict[str, Any]) -> None:
        """Note what one turn of one side measured."""
        self.figures[side].append(figures)

    @property
    def ratios(self) -> list[float]:
        """Texts/s of lacoskit over those of sentence-transformers, turn by turn."""
        pairs = zip(self.figures[OURS], self.figures[THEIRS], strict=False)
        return [ours["texts_per_second"] / theirs["texts_per_second"] for ours, theirs in pairs]

    def peak(self, side: str) -> float | None:
        """The median of the peak memory, GiB."""
        return median(f["peak_gib"] for f in self.figures[side]) if self.figures[side] else None

    def rate(self, side: str) -> float | None:
        """The median of the texts/s."""
        return median(f["texts_per_second"] for f in self.figures[side]) if self.figures[side] else None


def write(what: str, comparisons: Sequence[Comparison], folder: Path, files: Sequence[str]) -> None:
    """Write WHAT.json, WHAT.md and WHAT.png into the folder, and print the table.

    Other cases that were measured before with the same libraries on such a machine stay, so cases can be run apart.
    """
    folder.mkdir(parents=True, exist_ok=True)
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU",
        "texts": "real NLI files" if files else "generated, of fixed or of NLI lengths",
        "versions": {name: version(name) for name in ("torch", "transformers", "peft", THEIRS)},
    }
    comparisons = [*_kept(folder / f"{what}.json", about, {c.name for c in comparisons}), *comparisons]
    rows = [{"name": c.name, "spec": _portable(c.spec), "ratios": c.ratios, **c.figures} for c in comparisons]
    (folder / f"{what}.json").write_text(json.dumps({**about, "comparisons": rows}, indent=1) + "\n", encoding="utf-8")
    table = "\n".join(_table(what, comparisons, about))
    (folder / f"{what}.md").write_text(table, encoding="utf-8")
    print(table)
    _plot(what, comparisons, folder / f"{what}.png")


def _kept(path: Path, about: dict[str, Any], names: set[str]) -> list[Comparison]:
    if not path.is_file():
        return []
    before = json.loads(path.read_text(encoding="utf-8"))
    if any(before[key] != value for key, value in about.items() if key != "date"):
        return []
    rows = [row for row in before["comparisons"] if row["name"] not in names]
    return [Comparison(row["name"], row["spec"], {side: row[side] for side in (OURS, THEIRS)}) for row in rows]


def _portable(spec: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key not in {"model", "texts"}}


def _table(what: str, comparisons: Sequence[Comparison], about: dict[str, Any]) -> list[str]:
    libraries = ", ".join(f"{name} {known}" for name, known in about["versions"].items())
    lines = [
        f"# {what.capitalize()} beside sentence-transformers",
        "",
        f"{about['date']}; {about['machine']}; float32, LoRA of rank 16; {about['texts']}; {libraries}.",
        "The ratio is the median of the turns, with the smallest and the largest; rates and peaks are medians.",
        *NOTES[what],
        "",
        "| | lacoskit texts/s | sentence-transformers texts/s | ratio | lacoskit peak GiB | "
        "sentence-transformers peak GiB |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for c in comparisons:
        ratio = f"**{median(c.ratios):.2f}** ({min(c.ratios):.2f} to {max(c.ratios):.2f})" if c.ratios else ""
        cells = [
            _cell(c.rate(OURS), 1),
            _cell(c.rate(THEIRS), 1),
            ratio,
            _cell(c.peak(OURS), 2),
            _cell(c.peak(THEIRS), 2),
        ]
        lines.append(f"| {c.name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _cell(figure: float | None, digits: int) -> str:
    return "" if figure is None else f"{figure:,.{digits}f}"


def _plot(what: str, comparisons: Sequence[Comparison], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    key, label = ("peak_gib", "peak memory, GiB") if what == "memory" else ("texts_per_second", "texts/s")
    figure, axes = pyplot.subplots(figsize=(8, 0.55 * len(comparisons) + 1.4), layout="constrained")
    for place, (side, colour) in enumerate(((OURS, "#1f6f8b"), (THEIRS, "#d9a441"))):
        known = [(i, [f[key] for f in c.figures[side]]) for i, c in enumerate(comparisons) if c.figures[side]]
        middle = [median(values) for _, values in known]
        spread = [[m - min(v) for m, (_, v) in zip(middle, known, strict=True)],
                  [max(v) - m for m, (_, v) in zip(middle, known, strict=True)]]  # fmt: skip
        at = [i + 0.38 * place for i, _ in known]
        axes.barh(at, middle, 0.36, xerr=spread, label=side, color=colour, ecolor="#444444", capsize=2)
    axes.set_yticks([i + 0.19 for i in range(len(comparisons))], [c.name for c in comparisons])
    axes.invert_yaxis()
    if what != "memory":
        axes.set_xscale("log")
    axes.set_xlabel(label)
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
