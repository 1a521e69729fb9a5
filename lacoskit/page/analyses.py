"""The section of what the vectors know: what analyses have found out about each model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lacoskit.findings import Findings, Part
from lacoskit.page.blocks import Block, Cell, Fold, Heading, Key, Prose, Section, Table
from lacoskit.page.parts import shown
from lacoskit.page.plots import short_figure

Analyses = Mapping[str, Mapping[str, Findings]]
"""By the reference of a model, and by the name of an analysis, what it has found."""


def vectors_know(analyses: Analyses, models: Mapping[str, Key]) -> Section | None:
    """Each analysis with its figures and parts, one model beside another; None where there is none.

    models: what to call the models, and their colours, by reference, in the order in which they are shown.
    """
    order = [reference for reference in models if analyses.get(reference)]
    names = list(dict.fromkeys(name for reference in order for name in analyses[reference]))
    if not names:
        return None
    blocks: list[Block] = []
    for number, name in enumerate(names):
        found = [(models[reference], analyses[reference][name]) for reference in order if name in analyses[reference]]
        blocks.append(Fold(name, _analysis(found, f"analysis-{number}"), opened=True))
    lead = "What analyses find in the vectors of each model, one beside another on the same scale."
    return Section("vectors", "What the vectors know", lead, blocks)


def _analysis(found: Sequence[tuple[Key, Findings]], name: str) -> list[Block]:
    """The figures of an analysis and how to read them, then its parts; name: what ids of its plots begin with."""
    first = found[0][1]
    texts = f"Of {first.texts:,} texts." if first.texts else ""
    reading = f"{first.reading} {texts}".strip()
    blocks: list[Block] = [Prose(reading, quiet=True)] if reading else []
    blocks += _figures(found)
    for place, told in enumerate(_parts(found)):
        part = told[0][1]
        blocks.append(Heading(part.title, level=4))
        blocks += [Prose(part.reading, quiet=True)] if part.reading else []
        blocks += shown(told, f"{name}-{place}")
    return blocks


def _figures(found: Sequence[tuple[Key, Findings]]) -> list[Block]:
    """A table of the figures that stand for an analysis, a figure a row and a model a column."""
    names = list(dict.fromkeys(name for _, findings in found for name in findings.figures))
    if not names:
        return []
    rows = []
    for name in names:
        values = [findings.figures.get(name, math.nan) for _, findings in found]
        rows.append([Cell(name), *(Cell(short_figure(value)) for value in values)])
    return [Table([Cell("figure"), *(Cell(key.name, colour=key.colour) for key, _ in found)], rows)]


def _parts(found: Sequence[tuple[Key, Findings]]) -> list[list[tuple[Key, Part]]]:
    """The parts of all models that have the same shape and title, in the order in which they come."""
    groups: dict[tuple[type[Part], str], list[tuple[Key, Part]]] = {}
    for key, findings in found:
        for part in findings.parts:
            groups.setdefault((type(part), part.title), []).append((key, part))
    return list(groups.values())
