from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pages import scored

from lacoskit.config import RunConfig
from lacoskit.page.gathering import recorded, tasks_of_run, tasks_of_runs
from lacoskit.page.scores import measured_scores, recorded_scores
from lacoskit.page.summary import summary, verdict

LOW, HIGH = [0.0, 0.1, 0.2, 0.1] * 10, [0.8, 0.9, 1.0, 0.9] * 10
MIDDLE = [0.5, 0.4, 0.6, 0.5] * 10


def test_a_gain_is_tested_against_the_runs_own_untrained_model(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one"), made_run("two", model="other/model")]
    measured = {"base:nano-bloom": LOW, "base:other/model": HIGH, "runs/one": MIDDLE, "runs/two": MIDDLE}
    evaluation, config = made_evaluation({model: {"own": values} for model, values in measured.items()})
    (task,) = measured_scores(evaluation, runs, config).tasks
    assert task.gains["one"].value == pytest.approx(0.4)
    assert task.gains["two"].value == pytest.approx(-0.4)
    assert (task.gains["one"].verdict, task.gains["two"].verdict) == ("better", "worse")
    assert (task.before["one"].value, task.before["two"].value) == (pytest.approx(0.1), pytest.approx(0.9))


def test_means_and_verdicts_are_those_of_all_tasks(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one")]
    measured = {
        "base:nano-bloom": {"a": LOW, "b": HIGH, "c": MIDDLE},
        "runs/one": {"a": HIGH, "b": MIDDLE, "c": MIDDLE},
    }
    scores = measured_scores(*_swap(made_evaluation(measured), runs))
    assert scores.mean("one", "before") == pytest.approx(0.5)
    assert scores.mean("one") == pytest.approx((0.9 + 0.5 + 0.5) / 3)
    assert scores.verdicts("one") == (1, 1)
    assert verdict(scores, "one") == "mixed"
    told = summary(scores, runs)
    assert told.headline == "Better in 1 task, worse in 1"
    (card,) = told.cards
    of_units = np.mean([np.subtract(HIGH, LOW), np.subtract(MIDDLE, HIGH), np.zeros(40)], axis=0)
    assert card.mean == "63.3"
    gain, reach = re.fullmatch(r"\+([\d.]+) ±([\d.]+) from 50\.0", card.gain).groups()
    assert float(gain) == pytest.approx(13.3)
    assert float(reach) == pytest.approx(100 * 1.96 * of_units.std() / np.sqrt(40), abs=0.11)
    assert card.sentences[0] == "Surely better in 1 of 3 tasks, surely worse in 1."
    assert card.sentences[1] == "Most in a (+80.0), least in b (−40.0)."
    assert card.sentences[2].startswith("Training took 1:38 on CPU, 1 thread, 1.08 GiB of memory at the peak, 80 of 1k")


def test_a_mean_is_tested_as_its_tasks_are_and_not_where_one_has_no_test(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one")]
    measured = {"base:nano-bloom": {"a": LOW, "b": HIGH}, "runs/one": {"a": HIGH, "b": HIGH}}
    evaluation, config = made_evaluation(measured)
    means = measured_scores(evaluation, runs, config).means
    gain = means.gains["one"]
    assert gain.test is not None
    assert (gain.value, gain.verdict) == (pytest.approx(0.4), "better")
    assert means.after["one"].interval is not None
    silent = [
        replace(one, interval=None, against_first=None, result=replace(one.result, resampled=None))
        for one in evaluation.measured
    ]
    unsure = measured_scores(replace(evaluation, measured=silent), runs, config).means.gains["one"]
    assert (unsure.value, unsure.interval, unsure.verdict) == (pytest.approx(0.4), None, "")


def _swap(made: Any, runs: Any) -> Any:
    return made[0], runs, made[1]


@pytest.mark.parametrize(
    ("after", "headline"),
    [
        (HIGH, "Better than before training"),
        (LOW, "No sure difference from before training"),
        ([value - 0.05 for value in LOW], "Worse than before training"),
    ],
)
def test_the_headline_says_what_the_tests_say(after: Any, headline: str, made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one")]
    scores = measured_scores(*_swap(made_evaluation({"base:nano-bloom": {"a": LOW}, "runs/one": {"a": after}}), runs))
    assert summary(scores, runs).headline == headline


def test_of_several_runs_the_best_is_named_and_tested_against_the_next(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one"), made_run("two"), made_run("three")]
    measured = {"base:nano-bloom": LOW, "runs/one": MIDDLE, "runs/two": HIGH, "runs/three": LOW}
    made = made_evaluation({model: {"a": values, "b": values} for model, values in measured.items()})
    told = summary(measured_scores(*_swap(made, runs)), runs)
    assert told.headline == "two is best: 90.0 in the mean of 2 tasks"
    assert told.sentences == [
        "+40.0 in the mean over the next, one.",
        "Against one, two is surely better in 2 and surely worse in 0 of 2 tasks.",
    ]


def test_a_run_that_is_best_by_chance_is_only_called_highest(made_run: Any, made_evaluation: Any) -> None:
    runs = [made_run("one"), made_run("two")]
    nearly = [value + (0.08 if place == 3 else 0.0) for place, value in enumerate(MIDDLE)]
    made = made_evaluation({"base:nano-bloom": {"a": LOW}, "runs/one": {"a": MIDDLE}, "runs/two": {"a": nearly}})
    told = summary(measured_scores(*_swap(made, runs)), runs)
    assert told.headline == "two is highest: 50.2 in the mean of 1 task"
    assert told.sentences[-1] == "Between two and one no task shows a sure difference."


def test_a_run_is_called_best_where_its_mean_is_surely_higher_whatever_single_tasks_say(
    made_run: Any, made_evaluation: Any
) -> None:
    runs = [made_run("one"), made_run("two")]
    units = {"runs/one": (LOW, HIGH), "runs/two": ([0.0] * 39 + [40.0], LOW), "base:nano-bloom": (LOW, LOW)}
    chance = {model: dict(zip("ab", values, strict=True)) for model, values in units.items()}  # by an outlier in a
    told = summary(measured_scores(*_swap(made_evaluation(chance), runs)), runs)
    assert told.headline == "two is highest: 55.0 in the mean of 2 tasks"
    assert told.sentences[-1] == "Against one, two is surely better in 0 and surely worse in 1 of 2 tasks."
    both = {model: {"a": first, "b": second} for model, (first, second) in units.items()}
    both["runs/one"], both["runs/two"] = {"a": LOW, "b": MIDDLE}, {"a": HIGH, "b": LOW}
    assert summary(measured_scores(*_swap(made_evaluation(both), runs)), runs).headline.startswith("two is best")


@pytest.mark.parametrize(
    ("before", "after", "headline"),
    [
        ({"a": 0.4}, {"a": 0.5}, "Higher than before training, by what the run itself measured"),
        ({"a": 0.4}, {"a": 0.3}, "Lower than before training, by what the run itself measured"),
        ({"a": 0.4}, {"a": 0.40001}, "As good as before training, by what the run itself measured"),
        (
            {"a": float("nan"), "b": 0.4, "c": 0.4},
            {"a": 0.1, "b": 0.5, "c": 0.5},
            "Higher than before training in 2 of 3 tasks, by what the run itself measured",
        ),
        ({}, {"a": 0.4}, "Measured after training only"),
        ({}, {}, "Trained, and not yet measured"),
    ],
)
def test_the_headline_of_recorded_figures_says_what_the_table_shows(
    before: Any, after: Any, headline: str, made_run: Any
) -> None:
    evaluation = {
        when: {task: scored(value) for task, value in known.items()}
        for when, known in (("before", before), ("after", after))
    }
    runs = [made_run("one", evaluation=evaluation)]
    assert summary(recorded_scores(runs), runs).headline == headline


def test_what_the_runs_recorded_has_no_test_and_no_interval(made_run: Any) -> None:
    evaluation = {
        "before": {"own": scored(0.4), "odd": scored(float("nan"))},
        "after": {"own": scored(0.625), "odd": scored(0.1), "none": scored(float("nan"))},
    }
    runs = [made_run("one", evaluation=evaluation), made_run("two", evaluation={})]
    assert [(one.task, one.before) for one in recorded(runs[0])] == [("own", 0.4), ("odd", None)]
    scores = recorded_scores(runs)
    assert scores.config is None
    own, odd = scores.tasks
    assert own.gains["one"].value == pytest.approx(0.225)
    assert (own.gains["one"].test, own.after["one"].interval, own.units) == (None, None, 7)
    assert (own.figure, own.languages) == ("spearman", ["en"])
    assert odd.gains == {}
    assert "two" not in own.after
    assert scores.mean("two") is None
    assert scores.mean("one", "before") is None
    assert verdict(scores, "one") == ""


def test_tasks_of_a_run_are_those_it_names_or_those_of_its_dataset() -> None:
    named = {"a": {"name": "sts", "files": ["a.jsonl"], "language": "en"}}
    found = tasks_of_run(RunConfig.model_validate({"evaluation": {"tasks": named}}))
    assert {key: found["a"][key] for key in named["a"]} == {"name": "sts", "files": ["a.jsonl"], "language": "en"}
    held_out = tasks_of_run(RunConfig.model_validate({"dataset": {"name": "templates", "languages": ["en", "hi"]}}))
    assert {name: task["name"] for name, task in held_out.items()} == {"en": "templates", "hi": "templates"}
    assert tasks_of_run(RunConfig.model_validate({"dataset": {"name": "pairs", "files": ["a.jsonl"]}})) == {}


def test_tasks_of_one_name_and_another_content_are_both_kept() -> None:
    configs = [
        RunConfig.model_validate({"evaluation": {"tasks": {"dev": {"name": "sts", "files": [file]}}}})
        for file in ("a", "b", "a")
    ]
    found = tasks_of_runs(configs)
    assert {name: task["files"] for name, task in found.items()} == {"dev": ["a"], "dev-2": ["b"]}


def test_gains_in_languages_of_the_base_and_in_others_are_told_apart(made_run: Any, made_evaluation: Any) -> None:
    units = {
        "base:nano-bloom": {"a": [0.0, 0.0], "b": [0.0, 0.0], "c": [0.0, 0.0], "d": [0.0, 0.0]},
        "runs/one": {"a": [1.0, 0.0], "b": [0.0, 0.1], "c": [0.1, 0.1], "d": [1.0, 1.0]},
    }
    evaluation, config = made_evaluation(units, {"a": "en", "b": "eng-Latn", "c": "de"})  # d tells no language
    run = made_run("one")
    (card,) = summary(measured_scores(evaluation, [run], config), [run]).cards
    expected = "In languages that the base was trained on +27.5 (2 tasks), in others +10.0 (1 task)."
    assert expected in card.sentences
