"""The page of runs from the command line, parsed, and looked at by a browser."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pages import Page

import lacoskit
from lacoskit.__main__ import main
from lacoskit.analysing.config import AnalyseConfig

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
SECTIONS = ["summary", "runs", "results", "plane", "cost", "curves", "examples", "vectors"]


@pytest.fixture(scope="module")
def runs(tiny_bloom: Path, pairs_file: Path, scored_file: Path, tmp_path_factory: Any) -> list[Path]:
    """The output folders of a few steps at two ranks."""
    found = []
    for rank in (2, 8):
        output = tmp_path_factory.mktemp("runs") / f"rank{rank}"
        settings = {
            "model": str(tiny_bloom),
            "output": str(output),
            "quantizer": None,
            "adapter": {"name": "lora", "rank": rank},
            "optimizer": {"name": "adamw"},
            "dataset": {"name": "pairs", "files": [str(pairs_file)]},
            "train": {"batch_size": 16, "max_steps": 3, "learning_rate": 1e-2, "dtype": "float32", "log_every": 1},
            "evaluation": {"tasks": {"scored": {"name": "sts", "files": [str(scored_file)]}}},
        }
        lacoskit.train(settings)
        found.append(output)
    return found


@pytest.fixture(scope="module")
def written(runs: list[Path], tmp_path_factory: Any) -> Path:
    """The page of both runs by what they were evaluated by."""
    output = tmp_path_factory.mktemp("pages") / "new" / "page.html"
    words = ["report", *map(str, runs), "--output", str(output), "--set", "resamples=200", "--analyses", "isotropy"]
    assert main(words) == 0
    return output


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_the_page_is_whole_and_loads_nothing(written: Path) -> None:
    page = read(written)
    assert [own for own in page.ids if own in SECTIONS] == SECTIONS
    assert page.fetched == []
    assert len(page.ids) == len(set(page.ids))
    assert "http" not in written.read_text(encoding="utf-8")
    assert list(written.parent.iterdir()) == [written]


def test_figures_on_the_page_are_those_of_evaluate(
    written: Path, runs: list[Path], tiny_bloom: Path, scored_file: Path, tmp_path: Path
) -> None:
    models = [f"base:{tiny_bloom}", *map(str, runs)]
    words = ["evaluate", *models, "--tasks", f"sts:{scored_file}", "--output", str(tmp_path)]
    assert main([*words, "--set", "resamples=200"]) == 0
    entries = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["results"]
    text = read(written).texts["results"]
    expected = []
    for entry in entries:
        value, interval = entry["scores"]["test"][0]["main_score"], entry["interval"]
        expected.append(f"{100 * value:.1f} ±{50 * (interval['high'] - interval['low']):.1f}")
        if entry["against_first"]:
            gain = entry["against_first"]
            spread = f"±{50 * (gain['interval']['high'] - gain['interval']['low']):.1f}"
            arrow = "" if gain["p_value"] >= 0.05 else "▲ " if gain["value"] > 0 else "▼ "
            expected.append(f"{arrow}{100 * gain['value']:+.1f} {spread}".replace("-", "−"))
    assert len(expected) == 5
    assert f"scored spearman 40 {' '.join(expected)}" in text


def test_costs_and_differences_on_the_page_are_those_of_the_runs(written: Path, runs: list[Path]) -> None:
    page = read(written)
    assert "adapter.rank 2 8" in page.texts["runs"]
    for run in runs:
        about = json.loads((run / "run.json").read_text(encoding="utf-8"))
        assert f"{about['memory_gib']:.2f} GiB" in page.texts["cost"]
        metrics = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
        rates = [line["texts_per_second"] for line in metrics if "loss" in line]
        assert f"{round(float(np.median(rates[1:])), 1):,.0f}" in page.texts["cost"]


def test_without_measuring_the_page_has_what_the_run_recorded(runs: list[Path]) -> None:
    assert main(["report", str(runs[0]), "--recorded"]) == 0
    page = read(runs[0] / "report.html")
    evaluation = json.loads((runs[0] / "run.json").read_text(encoding="utf-8"))["evaluation"]
    before, after = (100 * evaluation[when]["scored"]["figures"]["spearman"] for when in ("before", "after"))
    gain = f"{after - before:+.1f}".replace("-", "−")
    assert f"scored spearman 40 {before:.1f} {after:.1f} {gain}" in page.texts["results"]
    assert "±" not in page.texts["results"]
    assert f"lacoskit report {runs[0]} --tasks" in page.texts["results"]
    assert "examples" not in page.ids


def test_tasks_are_given_as_to_evaluate(runs: list[Path], scored_file: Path, tmp_path: Path) -> None:
    file = tmp_path / "tasks.yaml"
    file.write_text(
        yaml.safe_dump({"tasks": {"other": {"name": "sts", "files": [str(scored_file)], "language": "en"}}})
    )
    output = tmp_path / "page.html"
    words = ["report", str(runs[0]), "--output", str(output), "--set", "resamples=100", "--analyses", "isotropy"]
    assert main([*words, "--tasks", str(file)]) == 0
    assert "other en spearman 40" in read(output).texts["results"]
    assert main([*words, "--tasks", f"sts:{scored_file}"]) == 0
    assert "other" not in read(output).texts["results"]


def test_all_mistakes_are_told_at_once_and_nothing_is_written(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lacoskit.report.NEEDED", ("jinja2", "no_such_library"))
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "lacoskit.yaml").write_text("model: nano-bloom\n")
    (tmp_path / "empty").mkdir()
    words = [str(runs[0]), f"{runs[0]}/", *(str(tmp_path / name) for name in ("unfinished", "empty", "nowhere"))]
    assert main(["report", *words, "--tasks", "sts:nowhere*.jsonl", "stz", "--output", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    for expected in (
        f"{runs[0]}: is named more than once",
        f"{runs[0]}/: is named more than once",
        "holds a run that has not finished",
        "is not an output folder of lacoskit",
        "there is no such folder",
        "sts:nowhere*.jsonl: nothing matches",
        "stz: expected a YAML file, or KIND:PATH",
        "needs no_such_library: pip install 'lacoskit[plots]'",
        f"{tmp_path} is a folder; name a file in it",
    ):
        assert expected in told, expected
    assert "9 problems" in told
    assert not list(tmp_path.glob("**/*.html"))


def test_tasks_of_a_run_that_are_gone_are_told_with_what_to_do(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(runs[0], moved)
    config = yaml.safe_load((moved / "lacoskit.yaml").read_text(encoding="utf-8"))
    config["evaluation"]["tasks"] = {"gone": {"name": "sts", "files": ["gone.jsonl"]}}
    (moved / "lacoskit.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert main(["report", str(moved)]) == 2
    told = capsys.readouterr().err
    assert "gone.jsonl" in told
    assert "name others, or give --recorded" in told
    config["adapter"]["rnak"] = 3
    (moved / "lacoskit.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert main(["report", str(moved)]) == 2
    assert "cannot be measured by what is installed here: adapter.rnak: no such option" in capsys.readouterr().err
    assert main(["report", str(moved), "--recorded"]) == 0


def test_a_run_is_called_as_its_folder_wherever_one_stands(runs: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs[1])
    assert main(["report", ".", "--recorded"]) == 0
    assert "rank8" in read(runs[1] / "report.html").texts["summary"]


def test_tasks_and_recorded_figures_exclude_each_other(runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(runs[0]), "--recorded", "--tasks", "sts:a.jsonl"]) == 2
    assert "--recorded: measures nothing, and so takes no tasks" in capsys.readouterr().err


def test_options_of_measuring_are_a_mistake_where_nothing_is_measured(
    runs: list[Path], without_tasks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(runs[0]), "--recorded", "--set", "resamples=200"]) == 2
    assert "--recorded: measures nothing, and so takes no tasks, nor options" in capsys.readouterr().err
    assert main(["report", str(without_tasks), "--set", "resamples=200"]) == 2
    told = capsys.readouterr().err
    assert "report: 1 problem\n" in told
    assert "--set: says how tasks measure, and the runs have none" in told


@pytest.fixture
def without_tasks(runs: list[Path], tmp_path: Path) -> Path:
    """A run that names no task, and whose dataset holds nothing out."""
    folder = tmp_path / "without"
    shutil.copytree(runs[0], folder)
    config = yaml.safe_load((folder / "lacoskit.yaml").read_text(encoding="utf-8"))
    config["evaluation"]["tasks"] = {}
    (folder / "lacoskit.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return folder


def test_where_there_is_nothing_to_measure_no_model_is_loaded_unless_an_analysis_is_named(
    without_tasks: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[AnalyseConfig] = []
    monkeypatch.setattr("lacoskit.analysing.examining.analyse", lambda config: asked.append(config) or [])
    assert main(["report", str(without_tasks)]) == 0
    assert asked == []
    assert main(["report", str(without_tasks), "--analyses", "isotropy"]) == 0
    assert [list(config.analyses) for config in asked] == [["isotropy"]]
    config = yaml.safe_load((without_tasks / "lacoskit.yaml").read_text(encoding="utf-8"))
    (without_tasks / "lacoskit.yaml").write_text(yaml.safe_dump(config | {"model": "./gone"}), encoding="utf-8")
    capsys.readouterr()
    assert main(["report", str(without_tasks), "--analyses", "isotropy", "map2"]) == 2
    told = capsys.readouterr().err
    assert told.count("models: base:./gone: ") == 1
    assert "no analysis named 'map2'" in told
    assert main(["report", str(without_tasks), "--analyses", "isotropy"]) == 2
    assert capsys.readouterr().err.count("models: base:./gone: ") == 1
    assert len(asked) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_whether_vectors_are_kept_holds_for_the_analyses_too(
    kept: bool, runs: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[AnalyseConfig] = []
    monkeypatch.setattr("lacoskit.analysing.examining.analyse", lambda config: asked.append(config) or [])
    words = ["report", str(runs[0]), "--output", str(tmp_path / "page.html"), "--analyses", "isotropy"]
    assert main([*words, "--set", "resamples=100", *([] if kept else ["--set", "keep_vectors=false"])]) == 0
    assert [config.keep_vectors for config in asked] == [kept]


def browse(*words: str) -> str:
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.skipif(not BROWSER, reason="no Chromium is installed, as by apt-get install chromium")
@pytest.mark.parametrize("width", [1280, 500])
def test_a_browser_shows_every_section(written: Path, tmp_path: Path, width: int) -> None:
    from PIL import Image

    places = _places(written, tmp_path, width)
    assert [place["id"] for place in places] == SECTIONS
    shot = tmp_path / "page.png"
    height = int(places[-1]["bottom"]) + 100
    browse(f"--window-size={width},{height}", f"--screenshot={shot}", f"file://{written}")
    pixels = np.asarray(Image.open(shot).convert("L")).astype(int)
    assert pixels.shape[1] == width
    for place in places:
        assert place["right"] <= width, f"{place['id']} is wider than the screen"
        assert place["plots"] == place["seen"], f"{place['id']} has plots that are not seen"
        own = pixels[int(place["top"]) : int(place["bottom"])]
        assert (own < 110).mean() > 0.002, f"{place['id']} is blank"


def _places(written: Path, tmp_path: Path, width: int) -> Sequence[dict[str, Any]]:
    """Where the browser puts each section, told by a script that is added to a copy of the page."""
    script = """<script>
    const told = [...document.querySelectorAll("header, section")].map(one => {
      const box = one.getBoundingClientRect();
      const plots = [...one.querySelectorAll("svg")].filter(plot => !plot.closest("details:not([open])"));
      const seen = plots.filter(plot => plot.getBoundingClientRect().height > 50);
      return {id: one.id, top: box.top, bottom: box.bottom, right: one.scrollWidth + box.left,
              plots: plots.length, seen: seen.length};
    });
    document.title = "told" + JSON.stringify(told);
    </script>"""
    copy = tmp_path / "copy.html"
    copy.write_text(written.read_text(encoding="utf-8").replace("</body>", f"{script}</body>"), encoding="utf-8")
    dom = browse(f"--window-size={width},2000", "--dump-dom", f"file://{copy}")
    told = dom.partition("<title>told")[2].partition("</title>")[0]
    found: list[dict[str, Any]] = json.loads(told)
    return found
