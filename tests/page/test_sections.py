from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from pages import Page, scored

from lacoskit.page.blocks import Drawings, Examples, Fold, Table
from lacoskit.page.configurations import configurations
from lacoskit.page.cost import cost, planes
from lacoskit.page.curves import MOST, curves
from lacoskit.page.examples import examples
from lacoskit.page.results import results
from lacoskit.page.scores import Scores, measured_scores, recorded_scores

MODELS = ("base:nano-bloom", "runs/one")


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def blocks_of(section: Any, kind: type) -> list[Any]:
    inner = [block for fold in section.blocks if isinstance(fold, Fold) for block in fold.blocks]
    return [block for block in [*section.blocks, *inner] if isinstance(block, kind)]


def test_options_that_differ_are_a_table_and_the_others_are_folded_away(made_run: Any) -> None:
    section = configurations([made_run("one", rank=4), made_run("two", rank=32)])
    differing, *_ = blocks_of(section, Table)
    assert texts(differing) == [["adapter.rank", "4", "32"]]
    (shared,) = [fold for fold in section.blocks if isinstance(fold, Fold) and "share" in fold.title]
    (table,) = shared.blocks
    assert isinstance(table, Table)
    assert ["train.batch_size", "16"] in texts(table)
    assert not any(row[0] in ("output", "adapter.rank") for row in texts(table))


def test_a_fact_that_all_runs_share_is_told_once(made_run: Any) -> None:
    section = configurations([made_run("one", rank=4), made_run("two", rank=32)])
    facts = {row[0].text: row[1:] for row in blocks_of(section, Table)[1].rows}
    assert [(cell.text, cell.span) for cell in facts["data"]] == [("templates, 100 examples", 2)]
    assert [cell.text for cell in facts["all weights"]] == ["19.5 KiB", "156 KiB"]


def test_costs_are_those_of_the_runs_and_the_least_is_marked(made_run: Any) -> None:
    (table,) = blocks_of(cost([made_run("one", rank=4), made_run("two", rank=32, memory_gib=None)]), Table)
    assert texts(table) == [
        ["one", "1:34", "–", "100", "1.04 GiB", "19.5 KiB", "40"],
        ["two", "2:02", "–", "100", "–", "156 KiB", "320"],
    ]
    assert [cell.verdict for cell in table.rows[0]] == ["", "best", "", "", "", "best", "best"]


def test_curves_have_a_plot_for_each_figure_that_was_recorded(made_run: Any) -> None:
    section = curves([made_run("one"), made_run("two")])
    training, evaluated = blocks_of(section, Drawings)
    assert [one.title for one in training.drawings] == ["Loss", "Learning rate", "Gradient norm", "Tokens per second"]
    assert [one.title for one in evaluated.drawings] == ["scored: spearman x100"]


def test_a_long_run_is_drawn_as_means_and_what_is_no_number_is_told(made_run: Any) -> None:
    run = made_run("one")
    run.metrics.clear()
    run.metrics.extend({"step": step, "loss": float("nan") if step == 7 else 1.0} for step in range(3 * MOST))
    section = curves([run])
    assert "mean" in section.lead
    (drawn,) = blocks_of(section, Drawings)
    assert drawn.drawings[0].svg.count(" L ") < 1.2 * MOST
    assert "loss of one (1 times)" in section.blocks[-1].text


def test_a_run_without_metrics_says_so(made_run: Any) -> None:
    run = made_run("one")
    run.metrics.clear()
    assert "no metrics.jsonl" in curves([run]).lead


@pytest.fixture
def measured(made_run: Any, made_evaluation: Any) -> Any:
    """Two runs by two tasks of 30 units each, at random."""
    generator = np.random.default_rng(0)
    runs = [made_run("one"), made_run("two", rank=32)]
    models = {"base:nano-bloom": 0.2, "runs/one": 0.4, "runs/two": 0.5}
    units = {
        model: {task: list(generator.uniform(0, 0.5, size=30) + level) for task in ("first", "second")}
        for model, level in models.items()
    }
    evaluation, config = made_evaluation(units, {"first": "en", "second": "hi"})
    return measured_scores(evaluation, runs, config), runs, units


