"""What is shown on a terminal."""

from __future__ import annotations

import math

import pytest
from rich.console import Console

from lacoskit import Findings
from lacoskit.analysing.examining import Examination
from lacoskit.analysing.tables import screen_tables


def shown(examinations: list[Examination], width: int) -> list[str]:
    console = Console(width=width)
    with console.capture() as capture:
        for table in screen_tables(examinations):
            console.print(table)
    return capture.get().splitlines()


def examination(model: str, **figures: float) -> Examination:
    reading = "How to read all of this is a sentence that is longer than a narrow terminal is wide. " * 2
    return Examination(model, "f", 3, {"one": Findings(figures=figures, texts=1200, reading=reading.strip())})


@pytest.mark.parametrize("width", [60, 80, 120])
def test_models_stand_side_by_side_and_fit(width: int) -> None:
    models = ["base:nano-bloom", "runs/a-run-of-a-long-name", "sentence-transformers/all-MiniLM-L6-v2"]
    lines = shown([examination(model, share=0.25, layer=7.0, size=120.5) for model in models], width)
    assert max(map(len, lines)) <= width
    assert len([line for line in lines if line.split()[:1] == ["share"] and line.count("0.250") == 3]) == 1
    assert len([line for line in lines if line.split()[:1] == ["layer"] and line.count(" 7 ") == 3]) == 1
    assert sum("(1,200 texts)" in line for line in lines) == 1


def test_what_is_no_number_is_a_dash_and_what_is_left_out_is_told() -> None:
    missing = Examination("other", "f", 3, {}, {"one": "it does not say"})
    lines = shown([examination("base", share=math.nan, other=0.5), missing], 80)
    (row,) = [line.split() for line in lines if line.split()[:1] == ["share"]]
    assert row == ["share", "–", "–"]
    assert "one is left out for other: it does not say" in lines


def test_names_are_shown_as_they_are() -> None:
    odd = Examination("runs/[b]", "f", 3, {"[x": Findings(figures={"[/neg]": 0.5, "[red]": 0.25})}, {"[/y]": "[z]"})
    lines = shown([odd], 80)
    assert any(line.split() == ["[/neg]", "0.500"] for line in lines)
    assert any(line.split() == ["[red]", "0.250"] for line in lines)
    assert any("[/y] is left out for" in line and line.endswith("[z]") for line in lines)
