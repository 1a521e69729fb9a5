"""What plugins/README.md tells a plugin author to type works as it stands."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import site
import subprocess
import venv
from pathlib import Path
from typing import Any

import pytest

import lacoskit
from lacoskit.components import KINDS

ROOT = Path(__file__).resolve().parents[2]

README = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(?P<name>[\w.-]+)`[^`]*:\n\n```(?:python|toml|yaml)\n(?P<text>.*?)```", re.DOTALL)
FILES = {match["name"]: match["text"] for match in NAMED.finditer(README)}
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
START, REST = COMMANDS[:2], COMMANDS[2:]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables of an environment of its own that sees the packages of this one."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    (packages,) = folder.glob("lib/python*/site-packages")
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "outer.pth").write_text("\n".join(lines))
    for command, module in {"pip": "pip", "lacoskit": "lacoskit"}.items():
        script = folder / "bin" / command
        script.write_text(f'#!/bin/sh\nexec "{folder}/bin/python" -m {module} "$@"\n')
        script.chmod(0o755)
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_QUIET": "1"}
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **offline, "PATH": path, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def test_the_plugin_has_twenty_lines() -> None:
    assert len([line for line in FILES["lacoskit_margin.py"].splitlines() if line.strip()]) == 20


def test_from_an_empty_folder_to_a_run(environment: dict[str, str], tiny_bloom: Path, tmp_path: Path) -> None:
    def bash(lines: list[str], folder: Path) -> str:
        script = "\n".join(["set -eu", *lines])
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    bash(START, tmp_path)
    (project,) = tmp_path.iterdir()
    for name, text in FILES.items():
        (project / name).write_text(text, encoding="utf-8")
    small = f"--set model={tiny_bloom} --set quantizer=null --set train.max_steps=2 --set dataset.size=300"
    lines = [
        f"{line} {small} --set dataset.held_out_size=6" if line.startswith("lacoskit train") else line for line in REST
    ]
    assert lines != REST
    out = bash(lines, project)

    assert re.search(
        r"^ +margin +The positive nearer than the hardest other text, by a margin\. +lacoskit-margin", out, re.M
    )
    assert "  margin: 0.2  # number" in out
    output = project / "runs" / "margin"
    assert json.loads((output / "run.json").read_text())["steps"] == 2
    assert "loss:\n  name: margin\n  margin: 0.3\n" in (output / "lacoskit.yaml").read_text()


def test_the_component_can_be_tested_without_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lacoskit_margin.py").write_text(FILES["lacoskit_margin.py"], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    found: dict[str, Any] = {}
    exec(FILES["test_margin.py"], found)
    (test,) = [value for name, value in found.items() if name.startswith("test_")]
    test()
    monkeypatch.setattr(found["Margin"], "forward", lambda self, batch: found["torch"].ones(()))
    with pytest.raises(AssertionError):
        test()


def test_the_table_holds_every_kind_with_its_hook_record_and_folder() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in README.splitlines() if line.startswith("| `")
    ]
    assert [row[0] for row in rows] == [f"`{kind}`" for kind in KINDS]
    for (kind, hook, record, _, folder), known in zip(rows, KINDS.values(), strict=True):
        assert hook == f"`{known.hook}`"
        name, functions = re.fullmatch(r"`(\w+)\((.*)\)`", record).groups()
        fields = {field.name for field in dataclasses.fields(known)} - {"name", "options", "requires", "refuse"}
        assert (name, set(functions.split(", "))) == (known.__name__, fields), kind
        (target,) = re.findall(r"\]\((.*?)\)", folder)
        assert target.endswith(f"/{known.hook.removeprefix('lacoskit_')}")


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((.*?)\)", README):
        assert (ROOT / "plugins" / target).exists(), target


def test_every_imported_name_is_public() -> None:
    names = re.findall(r"^from lacoskit import (.*)$", README.replace("import ...", ""), re.MULTILINE)
    assert names
    assert {name for line in names for name in line.split(", ")} <= set(lacoskit.__all__)


def test_the_variables_are_those_that_are_read() -> None:
    from lacoskit import plugins

    assert set(re.findall(r"LACOSKIT_\w+", README)) == {plugins.DISABLE, plugins.STRICT}
