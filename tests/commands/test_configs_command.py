"""`lacoskit configs` lists what is shipped and prints one to copy."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import pytest

from lacoskit.__main__ import main
from lacoskit.commands import configs

FILES = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.yaml"))


def test_the_list_holds_every_file_with_its_first_comment(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert main(["configs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for path in FILES:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# ")
        assert f"{path.stem} {first[2:]}" in [" ".join(line.split()) for line in lines]
    assert f"They lie in {FILES[0].parent}" in lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_shown_is_the_file_to_the_letter(path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for name in (path.stem, path.name):
        assert main(["configs", "show", name]) == 0
        assert capsys.readouterr().out == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], f"show which configuration? {FILES[0].stem}, "),
        ([FILES[0].stem + "x"], f"no configuration named '{FILES[0].stem}x'; did you mean '{FILES[0].stem}'?"),
    ],
)
def test_a_mistake_is_told_with_the_choices(words: list[str], told: str, capsys: Any) -> None:
    assert main(["configs", "show", *words]) == 2
    assert capsys.readouterr().err.startswith(f"lacoskit: {told}")


def test_an_installed_package_finds_them_in_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()  # another package of this name beside it
    monkeypatch.setattr(configs, "__file__", str(tmp_path / "lacoskit" / "commands" / "configs.py"))
    assert configs.folder() == Path(sysconfig.get_path("data")) / "share" / "lacoskit" / "configs"
