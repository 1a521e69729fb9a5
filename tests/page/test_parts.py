from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from pages import Page

from lacoskit.findings import Curve, Findings, Matrix, Points, Rows, Values
from lacoskit.page.analyses import vectors_know
from lacoskit.page.blocks import BASE, Drawings, Fold, Heading, Key, Prose, Table, Tables
from lacoskit.page.parts import MOST, shown

BEFORE, AFTER = Key("untrained", BASE), Key("run", 0)
TEXTS = ["one", "zwei", "三", "चार"]


def drawings(part: Any, other: Any) -> list[Drawings]:
    return [block for block in shown([(BEFORE, part), (AFTER, other)], "part") if isinstance(block, Drawings)]


def test_values_are_sorted_by_the_last_model_and_told_of_both() -> None:
    before = Values(title="by language", values={"en": 0.1, "猫": 0.9, "hi": 0.5}, unit="share")
    after = Values(title="by language", values={"en": 0.7, "猫": 0.6, "hi": 0.8}, unit="share")
    (block,) = drawings(before, after)
    (drawing,) = block.drawings
    page = Page(drawing.svg)
    assert sorted(page.told) == sorted(
        [
            "hi, untrained: 0.5",
            "hi, run: 0.8",
            "en, untrained: 0.1",
            "en, run: 0.7",
            "猫, untrained: 0.9",
            "猫, run: 0.6",
        ]
    )
    labels = [element.text for element in ElementTree.fromstring(drawing.svg).iter("text")]
    assert [label for label in labels if label in ("hi", "en", "猫")] == ["hi", "en", "猫"]
    assert list(block.legend) == [BEFORE, AFTER]


def test_values_that_are_no_numbers_come_last_with_a_dash_and_without_a_dot() -> None:
    nan = float("nan")
    part = Values(title="by language", values={"aa": 0.2, "bb": nan, "cc": 0.7, "dd": nan, "ee": 0.5})
    other = Values(title="by language", values={"aa": 0.1, "bb": 0.3, "dd": nan})
    (block,) = drawings(other, part)
    page = Page(block.drawings[0].svg)
    labels = [element.text for element in ElementTree.fromstring(block.drawings[0].svg).iter("text")]
    assert [label for label in labels if label and label[:2] in part.values] == ["cc", "ee", "aa", "bb", "dd: –"]
    assert sorted(page.told) == sorted(
        ["cc, run: 0.7", "ee, run: 0.5", "aa, run: 0.2", "aa, untrained: 0.1", "bb, untrained: 0.3"]
    )


@pytest.mark.parametrize("columns", [2, 14])
def test_each_cell_of_a_matrix_tells_its_value(columns: int) -> None:
    line = [round(0.01 * place, 2) for place in range(columns)]
    part = Matrix(
        title="across", rows=["en", "hi"], columns=[f"l{place}" for place in range(columns)],
        values=[line, [float("nan"), *line[1:]]],
    )  # fmt: skip
    (block,) = drawings(part, part)
    expected = [f"{row}, l{place}: {line[place]:.3g}" for row in ("en", "hi") for place in range(columns)]
    expected[columns] = "hi, l0: –"
    assert Page(block.drawings[0].svg).told == expected
    assert "nan" not in block.drawings[0].svg


def opacities(svg: str) -> list[float]:
    """Of the cells, row by row."""
    styles = [path.get("style", "") for path in ElementTree.fromstring(svg).iter("path")]
    cells = [style for style in styles if "fill: var(--c" in style]
    found = [re.search(r"(?<![-\w])opacity: ([\d.]+)", style) for style in cells]
    return [float(each[1]) if each else 1.0 for each in found]


def test_matrices_are_as_dark_where_values_are_as_high_in_both() -> None:
    before = Matrix(title="across", rows=["en", "hi"], columns=["en", "hi"], values=[[1.0, 0.5], [0.5, 1.0]])
    after = Matrix(title="across", rows=["en", "hi"], columns=["en", "hi"], values=[[0.5, 0.0], [1.0, 0.5]])
    (block,) = drawings(before, after)
    one, other = (opacities(drawing.svg) for drawing in block.drawings)
    assert one == pytest.approx([1.0, 0.52, 0.52, 1.0])
    assert other == pytest.approx([0.52, 0.04, 1.0, 0.52])
    assert [drawing.title for drawing in block.drawings] == ["untrained", "run"]
    assert "0 (pale) to 1 (dark)" in block.drawings[0].caption


def test_values_below_zero_have_a_colour_of_their_own() -> None:
    part = Matrix(title="across", rows=["a"], columns=["b", "c"], values=[[-0.5, 0.5]])
    (block,) = drawings(part, part)
    assert "var(--c5)" in block.drawings[0].svg
    assert "in another colour" in block.drawings[0].caption


