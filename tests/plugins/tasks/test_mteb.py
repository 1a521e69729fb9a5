from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from typing import Any

import mteb
import numpy as np
import pytest
import torch
from datasets import Dataset, DatasetDict
from hashed_vectors import embed
from lacoskit_builtins import mteb_names
from lacoskit_builtins.tasks.mteb import MtebOptions, check, expand, load, measure, named
from mteb.abstasks.aggregate_task_metadata import AggregateTaskMetadata
from mteb.abstasks.aggregated_task import AbsTaskAggregate
from mteb.abstasks.sts import AbsTaskSTS
from mteb.mocks.mock_tasks import MockImageClassificationTask, MockRetrievalTask
from scipy.stats import spearmanr

import lacoskit
from lacoskit import DataError, LacoskitError

LANGUAGES = {"es-en": ["spa-Latn", "eng-Latn"], "pt-pt": ["por-Latn"]}


def rows(subset: str) -> dict[str, list[Any]]:
    scores = np.random.default_rng(len(subset[0])).integers(0, 6, 40)
    firsts = [f"thing{n % 5} first {subset} {n}" for n in range(40)]
    seconds = [f"thing{n % 5 if scores[n] > 2 else (n + 1) % 5} second {n}" for n in range(40)]
    return {"sentence1": firsts, "sentence2": seconds, "score": scores.tolist()}


class ScoredPairs(AbsTaskSTS):
    metadata = mteb.TaskMetadata(
        name="ScoredPairs",
        type="STS",
        main_score="cosine_spearman",
        description="two subsets",
        dataset={"path": "nowhere", "revision": "1"},
        eval_splits=["test"],
        eval_langs=LANGUAGES,
        category="t2t",
        modalities=["text"],
    )

    def load_data(self, num_proc: int | None = None, **options: Any) -> None:
        self.dataset = {one: DatasetDict({"test": Dataset.from_dict(rows(one))}) for one in self.hf_subsets}
        self.data_loaded = True


class MorePairs(ScoredPairs):
    metadata = ScoredPairs.metadata.model_copy(update={"name": "MorePairs", "eval_langs": ["spa-Latn"]})

    def load_data(self, num_proc: int | None = None, **options: Any) -> None:
        self.dataset = DatasetDict({"test": Dataset.from_dict(rows("es-es"))})
        self.data_loaded = True


class GonePairs(ScoredPairs):
    metadata = ScoredPairs.metadata.model_copy(update={"name": "GonePairs"})

    def load_data(self, num_proc: int | None = None, **options: Any) -> None:
        raise ConnectionError("no\nnetwork")


class Both(AbsTaskAggregate):
    metadata = AggregateTaskMetadata(
        name="Both",
        type="STS",
        main_score="cosine_spearman",
        description="one task of two",
        tasks=[ScoredPairs(), MorePairs()],
        eval_splits=["test"],
    )


@pytest.fixture(autouse=True, scope="module")
def _in_mteb() -> Iterator[None]:
    """A few tasks without a download among those that mteb knows by name, and a benchmark of two of them."""
    registry = sys.modules["mteb.get_tasks"]._TASKS_REGISTRY
    benchmarks = sys.modules["mteb.benchmarks.get_benchmark"]._build_registry()
    forgotten = (mteb_names._tasks, mteb_names.benchmarks_by_name)
    added = {
        one.metadata.name: one for one in (ScoredPairs, GonePairs, Both, MockRetrievalTask, MockImageClassificationTask)
    }
    registry.update(added)
    tasks = [ScoredPairs().filter_languages(["spa"]), MockRetrievalTask()]
    benchmarks["Small(two)"] = mteb.Benchmark(name="Small(two)", tasks=tasks)
    for names in forgotten:
        names.cache_clear()
    yield
    for names in forgotten:
        names.cache_clear()
    del benchmarks["Small(two)"]
    for name in added:
        del registry[name]


def spearman(subset: str) -> float:
    columns = rows(subset)
    one, other = (embed(columns[name], None) for name in ("sentence1", "sentence2"))
    return float(spearmanr(np.einsum("ij,ij->i", one, other), columns["score"]).statistic)


