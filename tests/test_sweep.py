"""A sweep: one row a run, what is done is kept, what failed or was interrupted goes on."""

from __future__ import annotations

import json
import math
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from processes import Commands, Job, commands_of_this_session
from safetensors.torch import load_file
from scipy.stats import spearmanr

import lacoskit
from lacoskit import subprocesses
from lacoskit.__main__ import main

FOUR = ("--over", "adapter.rank=2,4", "--over", "quantizer.name=bnb-8bit,null")


class Sweeps:
    """`sweeps(word, ...)`: the exit code of a sweep whose runs are forked; `started` are their names."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.commands: Commands = commands_of_this_session()
        self.folder = folder
        self.config = folder / "base.yaml"
        self.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.started: list[str] = []
        self.before: Callable[[], None] = lambda: None
        self.meanwhile: Callable[[Job, Path], None] = lambda job, output: None

    def __call__(self, *words: str) -> int:
        self.started.clear()
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(subprocesses, "run_command", self._forked)
            patched.setenv("COLUMNS", "90")
            return main(["sweep", str(self.config), *words, "--output", str(self.folder / "out")])

    def _forked(
        self, command: Sequence[str], log: Path, asked: Sequence[int], look: Callable[[], None]
    ) -> tuple[int, str]:
        words = list(command)
        assert words[:3] == [sys.executable, "-m", "lacoskit.train"]
        self.started.append(log.parent.name)
        self.before()
        job = self.commands.call(words[3:])
        self.meanwhile(job, log.parent)
        job.wait()
        look()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(job.out + job.err, encoding="utf-8")
        return job.code, subprocesses.last_message(job.out + job.err, job.code) if job.code else ""

    @property
    def results(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "out" / "sweep.json").read_text(encoding="utf-8"))["runs"]


@pytest.fixture(scope="module")
def base(tiny_bloom: Path, pairs_file: Path, scored_file: Path) -> dict[str, Any]:
    return {
        "model": str(tiny_bloom),
        "output": "never/used",
        "max_length": 32,
        "quantizer": None,
        "adapter": {"name": "lora", "rank": 4},
        "optimizer": {"name": "adamw"},
        "dataset": {"name": "pairs", "files": [str(pairs_file)], "negatives": ["negative"]},
        "train": {"batch_size": 16, "max_steps": 4, "learning_rate": 1e-2, "dtype": "float32", "log_every": 1},
        "evaluation": {"tasks": {name: {"name": "sts", "files": [str(scored_file)]} for name in ("one", "two")}},
    }


@pytest.fixture
def sweeps(base: dict[str, Any], tmp_path: Path) -> Sweeps:
    return Sweeps(tmp_path, base)


@pytest.fixture(scope="module")
def done(base: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Sweeps:
    """A sweep of four runs that has ended well."""
    sweeps = Sweeps(tmp_path_factory.mktemp("done"), base)
    assert sweeps(*FOUR) == 0
    return sweeps


def test_there_is_a_row_for_each_combination_in_their_order(done: Sweeps) -> None:
    names = [f"rank-{rank}_quantizer-{quantizer}" for rank in (2, 4) for quantizer in ("bnb-8bit", "none")]
    assert [row["name"] for row in done.results] == names
    assert [row["options"] for row in done.results[:2]] == [
        {"adapter.rank": 2, "quantizer.name": "bnb-8bit"},
        {"adapter.rank": 2, "quantizer": None},
    ]
    assert {row["status"] for row in done.results} == {"finished"}


def test_sizes_are_those_of_the_weights_themselves(done: Sweeps) -> None:
    for row in done.results:
        saved = load_file(done.folder / "out" / row["name"] / "adapter_model.safetensors")
        assert row["trained_parameters"] == sum(weight.numel() for weight in saved.values())
    by_name = {row["name"]: row for row in done.results}
    for rank in (2, 4):
        plain, eight = by_name[f"rank-{rank}_quantizer-none"], by_name[f"rank-{rank}_quantizer-bnb-8bit"]
        assert plain["weight_bytes"] == 4 * plain["parameters"]
        assert eight["parameters"] == plain["parameters"]
        # Of width 32, two layers: 12 * 32^2 Linear weights of a byte each, a scale of 4 for each of 9 * 32 rows.
        assert plain["weight_bytes"] - eight["weight_bytes"] == 2 * (3 * 12 * 32**2 - 4 * 9 * 32)


def test_quality_is_that_of_the_encoder_in_the_runs_folder(done: Sweeps, scored_file: Path) -> None:
    pairs = [json.loads(line) for line in scored_file.read_text(encoding="utf-8").splitlines()]
    for row in done.results[1::2]:
        encoder = lacoskit.load(done.folder / "out" / row["name"])
        first, second = (encoder.encode([pair[side] for pair in pairs]) for side in ("sentence1", "sentence2"))
        truth = 100 * spearmanr((first * second).sum(axis=1), [pair["score"] for pair in pairs]).statistic
        assert row["evaluation"]["after"] == pytest.approx({"one": truth, "two": truth}, abs=0.1)
        assert row["evaluation"]["mean_after"] == pytest.approx(truth, abs=0.1)
        assert row["evaluation"]["mean_before"] != row["evaluation"]["mean_after"]


def test_speed_is_the_median_of_the_steps_after_the_first(done: Sweeps) -> None:
    for row in done.results:
        lines = (done.folder / "out" / row["name"] / "metrics.jsonl").read_text().splitlines()
        rates = sorted(line["texts_per_second"] for line in map(json.loads, lines) if line.get("step", 0) in (2, 3, 4)
                       and "loss" in line)  # fmt: skip
        assert len(rates) == 3
        assert row["texts_per_second"] == pytest.approx(rates[1], abs=0.1)
        assert row["memory_gib"] > 0.1
        assert row["seconds"] > 0


def test_the_table_is_written_in_markdown_and_drawn(done: Sweeps) -> None:
    table = (done.folder / "out" / "sweep.md").read_text(encoding="utf-8").splitlines()
    header, _, *rows = [line.strip("| ").split(" | ") for line in table if line.startswith("|")]
    figures = "parameters, trained, weights, peak GiB, texts/s, tokens/s, time, before, after"
    assert header == ["rank", "quantizer", *figures.split(", ")]
    assert [row[:2] for row in rows] == [["2", "bnb-8bit"], ["2", "none"], ["4", "bnb-8bit"], ["4", "none"]]
    afters = [float(row[-1].strip("*")) for row in rows]
    assert afters == [round(row["evaluation"]["mean_after"], 1) for row in done.results]
    assert [row[-1].startswith("**") for row in rows] == [after == max(afters) for after in afters]
    assert (done.folder / "out" / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_finished_is_not_run_again(done: Sweeps, capsys: pytest.CaptureFixture[str]) -> None:
    before = done.results
    assert done(*FOUR) == 0
    assert done.started == []
    assert done.results == before
    assert capsys.readouterr().out.count("(kept)") == 4


def test_a_value_more_is_a_run_more(done: Sweeps) -> None:
    assert done(*FOUR) == 0
    before = done.results
    assert done("--over", "adapter.rank=8,4,2", "--over", "quantizer.name=null") == 0
    assert done.started == ["rank-8_quantizer-none"]
    assert [row for row in done.results if row in before] == [before[3], before[1]]


def test_another_base_configuration_is_refused_with_what_differs(done: Sweeps, capsys: Any) -> None:
    before = done.results
    assert done(*FOUR, "--set", "train.learning_rate=0.5", "--set", "train.chunk_tokens=64") == 2
    assert done.started == []
    assert capsys.readouterr().err.splitlines() == [
        f"lacoskit: {done.config}: 2 problems",
        "  train.chunk_tokens: was 'auto' in the run to resume and is 64 now; set it back, or name another output",
        "  train.learning_rate: was 0.01 in the run to resume and is 0.5 now; set it back, or name another output",
    ]
    assert done.results == before
    assert done(*FOUR, "--set", "train.log_every=7") == 0  # no figure depends on it


def test_two_sweeps_do_not_share_a_folder(done: Sweeps, capsys: pytest.CaptureFixture[str]) -> None:
    with FileLock(done.folder / "out" / ".sweep.lock"):
        assert done(*FOUR) == 2
    assert "another sweep is at work in " in capsys.readouterr().err


def test_without_matplotlib_the_tables_are_written(done: Sweeps, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    (done.folder / "out" / "sweep.md").unlink()
    assert done(*FOUR) == 0
    assert (done.folder / "out" / "sweep.md").is_file()
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "no plot: matplotlib is not installed; pip install 'lacoskit[plots]', and the same command draws it"


def test_a_run_that_fails_has_a_row_and_the_others_go_on(sweeps: Sweeps, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--over", "adapter.targets=[no_such_layer],attention", "--set", "train.max_steps=2")
    assert sweeps(*words) == 1
    assert sweeps.started == ["targets-no-such-layer", "targets-attention"]
    failed, finished = sweeps.results
    assert (failed["status"], finished["status"]) == ("failed", "finished")
    assert failed["error"].startswith("adapter.targets: this model has no Linear layer named no_such_layer")
    captured = capsys.readouterr()
    log = sweeps.folder / "out" / failed["log"]
    assert failed["error"] in log.read_text()
    assert captured.err.splitlines() == [
        "lacoskit: 1 of 2 runs failed; the same command tries them again",
        f"  targets [no_such_layer]: {failed['error']}",
        f"    {log}",
    ]
    assert f"- targets-no-such-layer: {failed['error']}" in (sweeps.folder / "out" / "sweep.md").read_text()
    assert sweeps(*words) == 1
    assert sweeps.started == ["targets-no-such-layer"]


def test_a_run_that_is_killed_is_told_and_goes_on_from_its_checkpoint(sweeps: Sweeps) -> None:
    def kill(job: Job, output: Path) -> None:
        _wait_for(job, lambda: any((output / "checkpoints").glob("step-*/state.json")))
        os.kill(job.pid, signal.SIGKILL)

    words = (
        "--over",
        "seed=1",
        "--set",
        "train.save_every=2",
        "--set",
        "train.max_steps=20",
        "--set",
        "train.epochs=99",
    )
    sweeps.meanwhile = kill
    assert sweeps(*words) == 1
    assert sweeps.results[0]["error"] == "killed by SIGKILL, as by a system that is out of memory"
    sweeps.meanwhile = lambda job, output: None
    assert sweeps(*words) == 0
    assert (sweeps.results[0]["steps"], sweeps.results[0]["first_step"] >= 2) == (20, True)


def test_ctrl_c_leaves_a_sweep_that_goes_on_to_the_same_weights(
    sweeps: Sweeps, base: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(job: Job, output: Path) -> None:
        if output.name == "targets-attention":
            metrics = output / "metrics.jsonl"
            _wait_for(job, lambda: metrics.is_file() and '"step": 3' in metrics.read_text())
            os.kill(job.pid, signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    steps = ("--set", "train.max_steps=20", "--set", "train.epochs=99")
    words = ("--over", "adapter.targets=attention,[no_such_layer]", *steps)
    sweeps.meanwhile = interrupt
    assert sweeps(*words) == 130
    assert sweeps.started == ["targets-attention"]
    told = capsys.readouterr().err
    assert told == "lacoskit: stopped with 0 of 2 runs finished; the same command goes on\n"
    sweeps.meanwhile = lambda job, output: None
    assert sweeps(*words) == 1
    assert sweeps.started == ["targets-attention", "targets-no-such-layer"]
    assert [row["status"] for row in sweeps.results] == ["finished", "failed"]
    assert "going on from" in (tmp_path / "out" / "targets-attention" / "log.txt").read_text()
    alone = {**base, "output": str(tmp_path / "alone"), "adapter": {**base["adapter"], "targets": "attention"}}
    job = sweeps.commands.run(alone, *steps)
    assert job.code == 0, job.err
    name = "adapter_model.safetensors"
    assert (tmp_path / "out" / "targets-attention" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()


def test_what_is_finished_stays_in_the_table_of_a_sweep_that_is_stopped_before_it(
    done: Sweeps, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*arguments: Any) -> tuple[int, str]:
        os.kill(os.getpid(), signal.SIGINT)
        return 130, "stopped"

    first = done.folder / "out" / "rank-2_quantizer-bnb-8bit" / "run.json"
    report = first.read_text()
    first.unlink()
    monkeypatch.setattr(done, "_forked", stop)
    assert done(*FOUR) == 130
    first.write_text(report)
    assert [row["status"] for row in done.results] == ["to do", "finished", "finished", "finished"]
    assert "stopped with 3 of 4 runs finished" in capsys.readouterr().err


def test_a_configuration_that_changes_meanwhile_gives_no_row(sweeps: Sweeps) -> None:
    changed = sweeps.config.read_text().replace("learning_rate: 0.01", "learning_rate: 0.02")
    sweeps.before = lambda: sweeps.config.write_text(changed)
    assert sweeps("--over", "train.max_steps=1") == 1
    assert sweeps.results[0]["status"] == "failed"
    assert "the configuration has changed meanwhile: train.learning_rate: was 0.02" in sweeps.results[0]["error"]


def test_a_run_is_a_process_of_its_own(
    base: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("base.yaml").write_text(yaml.safe_dump(base | {"evaluation": {}}), encoding="utf-8")
    words = ["--over", "train.max_steps=1", "--output", "out", "--launch", f"{sys.executable} -X frozen_modules=on"]
    assert main(["sweep", "base.yaml", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "1 run in out"
    assert lines[1].startswith("✓ 1/1  max_steps 1  ")
    assert max(map(len, lines)) <= 80
    assert lines[-2:] == ["in out: sweep.json, sweep.md", "no plot: no run has been evaluated (evaluation.tasks)"]
    log = Path("out/max-steps-1/log.txt").read_text(encoding="utf-8").splitlines()
    assert log[0].startswith(f"$ {sys.executable} -X frozen_modules=on -m lacoskit.train base.yaml --set ")
    assert any(line.startswith("saved in out/max-steps-1") for line in log)
    (row,) = json.loads(Path("out/sweep.json").read_text(encoding="utf-8"))["runs"]
    assert row["evaluation"]["mean_after"] is None
    assert math.isfinite(row["memory_gib"])


def _wait_for(job: Job, ready: Callable[[], bool]) -> None:
    while not ready():
        assert job.alive(), "the run ended too early"
