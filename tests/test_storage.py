from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lacoskit.errors import DataError, TrainingError
from lacoskit.storage import enough_space, write_json, write_tensors, write_whole

FULL = OSError(errno.ENOSPC, "No space left on device")


def _raise_wrapped() -> None:
    try:
        raise FULL
    except OSError as error:
        raise RuntimeError("could not serialise") from error


def test_a_full_disk_is_seen_through_what_libraries_make_of_it(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-folder" / "inner").mkdir(parents=True)
    (tmp_path / ".unfinished-file").write_text("half", encoding="utf-8")
    (tmp_path / "finished").write_text("whole", encoding="utf-8")
    with pytest.raises(TrainingError, match=r"the disk that holds .* is full"), enough_space(tmp_path):
        _raise_wrapped()
    assert [path.name for path in tmp_path.iterdir()] == ["finished"]


def test_any_other_error_goes_through_and_leaves_everything(tmp_path: Path) -> None:
    (tmp_path / ".unfinished-file").write_text("half", encoding="utf-8")
    with pytest.raises(PermissionError), enough_space(tmp_path):
        raise PermissionError(errno.EACCES, "no")
    assert (tmp_path / ".unfinished-file").exists()


def test_what_has_been_told_once_is_not_told_again_by_the_folder_around(tmp_path: Path) -> None:
    with pytest.raises(TrainingError) as raised, enough_space(tmp_path), enough_space(tmp_path / "inner"):
        raise FULL
    assert str(tmp_path / "inner") in str(raised.value)
    with pytest.raises(DataError, match=r"^rows$"), enough_space(tmp_path):
        raise DataError("rows") from FULL


def test_a_file_is_replaced_at_once_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_json(path, {"first": "猫"})

    def fail(handle: int) -> None:
        raise FULL

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_json(path, {"second": 2})
    monkeypatch.undo()
    assert json.loads(path.read_text(encoding="utf-8")) == {"first": "猫"}
    write_whole(path, "third")
    assert path.read_text(encoding="utf-8") == "third"
    assert [path.name for path in tmp_path.iterdir()] == ["run.json"]


def test_tensors_come_back_whatever_their_layout(tmp_path: Path) -> None:
    table = torch.arange(12.0).reshape(3, 4)
    tensors = {"turned": table.T, "part": table[:, 1:3].clone()[:, :1], "trained": torch.nn.Parameter(table.bfloat16())}
    write_tensors(tensors, tmp_path / "a.safetensors")
    back = load_file(tmp_path / "a.safetensors")
    assert back.keys() == tensors.keys()
    assert all(torch.equal(back[name], tensors[name]) and back[name].dtype == tensors[name].dtype for name in tensors)