def test_curves_have_a_plot_a_line_with_all_models_in_it() -> None:
    before = Curve(title="by layer", lines={"en": [0.1, 0.2], "hi": [0.1, 0.3]}, axis="layer", unit="spearman")
    after = Curve(title="by layer", lines={"en": [0.3, 0.4], "hi": [0.2, float("nan")]}, axis="layer", unit="spearman")
    (block,) = drawings(before, after)
    assert [drawing.title for drawing in block.drawings] == ["en, spearman", "hi, spearman"]
    told = Page(block.drawings[1].svg).told
    assert told == ["hi, untrained, 0: 0.1", "hi, untrained, 1: 0.3", "hi, run, 0: 0.2"]
    assert "layer" in block.drawings[0].svg


def cloud(scale: float, count: int = 4) -> Points:
    return Points(
        title="map",
        x=[scale * n for n in range(count)],
        y=[scale * (n % 3) for n in range(count)],
        texts=[TEXTS[n % 4] for n in range(count)],
        groups={"language": [["en", "hi"][n % 2] for n in range(count)], "topic": ["food"] * count},
    )


def test_maps_are_drawn_once_for_each_grouping_on_the_same_scale_in_the_same_colours() -> None:
    by_language, by_topic = drawings(cloud(1.0), cloud(2.0))
    assert [drawing.title for drawing in by_language.drawings] == ["untrained, by language", "run, by language"]
    assert [(key.name, key.colour) for key in by_language.legend] == [("en", 0), ("hi", 1)]
    assert [key.name for key in by_topic.legend] == ["food"]
    spread = []
    for drawing in by_language.drawings:
        page = Page(drawing.svg)
        assert sorted(page.told) == sorted(["en: one", "hi: zwei", "en: 三", "hi: चार"])
        x = [float(value) for value in re.findall(r'<use[^>]* x="([\d.]+)"', drawing.svg)]
        spread.append(max(x) - min(x))
    assert spread[1] == pytest.approx(2 * spread[0], rel=1e-3)


def test_of_a_large_map_some_points_are_shown_and_that_is_said() -> None:
    by_language, _ = drawings(cloud(1.0, 3 * MOST), cloud(1.0, 3 * MOST))
    assert len(Page(by_language.drawings[0].svg).told) == MOST
    assert by_language.drawings[0].caption == f"{MOST:,} of {3 * MOST:,} texts"


def test_more_groups_than_colours_have_shapes_of_their_own() -> None:
    labels = [f"l{n:02}" for n in range(12)]
    part = Points(title="map", x=range(12), y=range(12), texts=labels, groups={"language": labels})
    (block,) = drawings(part, part)
    assert len({(key.colour, key.mark) for key in block.legend}) == 12


def test_rows_are_tables_side_by_side_unless_they_are_wide() -> None:
    part = Rows(title="near", columns=["probe", "nearest"], rows=[["<b>", "b"]])
    (block,) = shown([(BEFORE, part), (AFTER, part)], "part")
    assert isinstance(block, Tables)
    assert [table.caption for table in block.tables] == ["untrained", "run"]
    assert [cell.text for cell in block.tables[0].rows[0]] == ["<b>", "b"]
    wide = Rows(title="near", columns=list("abcd"), rows=[list("efgh")])
    assert [type(block) for block in shown([(BEFORE, wide), (AFTER, wide)], "part")] == [Table, Table]


def test_analyses_of_all_models_stand_beside_each_other() -> None:
    part = Values(title="by language", values={"en": 0.5})
    one = Findings(figures={"isotropy": 0.123, "rank": 5.0}, parts=[part], texts=2000, reading="Lower is better.")
    other = Findings(
        figures={"isotropy": 0.456, "rank": float("nan")}, parts=[part, Curve(title="by layer", lines={"en": [1.0]})]
    )
    models = {"base:nano": BEFORE, "runs/one": AFTER, "runs/two": Key("two", 1)}
    section = vectors_know({"runs/one": {"geometry": other}, "base:nano": {"geometry": one}}, models)
    assert section is not None
    (fold,) = section.blocks
    assert isinstance(fold, Fold)
    reading, table, heading, *_ = fold.blocks
    assert reading == Prose("Lower is better. Of 2,000 texts.", quiet=True)
    assert isinstance(table, Table)
    assert heading == Heading("by language", level=4)
    assert [cell.text for cell in table.columns] == ["figure", "untrained", "run"]
    assert [[cell.text for cell in row] for row in table.rows] == [["isotropy", "0.123", "0.456"], ["rank", "5", "–"]]
    drawn = [block for block in fold.blocks if isinstance(block, Drawings)]
    assert [len(block.legend) for block in drawn] == [2, 1]
    assert vectors_know({}, models) is None
