from __future__ import annotations

from typing import Any

import pytest
from pages import Page, scored

from lacoskit.findings import Findings, Points, Rows
from lacoskit.page import models_of, page
from lacoskit.page.scores import Scores, measured_scores

SECTIONS = ["summary", "runs", "results", "plane", "cost", "curves", "examples", "vectors"]
HOSTILE = "</script><script src=http://evil.test>&\"' 猫"
UNHOLDABLE = "\x0b\ud800\x1b"
"""What neither XML nor UTF-8 holds, in the name of a run and a task, where it stands in plots, tables and texts."""


@pytest.fixture
def everything(made_run: Any, made_evaluation: Any) -> str:
    """A page with all sections, of which every name and text would break it if it could."""
    runs = [made_run(f"one{UNHOLDABLE}{HOSTILE}"), made_run("two", rank=32)]
    for run in runs:
        run.config[HOSTILE] = HOSTILE
        run.metrics[-1][f"{HOSTILE}/spearman"] = 3.0
        run.about["evaluation"]["after"][HOSTILE] = scored(3.0)
    units = {
        model: {f"{UNHOLDABLE}task {HOSTILE}": values, f"task {HOSTILE}2": values}
        for model, values in {
            "base:nano-bloom": [0.1, 0.5, 0.3],
            runs[0].reference: [0.2, 0.4, 0.9],
            "runs/two": [0.3, 0.1, 1.0],
        }.items()
    }
    evaluation, config = made_evaluation(units, {f"{UNHOLDABLE}task {HOSTILE}": HOSTILE})
    cloud = Points(title=HOSTILE, x=[0, 1], y=[0, 1], texts=[HOSTILE, "b"], groups={HOSTILE: [HOSTILE, "b"]})
    rows = Rows(title=HOSTILE, columns=[HOSTILE], rows=[[HOSTILE]])
    findings = {HOSTILE: Findings(figures={HOSTILE: 1.0}, parts=[cloud, rows])}
    analyses = dict.fromkeys(models_of(runs), findings)
    return page(runs, measured_scores(evaluation, runs, config), analyses)


def test_the_page_has_all_sections_and_its_contents_lead_to_each(everything: str) -> None:
    parsed = Page(everything)
    assert [own for own in parsed.ids if own in SECTIONS] == SECTIONS
    assert [reference[1:] for reference in parsed.references if reference[1:] in SECTIONS] == SECTIONS
    assert {name: parsed.plots.get(name, 0) for name in SECTIONS} == {
        "summary": 0, "runs": 0, "results": 2, "plane": 3, "cost": 0, "curves": 5, "examples": 0, "vectors": 3,
    }  # fmt: skip


def test_what_users_wrote_is_text_wherever_it_stands(everything: str) -> None:
    parsed = Page(everything)
    assert "script" not in parsed.tags
    for section in SECTIONS:
        assert HOSTILE in parsed.texts[section], section
    assert any(HOSTILE in told for told in parsed.told)


def test_what_a_page_cannot_hold_is_left_out_of_it(everything: str) -> None:
    assert not set(UNHOLDABLE) & set(everything)
    assert f"one{HOSTILE}" in Page(everything).text
    everything.encode()


def test_nothing_is_fetched_and_ids_are_unique(everything: str) -> None:
    parsed = Page(everything)
    assert parsed.fetched == []
    assert len(parsed.ids) == len(set(parsed.ids))
    assert {reference.removeprefix("#") for reference in parsed.references} <= set(parsed.ids)


def test_the_same_runs_make_the_same_page(made_run: Any) -> None:
    assert page([made_run("one")], Scores([])) == page([made_run("one")], Scores([]))


def test_a_run_of_which_little_is_known_has_a_page(made_run: Any) -> None:
    run = made_run("one")
    run.metrics.clear()
    run.about.clear()
    run.config.clear()
    run.config["model"] = "nano-bloom"
    parsed = Page(page([run], Scores([])))
    assert [own for own in parsed.ids if own in SECTIONS] == ["summary", "runs", "results", "cost", "curves"]
    assert "Trained, and not yet measured" in parsed.texts["summary"]
    assert "What it cost is not recorded." in parsed.texts["summary"]
