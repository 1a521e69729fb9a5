"""What a run does with bad input: one message, the right exit code, nothing lost."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from lacoskit_builtins.losses.multiple_negatives import MultipleNegatives

import lacoskit
import lacoskit.train
from lacoskit import checkpoint, folder
from lacoskit.layout import checkpoints
from lacoskit.preflight import plugins
from lacoskit.reporting import read_metrics

Told = tuple[int, str, str]


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Told]:
    """`command(settings, "--resume")`: exit code, output and errors of the training command."""

    def call(settings: dict[str, Any], *arguments: str) -> Told:
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        capsys.readouterr()
        code = lacoskit.train.main([str(path), *arguments])
        told = capsys.readouterr()
        assert "Traceback" not in told.err
        assert told.err.count("lacoskit: ") == (1 if code else 0)
        return code, told.out, told.err

    return call


@pytest.fixture
def heavy(settings: dict, tmp_path: Path) -> dict[str, Any]:
    """A run whose model has a config and a tokenizer, but weights that cannot be loaded."""
    model = tmp_path / "heavy"
    shutil.copytree(settings["model"], model)
    (model / "model.safetensors").write_bytes(b"not weights")
    return settings | {"model": str(model)}


# data


def test_texts_over_the_limit_are_cut_counted_and_reported(settings: dict, command: Callable[..., Told]) -> None:
    from transformers import AutoTokenizer

    settings["max_length"] = 12
    code, out, _ = command(settings)
    assert code == 0
    tokenizer = AutoTokenizer.from_pretrained(settings["model"])
    rows = [json.loads(line) for line in Path(settings["dataset"]["files"][0]).read_text("utf-8").splitlines()]
    texts = [row[name] for row in rows for name in ("anchor", "positive", "negative")]
    long = sum(len(tokenizer(text)["input_ids"]) > 12 for text in texts)
    assert 0 < long < len(texts)
    assert f"warning: {long} of {len(texts)} texts are longer than 12 tokens and were cut (max_length)" in out
    assert json.loads((Path(settings["output"]) / "run.json").read_text("utf-8"))["truncated_texts"] == long


def test_fewer_examples_than_a_batch_are_told_before_the_model_is_loaded(
    heavy: dict, command: Callable[..., Told]
) -> None:
    heavy["dataset"] |= {"max_examples": 9}
    code, _, err = command(heavy)
    assert code == 2
    assert err == "lacoskit: dataset: 9 examples are too few for one batch of 16; lower train.batch_size\n"


def test_a_loss_that_needs_scores_tells_how_to_have_them_before_the_model_is_loaded(
    heavy: dict, command: Callable[..., Told]
) -> None:
    code, _, err = command(heavy | {"loss": {"name": "cosent"}})
    assert code == 2
    assert "200 of 200 examples have no score, and this loss needs one of each" in err
    assert "dataset.score" in err


def test_a_few_unusable_rows_are_left_out_and_counted(settings: dict, command: Callable[..., Told]) -> None:
    path = _with_bad_rows(settings, 1)
    code, out, _ = command(settings)
    assert code == 0
    assert f"warning: skipped 1 of 201 rows cannot be used: broken JSON (1, first at {path.name}:201)" in out
    assert json.loads((Path(settings["output"]) / "run.json").read_text("utf-8"))["examples"] == 200


def test_many_unusable_rows_are_an_error_before_the_model_is_loaded(heavy: dict, command: Callable[..., Told]) -> None:
    _with_bad_rows(heavy, 20)
    code, _, err = command(heavy)
    assert code == 2
    assert "20 of 220 rows cannot be used" in err
    assert "raise max_skipped (now 0.01)" in err


def test_everything_that_a_first_look_shows_is_told_at_once(
    heavy: dict, command: Callable[..., Told], tmp_path: Path
) -> None:
    heavy["dataset"] |= {"files": [str(tmp_path / "none.jsonl")]}
    heavy["evaluation"] = {"tasks": {"dev": {"name": "sts", "files": [str(tmp_path / "neither.csv")]}}}
    heavy["train"] |= {"batch_size": 1}
    code, _, err = command(heavy)
    assert code == 2
    assert "3 problems" in err
    assert all(where in err for where in ("dataset: ", "evaluation.tasks.dev: ", "train.batch_size: "))
    assert not Path(heavy["output"]).exists()


# models and components


def test_a_hub_that_cannot_be_reached_is_told_with_what_works_without_it(
    settings: dict, command: Callable[..., Told]
) -> None:
    code, _, err = command(settings | {"model": "nobody/no-such-model"})
    assert code == 2
    assert "nobody/no-such-model cannot be loaded" in err
    assert "can the hub be reached? A folder works without it." in err
    assert not Path(settings["output"]).exists()


def test_a_data_set_on_a_hub_that_cannot_be_reached_is_told_before_the_model_is_loaded(
    heavy: dict, command: Callable[..., Told]
) -> None:
    code, _, err = command(heavy | {"dataset": {"name": "pairs", "hub": "nobody/no-such-data"}})
    assert code == 2
    assert "the data set nobody/no-such-data (train) cannot be loaded from the hub" in err


def test_a_model_without_a_padding_token_takes_its_end_token_and_says_so_once(
    settings: dict, command: Callable[..., Told], tmp_path: Path
) -> None:
    from transformers import AutoTokenizer

    model = tmp_path / "unpadded"
    shutil.copytree(settings["model"], model)
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.pad_token = None
    tokenizer.save_pretrained(model)
    code, out, _ = command(settings | {"model": str(model)})
    assert code == 0
    assert out.count("has no padding token; </s> serves as one") == 1


def test_a_quantizer_without_its_package_tells_what_to_install(
    heavy: dict, command: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins.importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else name)
    code, _, err = command(heavy | {"quantizer": {"name": "bnb-8bit"}})
    assert code == 2
    assert "bnb-8bit needs the package bitsandbytes, which is not installed: pip install bitsandbytes" in err


def test_a_quantizer_that_cannot_train_the_base_is_refused_with_what_can(
    heavy: dict, command: Callable[..., Told]
) -> None:
    code, _, err = command(heavy | {"quantizer": {"name": "bnb-4bit"}, "adapter": {"name": "full"}})
    assert code == 2
    assert "use adapter.name=lora, or quantizer=null" in err


# the output folder


def test_a_folder_that_holds_another_run_is_left_as_it_is(heavy: dict, command: Callable[..., Told]) -> None:
    output = Path(heavy["output"])
    output.mkdir()
    (output / "run.json").write_text("{}\n", encoding="utf-8")
    code, _, err = command(heavy)
    assert code == 2
    assert "holds another run; name another folder: --set output=..." in err
    assert [path.name for path in output.iterdir()] == ["run.json"]


def test_a_file_in_the_place_of_the_folder_is_told(heavy: dict, command: Callable[..., Told]) -> None:
    Path(heavy["output"]).write_text("mine", encoding="utf-8")
    code, _, err = command(heavy)
    assert code == 2
    assert "is a file; name a folder" in err


# memory and disk


def test_a_gpu_out_of_memory_tells_which_settings_to_lower(
    settings: dict, command: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Any, batch: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    monkeypatch.setattr(MultipleNegatives, "forward", full)
    code, _, err = command(settings)
    assert code == 1
    assert "Lower train.chunk_tokens (now auto) or max_length (now 32)" in err
    assert "bnb-8bit" in err
    settings["output"] += "-8bit"
    code, _, err = command(settings | {"quantizer": {"name": "bnb-8bit"}})
    assert code == 1
    assert "Lower train.chunk_tokens" in err
    assert "makes the weights smaller" not in err


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("during", ["a checkpoint", "the best weights", "a line of figures", "the end"])
def test_a_full_disk_loses_nothing_that_was_saved(
    during: str, settings: dict, command: Callable[..., Told], small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = small_disk / "run"
    settings["output"] = str(output)
    steps, save_every, evaluate_every = (60, 25, 0) if during == "a line of figures" else (40, 2, 5)
    settings["train"] |= {"save_every": save_every, "log_every": 1, "max_steps": steps, "epochs": 9}
    settings["evaluation"] |= {"every": evaluate_every}
    _fill_during(during, small_disk, monkeypatch)
    code, _, err = command(settings)
    assert code == 1
    assert "is full. Nothing half-written was left, and what was saved before is whole" in err
    assert not list(output.rglob(".unfinished*"))
    last = checkpoints(output)[-1]
    monkeypatch.undo()
    (small_disk / "filler").unlink()
    code, out, err = command(settings, "--resume")
    assert code == 0, err
    assert f"going on from {last}" in out
    assert [line["step"] for line in read_metrics(output) if "loss" in line] == [*range(1, steps + 1)]
    clean = settings | {"output": str(small_disk.parent / "clean")}
    assert command(clean)[0] == 0
    vectors = [lacoskit.load(path).encode(["a cat", "un chat"]) for path in (output, clean["output"])]
    assert np.array_equal(*vectors)


def test_a_disk_that_turns_out_full_when_it_is_synchronised_is_one_message_too(
    settings: dict, command: Callable[..., Told], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As disks over a network do."""
    settings["train"] |= {"save_every": 2}
    saved = []

    def synchronise(handle: int) -> None:
        saved.append(handle)
        if checkpoints(Path(settings["output"])):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", synchronise)
    code, _, err = command(settings)
    assert code == 1
    assert "is full" in err
    assert [path.name for path in checkpoints(Path(settings["output"]))] == ["step-00000002"]
    assert not list(Path(settings["output"]).rglob(".unfinished*"))
    monkeypatch.undo()
    assert command(settings, "--resume")[0] == 0


def _with_bad_rows(settings: dict[str, Any], count: int) -> Path:
    path = Path(settings["output"]).with_name("bad.jsonl")
    good = Path(settings["dataset"]["files"][0]).read_text(encoding="utf-8")
    path.write_text(good + '{"anchor": \n' * count, encoding="utf-8")
    settings["dataset"] = settings["dataset"] | {"files": [str(path)]}
    return path


def _fill_during(what: str, disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fill the disk at a moment after the checkpoint of step 10."""
    module, name = {
        "a checkpoint": (checkpoint, "save"),
        "the best weights": (checkpoint, "save_best"),
        "a line of figures": (checkpoint, "checkpoints"),
        "the end": (folder, "write"),
    }[what]
    original = getattr(module, name)

    def full(*arguments: Any) -> Any:
        started = any(path.name >= "step-00000010" for path in (disk / "run" / "checkpoints").glob("step-*"))
        if started and not (disk / "filler").exists():
            left = {"a line of figures": 0, "the best weights": 8192}.get(what, 24_576)  # some files fit, others do not
            (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - left))
        return original(*arguments)

    monkeypatch.setattr(module, name, full)
