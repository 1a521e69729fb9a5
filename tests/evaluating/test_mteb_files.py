from __future__ import annotations

import json
import sys
from pathlib import Path

import mteb
import pytest

from lacoskit.components import TaskResult
from lacoskit.evaluating.intervals import Interval
from lacoskit.evaluating.measuring import Evaluation, Measured, ModelAbout
from lacoskit.evaluating.mteb_files import write_mteb_files

RECORD = {
    "dataset_revision": "abc",
    "task_name": "STS17",
    "mteb_version": "2.26.24",
    "scores": {"test": [{"main_score": 0.5, "hf_subset": "en-en", "languages": ["eng-Latn"], "cosine_spearman": 0.5}]},
    "evaluation_time": 1.0,
    "kg_co2_emissions": None,
}


def measured(model: str, task: str, value: float, *records: object) -> Measured:
    result = TaskResult(
        figures={"spearman": value, "pearson": 0.25},
        main="spearman",
        units=None if records else 40,
        languages=("es", "en"),
        records=records,  # type: ignore[arg-type]
    )
    return Measured(model, task, result, Interval(0.0, 1.0), None, 2.5)


@pytest.fixture
def two(tmp_path: Path) -> Evaluation:
    """Two models whose folders have the same name, measured by a task that is called as one of mteb's."""
    models = []
    for folder in ("one", "other"):
        (tmp_path / folder / "run").mkdir(parents=True)
        models.append(str(tmp_path / folder / "run"))
    abouts = [ModelAbout(model, mark * 64, 32, 10, 0) for model, mark in zip(models, "af", strict=True)]
    results = [measured(model, "my set", value) for model, value in zip(models, (0.1, 0.2), strict=True)]
    return Evaluation(abouts, results)


def test_mteb_loads_them_and_never_takes_one_model_for_another(two: Evaluation, tmp_path: Path) -> None:
    write_mteb_files(two, tmp_path / "mteb")
    cache = mteb.ResultCache(tmp_path / "mteb")
    for about, value in zip(two.models, (0.1, 0.2), strict=True):
        result = cache.load_task_result("my set", "lacoskit/run", about.fingerprint)
        assert result is not None
        assert result.get_score() == value
        assert result.get_score(languages=["spa"]) == value
        assert result.scores["test"][0]["pearson"] == 0.25
        assert result.evaluation_time == 2.5
    assert cache.load_task_result("my set", "lacoskit/run", "b" * 64) is None


def test_mteb_lists_the_models_and_knows_what_they_are(two: Evaluation, tmp_path: Path) -> None:
    write_mteb_files(two, tmp_path / "mteb")
    cache = mteb.ResultCache(tmp_path / "mteb")
    assert sorted(cache.get_models()) == [("lacoskit__run", "a" * 64), ("lacoskit__run", "f" * 64)]
    (path,) = tmp_path.glob(f"mteb/results/*/{'a' * 64}/model_meta.json")
    meta = mteb.models.ModelMeta.model_validate_json_resolved(path.read_text())
    assert (meta.embed_dim, meta.similarity_fn_name.value, meta.modalities) == (32, "cosine", ["text"])


def test_what_mteb_has_measured_is_written_as_it_is_and_put_together_again(two: Evaluation, tmp_path: Path) -> None:
    model = two.models[0]
    part = {"main_score": 0.3, "hf_subset": "es-en", "languages": ["spa-Latn", "eng-Latn"]}
    other = {**RECORD, "scores": {"test": [part]}}
    rows = [measured(model.reference, "a", 0.5, RECORD), measured(model.reference, "b", 0.3, other)]
    rows.append(measured(model.reference, "STS17", 0.9))
    write_mteb_files(Evaluation([model], rows), tmp_path / "mteb")
    (folder,) = (tmp_path / "mteb" / "results" / "lacoskit__run").iterdir()
    assert sorted(path.name for path in folder.iterdir()) == ["STS17-own.json", "STS17.json", "model_meta.json"]
    result = mteb.TaskResult.from_disk(folder / "STS17.json")
    assert result.dataset_revision == "abc"
    assert result.get_score() == pytest.approx(0.4)
    assert result.get_score(languages=["spa"]) == 0.3
    assert result.task.metadata.name == "STS17"
    assert mteb.TaskResult.from_disk(folder / "STS17-own.json").get_score() == 0.9


def test_the_whole_folder_is_read_as_a_results_repository(two: Evaluation, tmp_path: Path) -> None:
    model = two.models[0]
    write_mteb_files(Evaluation([model], [measured(model.reference, "a", 0.5, RECORD)]), tmp_path / "mteb")
    results = mteb.ResultCache(tmp_path / "mteb").load_results(tasks=["STS17"], include_remote=False)
    (found,) = results.model_results
    assert (found.model_name, found.model_revision) == ("lacoskit/run", "a" * 64)
    assert [result.get_score() for result in found.task_results] == [0.5]


def test_mteb_is_not_needed_to_write(two: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "mteb"]:
        monkeypatch.setitem(sys.modules, name, None)
    write_mteb_files(two, tmp_path / "mteb")
    assert len(list(tmp_path.glob("mteb/results/*/*/my set.json"))) == 2


@pytest.mark.parametrize("name", ["a/b", "a:b", "../a"])
def test_a_name_that_is_no_file_name_is_made_one(name: str, two: Evaluation, tmp_path: Path) -> None:
    model = two.models[0]
    write_mteb_files(Evaluation([model], [measured(model.reference, name, 0.5)]), tmp_path / "mteb")
    (path,) = (path for path in tmp_path.glob("mteb/results/*/*/*.json") if path.name != "model_meta.json")
    assert json.loads(path.read_text())["task_name"] == path.stem
