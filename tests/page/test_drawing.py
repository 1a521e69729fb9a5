from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from pages import Page

from lacoskit.page.drawing import INK, NAMES, SERIES, canvas, shortened, svg, text_width


def drawn(name: str, label: str = "प्रश्न 猫 $5 & <b>") -> str:
    with canvas(200, 100, (20, 5, 20, 5)) as (figure, axes):
        axes.plot([0, 1], [0, 1], color=SERIES[2])
        axes.scatter([0, 1, 2], [0, 1, 0], color=SERIES[0], gid="points")
        axes.set_title(label, color=INK)
        return svg(figure, name, "what it shows", {"points": ["one", "two <&>", "three"]})


def test_two_figures_of_the_same_content_have_no_id_in_common() -> None:
    page = Page(drawn("one") + drawn("two"))
    assert page.ids
    assert len(set(page.ids)) == len(page.ids)
    assert {reference.removeprefix("#") for reference in page.references} == set(page.ids)


def test_the_same_figure_is_the_same_text_each_time() -> None:
    assert drawn("one") == drawn("one")


def test_text_is_text_in_the_pages_font_whatever_its_script() -> None:
    text = drawn("one")
    (title,) = [element.text for element in ElementTree.fromstring(text).iter("text") if "$5" in (element.text or "")]
    assert title == "प्रश्न 猫 $5 & <b>"
    assert "font-family" not in text
    assert "DejaVu" not in text


def test_colours_are_names_of_the_style_sheet() -> None:
    text = drawn("one")
    assert "var(--c2)" in text
    assert "var(--ink)" in text
    assert not any(colour in text for colour in NAMES)
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) <= {"#000000", "#ffffff"}


def test_a_point_tells_its_text_where_it_is_pointed_at() -> None:
    page = Page(drawn("one"))
    assert page.told == ["one", "two <&>", "three"]
    assert "http" not in drawn("one")


def test_each_shape_of_a_group_needs_its_text() -> None:
    with canvas(200, 100, (20, 5, 20, 5)) as (figure, axes):
        axes.scatter([0, 1], [0, 1], color=INK, gid="points")
        with pytest.raises(AssertionError, match="2 shapes for 1 texts"):
            svg(figure, "one", "", {"points": ["one"]})


def test_what_xml_cannot_hold_is_left_out_of_labels() -> None:
    page = Page(drawn("one", "x\x0by\x00 \uffff猫\U0001f600"))
    assert "xy 猫\U0001f600" in page.text
    assert shortened("a\ud800b\x1bc") == "abc"


def test_letters_of_chinese_take_the_most_room() -> None:
    assert text_width("猫狗", 10) > 20 > text_width("ab", 10) > 10


def test_a_long_label_keeps_its_beginning_and_its_end() -> None:
    long = "a-very-long-name-of-a-task-that-ends-in-en"
    assert shortened(long) == "a-very-long-name-of…ends-in-en"
    assert len(shortened(long)) == 30
    assert shortened("short") == "short"