def test_examples_are_the_units_that_changed_most(measured: Any) -> None:
    scores, runs, units = measured
    section = examples(scores, runs)
    assert section is not None
    found = blocks_of(section, Examples)
    assert len(found) == 4  # of two tasks and two runs
    change = np.array(units["runs/one"]["first"]) - np.array(units["base:nano-bloom"]["first"])
    by_hand = sorted(range(30), key=lambda unit: -change[unit])
    for chosen, expected in ((found[0].improved, by_hand[:4]), (found[0].worsened, by_hand[::-1][:4])):
        told = [one.lines[0].text for one in chosen]
        kept = [unit for unit in expected if (change[unit] > 0) == (chosen is found[0].improved)]
        assert told == [f"text <{unit}>" for unit in kept]
    first = found[0].improved[0]
    assert [(line.when, line.text) for line in first.lines[1:]] == [
        ("before", "by base:nano-bloom"),
        ("after", "by runs/one"),
    ]
    assert float(first.after) - float(first.before) == pytest.approx(100 * change.max(), abs=1)


def test_the_table_has_the_figures_and_gains_of_all_models(measured: Any) -> None:
    scores, runs, units = measured
    (table,) = blocks_of(results(scores, runs), Table)
    assert [cell.text for cell in table.columns][:4] == ["task", "language", "figure", "units"]
    for row in table.rows[:-1]:
        means = {model: 100 * np.mean(tasks[row[0].text]) for model, tasks in units.items()}
        base, one, two = means.values()
        expected = [f"{base:.1f}", f"{one:.1f}", f"{one - base:+.1f}", f"{two:.1f}", f"{two - base:+.1f}"]
        assert [cell.text for cell in row[4:]] == expected
        assert [row[place].verdict for place in (6, 8)] == ["better", "better"]
    assert table.rows[-1][0].text == "mean of the tasks"
    gains = [float(row[8].text) for row in table.rows[:-1]]
    assert gains == sorted(gains, reverse=True)


def test_a_base_that_only_the_second_run_has_measured_is_shown(made_run: Any) -> None:
    first = {"before": {"own": scored(0.4)}, "after": {"own": scored(0.5)}}
    second = {
        "before": {"own": scored(0.4), "more": scored(0.25)},
        "after": {"own": scored(0.5), "more": scored(0.625)},
    }
    runs = [made_run("one", evaluation=first), made_run("two", evaluation=second)]
    section = results(recorded_scores(runs), runs)
    (table,) = blocks_of(section, Table)
    figures = {row[0].text: [cell.text for cell in row[4:]] for row in table.rows}
    assert figures["more"] == ["25.0", "–", "–", "62.5", "+37.5"]
    assert figures["own"] == ["40.0", "50.0", "+10.0", "50.0", "+10.0"]
    told = Page("".join(drawing.svg for drawing in blocks_of(section, Drawings)[0].drawings)).told
    assert "more, untrained nano-bloom: 25.0" in told


def test_a_language_is_one_row_by_whatever_code_tasks_name_it(made_run: Any, made_evaluation: Any) -> None:
    languages = {"a": "en", "b": "eng-Latn", "c": "de", "d": "deu_Latn"}
    units = {model: {task: [0.1 * place, 0.9] * 9 for task in languages} for place, model in enumerate(MODELS)}
    evaluation, config = made_evaluation(units, languages)
    section = results(measured_scores(evaluation, [made_run("one")], config), [made_run("one")])
    by_language = blocks_of(section, Drawings)[-1].drawings[0]
    assert re.findall(r">([a-z, ]+ \(\d\))<", by_language.svg) == ["en (2)", "de (2)"]


def test_planes_need_two_runs_that_were_measured(measured: Any) -> None:
    scores, runs, _ = measured
    assert planes(scores, runs[:1]) is None
    assert planes(Scores([]), runs) is None
    section = planes(scores, runs)
    assert section is not None
    (drawn,) = blocks_of(section, Drawings)
    assert [one.title for one in drawn.drawings] == ["weights, MiB", "peak memory, GiB", "minutes of training"]


def test_where_nothing_was_measured_the_page_says_how_to_measure(made_run: Any) -> None:
    section = results(Scores([]), [made_run("one")])
    assert section.lead == "Nothing has been measured."
    assert section.blocks[0].command.startswith("lacoskit report runs/one --tasks ")


def test_what_a_task_has_twice_is_shown_once(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one")]
    evaluation, config = made_evaluation({"base:nano-bloom": {"a": [0.1] * 9}, "runs/one": {"a": [0.9] * 9}})
    for one in evaluation.measured:
        object.__setattr__(one.result, "shown", lambda unit: {"text": f"text {unit // 4}"})
    section = examples(measured_scores(evaluation, runs, config), runs)
    assert section is not None
    (found,) = blocks_of(section, Examples)
    assert [one.lines[0].text for one in found.improved] == ["text 0", "text 1", "text 2"]
    assert found.worsened == []