def test_figures_are_means_over_subsets_and_the_record_has_each() -> None:
    result = measure(load(MtebOptions(tasks=("ScoredPairs",))), embed)
    expected = {subset: spearman(subset) for subset in LANGUAGES}
    assert result.main == "cosine_spearman"
    assert next(iter(result.figures)) == result.main
    assert result.figures[result.main] == pytest.approx(np.mean(list(expected.values())), abs=1e-6)
    assert 0.1 < result.figures[result.main] < 0.9
    assert set(result.languages) == {"es", "en", "pt"}
    assert (result.units, result.resampled) == (None, None)
    (record,) = result.records
    assert record["task_name"] == "ScoredPairs"
    found = {part["hf_subset"]: part["main_score"] for part in record["scores"]["test"]}
    assert found == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "narrowed", [{"languages": ("pt",)}, {"languages": ("por",)}, {"languages": ("por-Latn",)}, {"subsets": ("pt-pt",)}]
)
def test_languages_and_subsets_can_be_chosen(narrowed: dict[str, Any]) -> None:
    options = MtebOptions(tasks=("ScoredPairs",), **narrowed)
    assert check(options) == []
    assert [task.hf_subsets for task in load(options)] == [["pt-pt"]]


def test_a_benchmark_is_a_row_for_each_of_its_tasks_as_it_has_them() -> None:
    found = expand(MtebOptions(benchmark="Small(two)"))
    assert list(found) == ["ScoredPairs", "MockRetrievalTask"]
    (task,) = load(found["ScoredPairs"])
    assert task.hf_subsets == ["es-en"]
    result = measure([task], embed)
    assert result.figures["cosine_spearman"] == pytest.approx(spearman("es-en"), abs=1e-6)


def test_several_tasks_at_once_have_a_mean() -> None:
    tasks = load(MtebOptions(benchmark="Small(two)"))
    result = measure(tasks, embed)
    figures = dict(result.figures)
    assert result.main == "mean"
    assert figures.pop("mean") == pytest.approx(np.mean(list(figures.values())))
    assert list(figures) == ["ScoredPairs", "MockRetrievalTask"] == [one["task_name"] for one in result.records]


def test_a_task_that_is_made_of_others_is_one_row() -> None:
    options = MtebOptions(tasks=("Both",))
    assert check(options) == []
    assert list(expand(options)) == ["Both"]
    one, other = (measure(load(options), embed) for _ in range(2))
    subsets = [spearman("es-en"), spearman("pt-pt")]
    (record,) = one.records
    assert one.figures["cosine_spearman"] == pytest.approx(record["scores"]["test"][0]["main_score"])
    assert min(*subsets, spearman("es-es")) < one.figures["cosine_spearman"] < max(*subsets, spearman("es-es"))
    assert dict(one.figures) == dict(other.figures)
    assert not any(part.data_loaded for part in Both.metadata.tasks)
    assert mteb.TaskResult.from_dict(record).task_name == "Both"


def test_texts_of_retrieval_have_the_prompts_of_their_roles_and_others_none() -> None:
    asked: dict[str, set[str | None]] = {}

    def noting(texts: Any, role: Any) -> Any:
        for text in texts:
            asked.setdefault(text.partition(" ")[0], set()).add(role)
        return embed(texts, role)

    measure(load(MtebOptions(benchmark="Small(two)")), noting)
    assert asked.pop("Title") == {"document"}
    assert asked.pop("This") == {"query"}
    assert set().union(*asked.values()) == {None}


def test_nothing_is_taken_from_or_put_into_the_cache_of_mteb(monkeypatch: pytest.MonkeyPatch) -> None:
    def used(*arguments: Any, **options: Any) -> None:
        pytest.fail("the cache of results was used")

    for name in ("load_task_result", "save_to_cache"):
        monkeypatch.setattr(mteb.ResultCache, name, used)
    result = measure(load(MtebOptions(tasks=("ScoredPairs",))), embed)
    assert np.isfinite(result.figures[result.main])


