"""What is written is what is read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lacoskit import Curve, Findings, LacoskitError, Matrix, Points, Rows, Values
from lacoskit.analysing.config import AnalyseConfig
from lacoskit.analysing.examining import Examination
from lacoskit.analysing.storing import read_findings, write_findings

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LABELS = st.text(max_size=8)
TITLED: dict[str, Any] = {"title": LABELS, "reading": LABELS}
LISTS = st.lists(NUMBERS, max_size=4)
NAMES = st.lists(LABELS, max_size=3)
PARTS = st.one_of(
    st.builds(Values, **TITLED, values=st.dictionaries(LABELS, NUMBERS, max_size=4), unit=LABELS),
    st.builds(Matrix, **TITLED, rows=NAMES, columns=NAMES, values=st.lists(LISTS, max_size=3), unit=LABELS),
    st.builds(Curve, **TITLED, lines=st.dictionaries(LABELS, LISTS, max_size=3), first=st.integers(0, 3), axis=LABELS),
    st.builds(Points, **TITLED, x=LISTS, y=LISTS, texts=NAMES, groups=st.dictionaries(LABELS, NAMES, max_size=2)),
    st.builds(Rows, **TITLED, columns=NAMES, rows=st.lists(NAMES, max_size=3)),
)
FINDINGS = st.builds(
    Findings,
    figures=st.dictionaries(LABELS, NUMBERS, max_size=4),
    parts=st.lists(PARTS, max_size=3),
    texts=st.integers(0, 9),
    reading=LABELS,
)
EXAMINATIONS = st.builds(
    Examination,
    model=LABELS,
    fingerprint=LABELS,
    dimensions=st.integers(1, 9),
    findings=st.dictionaries(LABELS, FINDINGS, max_size=2),
    left_out=st.dictionaries(LABELS, LABELS, max_size=1),
)
CONFIG = AnalyseConfig.model_validate({"models": ["base:nano-bloom"], "analyses": {"isotropy": {"name": "isotropy"}}})


@settings(max_examples=50, deadline=None)
@given(st.lists(EXAMINATIONS, max_size=2))
def test_findings_are_read_as_they_were_written(tmp_path_factory: Any, examinations: list[Examination]) -> None:
    folder = tmp_path_factory.mktemp("out")
    write_findings(folder / "analysis.json", CONFIG, examinations)
    assert read_findings(folder / "analysis.json") == examinations
    assert read_findings(folder) == examinations


def test_what_is_no_number_is_null_in_the_file_and_no_number_again(tmp_path: Path) -> None:
    matrix = Matrix(title="m", rows=["a"], columns=["b", "c"], values=[[math.nan, 1.0]])
    findings = Findings(figures={"one": math.nan, "two": 2.0}, parts=[matrix])
    write_findings(tmp_path / "analysis.json", CONFIG, [Examination("m", "f", 3, {"x": findings})])
    text = (tmp_path / "analysis.json").read_text(encoding="utf-8")
    plain = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert plain["models"][0]["findings"]["x"]["figures"] == {"one": None, "two": 2.0}
    assert plain["config"]["analyses"]["isotropy"]["name"] == "isotropy"
    (read,) = read_findings(tmp_path)
    assert math.isnan(read.findings["x"].figures["one"])
    assert math.isnan(read.findings["x"].parts[0].values[0][0])
    assert read.findings["x"].parts[0].values[0][1] == 1


def test_what_is_no_such_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(LacoskitError, match="cannot be read"):
        read_findings(tmp_path / "analysis.json")
    (tmp_path / "analysis.json").write_text('{"models": [{"x": 1}]}', encoding="utf-8")
    with pytest.raises(LacoskitError, match="is not what lacoskit analyse writes"):
        read_findings(tmp_path)
