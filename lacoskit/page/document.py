"""The whole page: its sections in their order, put into the template with the style sheet."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping, Sequence
from pathlib import Path

from lacoskit.page.analyses import Analyses, vectors_know
from lacoskit.page.blocks import BASE, Key
from lacoskit.page.configurations import configurations
from lacoskit.page.cost import cost, planes
from lacoskit.page.curves import curves
from lacoskit.page.drawing import holdable
from lacoskit.page.examples import examples
from lacoskit.page.gathering import RunFolder
from lacoskit.page.results import results
from lacoskit.page.scores import Scores, untrained_name
from lacoskit.page.summary import summary

HERE = Path(__file__).parent
TEMPLATE, STYLE = "template.html.j2", "style.css"
GLYPHS = "●■◆▲▼✚✖★"
"""What stands in a legend for the shapes of marks."""


def page(runs: Sequence[RunFolder], scores: Scores, analyses: Analyses | None = None) -> str:
    """The page of these runs as HTML: nothing in it is fetched from anywhere.

    scores: what tasks say of them; analyses: what was found out about the vectors of each model, by the references that
    `models_of` has.
    """
    import jinja2

    made = [
        configurations(runs),
        results(scores, runs),
        planes(scores, runs),
        cost(runs),
        curves(runs),
        examples(scores, runs),
        vectors_know(analyses or {}, models_of(runs)),
    ]
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    html = environment.get_template(TEMPLATE).render(
        title=" · ".join(run.name for run in runs[:3]) + (f" and {len(runs) - 3} more" if len(runs) > 3 else ""),
        summary=summary(scores, runs),
        sections=[section for section in made if section is not None],
        style=(HERE / STYLE).read_text(encoding="utf-8"),
        glyphs=GLYPHS,
        version=importlib.metadata.version("lacoskit"),
    )
    return holdable(html)


def models_of(runs: Sequence[RunFolder]) -> Mapping[str, Key]:
    """All models that the page is about by their references, untrained ones first: their names and colours."""
    bases = {run.base: Key(untrained_name(run.base), BASE) for run in runs}
    return bases | {run.reference: Key(run.name, number) for number, run in enumerate(runs)}