def test_a_second_model_is_measured_as_the_first_was_and_nobody_elses_numbers_change() -> None:
    (task,) = tasks = load(MtebOptions(tasks=("ScoredPairs",)))
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    one, other = measure(tasks, embed), measure(tasks, embed)
    assert dict(one.figures) == dict(other.figures)
    assert (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before
    assert not task.data_loaded


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "name tasks of mteb, as tasks: [STS22.v2], or a benchmark: benchmark: MTEB(Multilingual, v2)"),
        ({"tasks": ("STS17s",)}, "mteb has no task 'STS17s'; did you mean 'STS17'?"),
        ({"tasks": ("qqqqq",)}, "mteb has no task 'qqqqq'; look for it on "),
        ({"benchmark": "MTEB(eng, v7)"}, "mteb has no benchmark 'MTEB(eng, v7)'; did you mean 'MTEB(eng, v"),
        (
            {"benchmark": "Small(two)", "tasks": ("ScoredPair",)},
            "Small(two) has no task 'ScoredPair'; did you mean 'ScoredPairs'?",
        ),
        (
            {"tasks": ("ScoredPairs",), "languages": ("fr",)},
            "ScoredPairs has no subset for fr; it has es-en, pt-pt",
        ),
        ({"tasks": ("ScoredPairs",), "subsets": ("zz",)}, "ScoredPairs has no subset for zz; it has es-en, pt-pt"),
        ({"tasks": ("ScoredPairs",), "splits": ("dev",)}, "ScoredPairs has no split dev; it has test"),
        ({"tasks": ("ScoredPairs",), "languages": ("xyzzy",)}, "Invalid language code: xyzzy"),
        ({"benchmark": "Small(two)", "languages": ("fr",)}, "no task of Small(two) has such a language"),
        (
            {"tasks": ("MockImageClassification",)},
            "lacoskit's models encode texts only, and these are about more: Mock",
        ),
        ({"sets": {"mine": {"name": "sts", "files": ["nowhere.jsonl"]}}}, "sets.mine: nowhere.jsonl"),
    ],
)
def test_mistakes_are_told_without_a_download(options: dict[str, Any], told: str) -> None:
    (problem,) = check(MtebOptions(**options))
    assert problem.startswith(told)


def test_all_wrong_names_are_told_at_once() -> None:
    assert len(check(MtebOptions(tasks=("STS17s", "STS22s", "STS12")))) == 2


def test_a_benchmark_leaves_out_what_has_nothing_of_a_language() -> None:
    assert list(expand(MtebOptions(benchmark="Small(two)", languages=("es",)))) == ["ScoredPairs"]


def test_data_that_cannot_be_had_is_told_before_anything_is_measured() -> None:
    with pytest.raises(DataError, match="the data of mteb's GonePairs cannot be had: no network"):
        load(MtebOptions(tasks=("GonePairs",)))


def test_a_task_that_fails_is_named() -> None:
    tasks = load(MtebOptions(tasks=("ScoredPairs",)))
    with pytest.raises(LacoskitError, match="mteb's task ScoredPairs has failed"):
        measure(tasks, lambda texts, role: embed(texts, role)[:-1])


def test_words_are_names_of_tasks_or_benchmarks() -> None:
    assert named("STS17") == {"tasks": ["STS17"]}
    assert named("MTEB(eng, v2)") == {"benchmark": "MTEB(eng, v2)"}
    assert named("nothing of the kind") == {"tasks": ["nothing of the kind"]}


def test_a_set_of_ones_own_cannot_pass_for_a_task_of_mteb(scored_file: Any) -> None:
    own = {"name": "sts", "files": [str(scored_file)]}
    told = "mteb has a task named STS17, for which this would be taken; call it by another name"
    assert check(MtebOptions(sets={"STS17": own})) == [f"sets.STS17: {told}"]
    with pytest.raises(LacoskitError, match=told):
        lacoskit.mteb_tasks({"STS17": own})


def test_local_sets_are_measured_by_mteb(scored_file: Any) -> None:
    sets = {"mine": {"name": "sts", "files": [str(scored_file)], "language": "en"}}
    options = MtebOptions(sets=sets, tasks=("ScoredPairs",))
    assert check(options) == []
    parts = expand(options)
    assert list(parts) == ["ScoredPairs", "mine"]
    result = measure(load(parts["mine"]), embed)
    (section,) = parts["mine"].sets.values()
    ours = section.component.measure(section.component.load(section.options), embed)
    assert result.figures["cosine_spearman"] == pytest.approx(ours.figures["spearman"], abs=1e-6)
    assert result.records[0]["task_name"] == "mine"
