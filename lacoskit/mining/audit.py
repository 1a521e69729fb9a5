"""What became of every candidate: counts, means and examples, as JSON and on the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lacoskit.mining.filters import RULES

if TYPE_CHECKING:
    from rich.console import Console

EXAMPLES = 3
"""Of each rule, and of the negatives that were mined."""

MEANING = {
    "positive": "a positive of the query, or the same text",
    "itself": "the same text as the query",
    "rank": "outside of the ranks asked for",
    "absolute": "scores too high (absolute)",
    "margin": "scores too near to the positive (margin)",
    "relative": "scores too near to the positive (relative)",
    "not-picked": "allowed, but there were enough",
    "dropped": "allowed, but the query was left out (fewer: drop)",
    "mined": "became a negative",
}
"""What can become of a candidate, in the order of the table."""


@dataclass
class Audit:
    """Counts of one mining, as it goes."""

    fates: Counter[str] = field(default_factory=Counter)
    """How many candidates came to each end; each candidate to one."""
    alone: Counter[str] = field(default_factory=Counter)
    """How many candidates each rule refuses, whatever the others say."""
    examples: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    queries: Counter[str] = field(default_factory=Counter)
    sums: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("rank", "score", "positive"), 0.0))
    """Over all that were mined."""

    def note(self, fate: str, example: Mapping[str, Any]) -> None:
        """Keep an example of what became of a candidate, if there are not enough."""
        kept = self.examples.setdefault(fate, [])
        if len(kept) < EXAMPLES:
            kept.append(dict(example))

    @property
    def candidates(self) -> int:
        """How many were looked at."""
        return self.fates.total()

    def as_mapping(self) -> dict[str, Any]:
        """All of it as plain values."""
        mined = self.fates["mined"]
        means = {name: round(total / mined, 6) if mined else None for name, total in self.sums.items()}
        return {
            "queries": dict(self.queries),
            "candidates": self.candidates,
            "became": {fate: self.fates[fate] for fate in MEANING},
            "refused_by_each_rule_alone": {rule: self.alone[rule] for rule in RULES},
            "mean_of_mined": means,
            "examples": {fate: self.examples[fate] for fate in MEANING if fate in self.examples},
        }


def show(audit: Audit, console: Console) -> None:
    """Print what became of the candidates, with an example of each, and some of the negatives."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, title="candidates", title_justify="left", title_style="bold")
    table.add_column("what became of them")
    for name in ("number", "share"):
        table.add_column(name, justify="right")
    for fate, meaning in MEANING.items():
        count = audit.fates[fate]
        if count:
            table.add_row(meaning, f"{count:,}", f"{100 * count / audit.candidates:.1f} %")
    console.print(table)
    for fate, called in (
        ("mined", "negative"),
        ("relative", "refused"),
        ("margin", "refused"),
        ("absolute", "refused"),
    ):
        for example in audit.examples.get(fate, ())[: EXAMPLES if fate == "mined" else 1]:
            _show_example(example, called, console)


def _show_example(example: Mapping[str, Any], called: str, console: Console) -> None:
    from rich.text import Text

    rows = {
        "query": (None, example["query"]),
        "positive": (example["positive"], example["positive_text"]),
        called: (example["score"], example["text"]),
    }
    for name, (score, text) in rows.items():
        figure = " " * 10 if score is None else f"{score:>8.3f}  "
        line = Text.assemble((f"{name:<10}", "bold"), figure, " ".join(text.split()))
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print()


def plain(value: Any) -> float:
    """A figure as JSON writes it."""
    return float(np.round(value, 7))
