"""What has become of the pairs: figures by kind, language and rule, with examples, as JSON and on the screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lacoskit.generation.documents import draw
from lacoskit.generation.rules import RULES, Judged

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

UNKNOWN = "unknown"
"""What stands for the language of pairs that have none."""
EXAMPLES = 3
"""Pairs that are shown of what is kept, and of what each rule drops."""


def figures(judged: Sequence[Judged], seed: int) -> dict[str, Any]:
    """How many pairs were written, dropped by each rule and kept, in all and by kind and language, and examples."""
    dropped = {rule: [one for one in judged if one.dropped_by == rule] for rule in RULES}
    return {
        "written": len(judged),
        "kept": sum(one.dropped_by is None for one in judged),
        "dropped": {rule: len(found) for rule, found in dropped.items()},
        "kinds": _by([one.pair.type for one in judged], judged),
        "languages": _by([one.pair.language or UNKNOWN for one in judged], judged),
        "examples": {
            "kept": _examples([one for one in judged if one.dropped_by is None], seed),
            **{rule: _examples(found, seed) for rule, found in dropped.items() if found},
        },
    }


def _by(names: Sequence[str], judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """The figures of the pairs of each name, the names in the order in which they come first."""
    table: dict[str, Counter[str]] = {name: Counter() for name in names}
    for name, one in zip(names, judged, strict=True):
        table[name].update(["written", one.dropped_by or "kept"])
    return {name: {key: counts[key] for key in ("written", *RULES, "kept")} for name, counts in table.items()}


def _examples(judged: Sequence[Judged], seed: int) -> list[dict[str, Any]]:
    """A few pairs, left to chance by the seed, each of another kind as far as there are."""
    shuffled = sorted(judged, key=lambda one: draw(seed, f"example {one.pair.document} {one.number}"))
    kinds: set[str] = set()
    first = [one for one in shuffled if not (one.pair.type in kinds or kinds.add(one.pair.type))]  # type: ignore[func-returns-value]
    chosen = [*first, *(one for one in shuffled if one not in first)][:EXAMPLES]
    return [
        {"type": one.pair.type, "language": one.pair.language, "query": one.pair.query, "text": one.pair.text}
        for one in chosen
    ]


def show(console: Console, audit: Mapping[str, Any]) -> None:
    """Print the figures and the examples of what is kept."""
    from rich.text import Text

    console.print()
    console.print(_table("kind", audit["kinds"], audit))
    if len(audit["languages"]) > 1:
        console.print(_table("language", audit["languages"], audit))
    for rule, count in audit["dropped"].items():
        if count:
            console.print(Text.assemble((f"{rule:<18}", "bold"), RULES[rule]), soft_wrap=True)
    for number, example in enumerate(audit["examples"]["kept"], 1):
        console.print()
        for name, value in ((f"example {number}", example["query"]), (example["type"], example["text"])):
            line = Text.assemble((f"{name:<18}", "bold"), " ".join(value.split()))
            console.print(line, no_wrap=True, overflow="ellipsis")
    console.print()


def _table(name: str, rows: Mapping[str, Mapping[str, int]], audit: Mapping[str, Any]) -> RenderableType:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    rules = [rule for rule, count in audit["dropped"].items() if count]
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column(name, no_wrap=True, min_width=max(map(len, rows), default=0))
    for column in ("written", *rules, "kept"):
        table.add_column(column, justify="right", style="bold" if column == "kept" else "")
    for row, counts in rows.items():
        table.add_row(escape(row), *(f"{counts[column]:,}" for column in ("written", *rules, "kept")))
    if len(rows) > 1:
        table.add_section()
        totals = [audit["written"], *(audit["dropped"][rule] for rule in rules), audit["kept"]]
        table.add_row("all", *(f"{total:,}" for total in totals))
    return table
