from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings, strategies
from pages import Page

from lacoskit.page.blocks import BASE, Key
from lacoskit.page.plots import Dot, Row, Spot, Trace, dots, finite, front, lines, plane


def places(text: str) -> dict[str, tuple[float, float]]:
    """Where each thing that tells something stands."""
    shapes = [shape for shape in ElementTree.fromstring(text).iter() if shape.find("title") is not None]
    return {shape.findtext("title", ""): (float(shape.get("x", "0")), float(shape.get("y", "0"))) for shape in shapes}


def test_dots_stand_where_their_values_are_and_the_first_row_on_top() -> None:
    rows = [
        Row("猫", [Dot(10.0, BASE, "a before", 5, 15), Dot(40.0, 0, "a after", 35, 45, slot=1)]),
        Row("b", [Dot(20.0, BASE, "b before"), Dot(30.0, 0, "b after", hollow=True, slot=1)]),
    ]
    text = dots(rows, "one", "label", "points")
    at = places(text)
    assert set(at) == {"a before", "a after", "b before", "b after"}
    by_value = [at[name][0] for name in ("a before", "b before", "b after", "a after")]
    assert by_value == sorted(by_value)
    step = by_value[1] - by_value[0]
    assert by_value[3] - by_value[0] == pytest.approx(3 * step, rel=1e-3)
    assert at["a before"][1] < at["a after"][1] < at["b before"][1] < at["b after"][1]
    assert {"猫", "b", "points"} <= {element.text for element in ElementTree.fromstring(text).iter("text")}


def test_intervals_reach_from_low_to_high() -> None:
    row = Row("a", [Dot(10.0, 0, "dot", 5.0, 25.0)])
    text = dots([row, Row("b", [Dot(5.0, 1, "low"), Dot(25.0, 1, "high")])], "one", "", "")
    at = places(text)
    bars = re.findall(r'd="M ([\d.]+) ([\d.]+)\s+L ([\d.]+) ([\d.]+)[^"]*"[^>]*style="[^"]*var\(--c0\)', text)
    ends = [(float(left), float(right)) for left, top, right, bottom in bars if top == bottom]
    assert (pytest.approx(at["low"][0], abs=0.01), pytest.approx(at["high"][0], abs=0.01)) in ends


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(strategies.lists(strategies.tuples(strategies.integers(0, 9), strategies.integers(0, 9)), max_size=12))
def test_a_point_is_on_the_front_if_none_is_as_good_in_both_and_better_in_one(points: list[tuple[int, int]]) -> None:
    expected = {
        (cost, quality)
        for cost, quality in points
        if not any((c <= cost and q > quality) or (c < cost and q >= quality) for c, q in points)
    }
    assert front(points) == expected


def test_runs_of_the_front_are_filled_and_others_are_not() -> None:
    spots = [Spot(1.0, 50.0, Key("cheap", 0)), Spot(2.0, 60.0, Key("good", 1)), Spot(3.0, 55.0, Key("neither", 2))]
    text = plane(spots, "one", "label", "GiB", 40.0)
    shapes = [shape for shape in ElementTree.fromstring(text).iter() if shape.find("title") is not None]
    styles = {shape.findtext("title", "").partition(":")[0]: shape.get("style", "") for shape in shapes}
    assert "fill: var(--c0)" in styles["cheap"]
    assert "fill: var(--c1)" in styles["good"]
    assert "fill: var(--paper)" in styles["neither"]


def test_marked_lines_tell_their_values() -> None:
    page = Page(lines([Trace([0, 10], [1.5, 2500.0], 0, "run", marked=True)], "one", "label"))
    assert page.told == ["run, 0: 1.5", "run, 10: 2.5k"]


def test_what_is_no_number_is_left_out() -> None:
    nan, infinite = float("nan"), float("inf")
    assert finite([1.0, 2.0, 3.0, 4.0], [nan, 5.0, infinite, 6.0]) == ([2.0, 4.0], [5.0, 6.0])
