"""Plugins of third parties as really installed distributions: sound, broken and rival ones."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import third_party
import yaml

import lacoskit
from lacoskit import plugins
from lacoskit.components import KINDS
from lacoskit.errors import LacoskitError, PluginError
from lacoskit.plugins import Registry, gather, missing_modules

RECORDS = """
from lacoskit import Adapter, Loss, Options, Pooler, hookimpl

class Described(Options):
    '''What a stranger offers.'''

def loss(name="unheard-of", options=Described, **more):
    return Loss(name=name, options=options, build=lambda options: None, **more)
"""


def _hook(returned: str, before: str = "pass") -> str:
    return f"{RECORDS}\n{before}\n\n@hookimpl\ndef lacoskit_losses():\n    return {returned}\n"


def _options(body: str) -> str:
    return _hook("[loss(options=Mine)]", f"import pydantic\n\nclass Mine(Options):\n{body}")


BROKEN = {
    "missing-import": ("import no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module"),
    "syntax-error": ("def (:", "SyntaxError: invalid syntax"),
    "exits-at-import": ("import sys\nsys.exit(3)", "SystemExit: 3"),
    "exits-in-silence": ("raise SystemExit", "SystemExit"),
    "panics": ("class Panic(BaseException): ...\nraise Panic('a Rust extension')", "Panic: a Rust extension"),
    "odd-reason": ("raise RuntimeError('[/bold] and\\n[red] too')", "RuntimeError: [/bold] and [red] too"),
    "unknown-hook": (
        f"{RECORDS}\n@hookimpl\ndef lacoskit_loss():\n    return []",
        "there is no hook 'lacoskit_loss'; did you mean 'lacoskit_losses'?",
    ),
    "hook-with-argument": (f"{RECORDS}\n@hookimpl\ndef lacoskit_losses(config):\n    return []", "config"),
    "raising-hook": (
        f"{RECORDS}\n@hookimpl\ndef lacoskit_losses():\n    raise KeyError('no luck')",
        "KeyError: 'no luck'",
    ),
    "exiting-hook": (f"{RECORDS}\n@hookimpl\ndef lacoskit_losses():\n    raise SystemExit(0)", "SystemExit: 0"),
    "forgotten-return": (_hook("None"), "lacoskit_losses returned NoneType, expected a list of Loss"),
    "no-list": (_hook("loss()"), "lacoskit_losses returned Loss, expected a list of Loss"),
    "a-text": (_hook("'margin'"), "lacoskit_losses returned str, expected a list of Loss"),
    "a-generator": (_hook("(loss() for _ in '1')"), "lacoskit_losses returned generator, expected a list of Loss"),
    "wrong-record": (
        _hook("[Pooler(name='p', options=Described, build=lambda options, width: None)]"),
        "lacoskit_losses returned a list with Pooler, expected Loss",
    ),
    "record-without-build": (_hook("[Loss(name='l', options=Described)]"), "TypeError"),
    "no-hook": ("def lacoskit_losses():\n    return []", "has no hook; mark one of lacoskit_quantizers,"),
    "absent-object": ("", "has no attribute 'plugin'"),
    "no-docstring": (
        _options("    margin: float = 1.0"),
        "loss 'unheard-of': the docstring of Mine is its description; write one",
    ),
    "required-field": (_options("    'Mine.'\n    margin: float"), "options field 'margin' has no default"),
    "field-called-name": (_options("    'Mine.'\n    name: str = ''"), "options field 'name' is taken"),
    "default-it-refuses": (
        _options("    'Mine.'\n    x: int = pydantic.Field(default=-1, ge=0, validate_default=True)"),
        "greater than or equal to 0",
    ),
    "no-schema": (_options("    'Mine.'\n    made_by: pydantic.SkipValidation[type] | None = None"), "JsonSchema"),
    "other-options": (_hook("[loss(options=dict)]"), "options must be a subclass of lacoskit.Options"),
    "name-in-capitals": (_hook("[loss(name='My Loss')]"), "loss 'My Loss': a name is lower-case words"),
    "name-missing": (_hook("[loss(name=None)]"), "loss None: a name is lower-case words"),
    "requires-a-text": (_hook("[loss(requires=('peft'))]"), "requires must be a tuple of module names"),
}
"""The module of a broken plugin, and what its line in `lacoskit plugins` has to say."""

SOUND = f"""{RECORDS}
@hookimpl
def lacoskit_poolers():
    return [Pooler(name="max", options=Described, build=lambda options, width: None)]
"""

PROBE = """
import contextlib, io, json
import lacoskit.__main__
from lacoskit import plugins
from lacoskit.components import KINDS
from lacoskit.config import RunConfig

registry = plugins.installed()

def select(kind, name):
    try:
        return registry.select(KINDS[kind], name).description
    except Exception as error:
        return f"{type(error).__name__}: {error}"

def command(*words):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = lacoskit.__main__.main(words)
    return {"code": code, "out": out.getvalue(), "err": err.getvalue()}

def config(override):
    try:
        return RunConfig.load(None, [override]).loss.name
    except Exception as error:
        return str(error)

print(json.dumps({
    "names": {kind: registry.names(kind) for kind in KINDS},
    "offers": [[o.component.kind, o.component.name, o.source.distribution] for o in registry.offers],
    "broken": {broken.source.plugin: broken.reason for broken in registry.broken},
    "max": select("pooler", "max"),
    "mean": select("pooler", "mean"),
    "margin": select("loss", "margin"),
    "maxx": select("pooler", "maxx"),
    "list": command("plugins"),
    "schema": command("schema"),
    "contested": config("loss.name=margin"),
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of packages with every broken plugin, two sound ones and two that are rivals."""
    site = tmp_path_factory.mktemp("site")
    for name, (code, _) in BROKEN.items():
        value = "absent_object:plugin" if name == "absent-object" else name.replace("-", "_")
        third_party.install(site, name, code, {name: value})
    third_party.install(site, "sound", SOUND)
    third_party.install(site, "sound", SOUND, metadata="egg-info")
    third_party.install(site, "without-metadata", SOUND.replace('"max"', '"median"'), metadata="bare")
    for name in ("rival-one", "rival-two"):
        third_party.install(site, name, _hook("[loss('margin'), loss(__name__.replace('_', '-'))]"), version="3.1")
    for name in ("namesake-a", "namesake-b"):
        third_party.install(site, name, _hook(f"[loss('{name}')]"), {"namesake": name.replace("-", "_")})
    return site


@pytest.fixture(scope="module")
def seen(site: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What one process sees that has all of them on its path."""
    done = _python(site, tmp_path_factory.mktemp("empty"), "-c", PROBE)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def installed_here(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Registry]]:
    """`installed_here("sound", ...)`: the registry of these distributions, gathered in this process."""
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def gathered(*names: str) -> Registry:
        distributions = importlib.metadata.distributions(path=[str(site)])
        return gather(e for d in distributions if d.name in names for e in d.entry_points)

    yield gathered
    for module in set(sys.modules) - before:
        if str(getattr(sys.modules[module], "__file__", "")).startswith(str(site)):
            del sys.modules[module]


def _python(site: Path, folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": str(site), "COLUMNS": "80", "OMP_NUM_THREADS": "1", **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_one_line_with_the_reason(name: str, seen: dict[str, Any]) -> None:
    reason = BROKEN[name][1]
    assert reason in seen["broken"][name]
    lines = [line for line in seen["list"]["out"].splitlines() if f" {name} ({name} 1.0): " in line]
    assert len(lines) == 1
    assert lines[0].startswith("failed")
    assert reason in lines[0]


def test_only_the_broken_plugins_fail(seen: dict[str, Any]) -> None:
    assert set(seen["broken"]) == set(BROKEN)


def test_every_builtin_still_works_beside_broken_plugins(seen: dict[str, Any]) -> None:
    own = plugins.installed()
    assert seen["mean"] == own.select(KINDS["pooler"], "mean").description
    for kind in KINDS:
        builtin = {o.component.name for o in own.offers if o.component.kind == kind}
        assert builtin <= set(seen["names"][kind])
        assert all(name in seen["list"]["out"] for name in builtin)


def test_a_sound_third_party_plugin_works_beside_broken_ones(seen: dict[str, Any]) -> None:
    assert seen["max"] == "What a stranger offers."
    (line,) = [line for line in seen["list"]["out"].splitlines() if line.split()[:1] == ["max"]]
    assert line.split() == ["max", "What", "a", "stranger", "offers.", "sound"]


def test_help_answers_beside_broken_plugins(site: Path, tmp_path: Path) -> None:
    done = _python(site, tmp_path, "-m", "lacoskit", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "plugins" in done.stdout


def test_the_schema_is_valid_json_beside_broken_plugins(seen: dict[str, Any]) -> None:
    poolers = json.loads(seen["schema"]["out"])["$defs"]["pooler"]["anyOf"]
    assert {"mean", "max"} <= {pooler["title"] for pooler in poolers}


def test_a_failed_selection_names_the_nearest_match_and_the_plugins_that_failed(seen: dict[str, Any]) -> None:
    assert seen["maxx"].startswith("LacoskitError: no pooler named 'maxx'; did you mean 'max'?")
    for name, (_, reason) in BROKEN.items():
        assert any(name in line and reason in line for line in seen["maxx"].splitlines()), name


def test_a_contested_name_is_an_error_for_whoever_selects_it(seen: dict[str, Any]) -> None:
    rivals = "rival-one (rival-one 3.1) and rival-two (rival-two 3.1)"
    assert seen["margin"].startswith(f"LacoskitError: {rivals} both offer a loss named 'margin'")
    assert f"loss.name: {rivals} both offer a loss named 'margin'" in seen["contested"]


def test_a_contested_name_costs_the_rivals_nothing_else(seen: dict[str, Any]) -> None:
    assert {"rival-one", "rival-two"} <= set(seen["names"]["loss"])
    (line,) = [line for line in seen["list"]["out"].splitlines() if line.startswith("contested")]
    assert line.split("  ")[-1] == "loss margin, offered by rival-one (rival-one 3.1) and rival-two (rival-two 3.1)"


def test_disabling_one_rival_leaves_the_name_to_the_other(installed_here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.DISABLE, "rival-two, something-else")
    registry = installed_here("rival-one", "rival-two")
    assert registry.select(KINDS["loss"], "margin").name == "margin"
    assert [source.distribution for source in registry.disabled] == ["rival-two"]
    assert "rival-two" not in registry.names("loss")


def test_a_plugin_is_disabled_by_the_name_of_its_distribution_too(
    installed_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plugins.DISABLE, "namesake-a")
    assert installed_here("namesake-a", "namesake-b").names("loss") == ["namesake-b"]
    monkeypatch.setenv(plugins.DISABLE, "namesake")
    assert installed_here("namesake-a", "namesake-b").names("loss") == []


def test_a_disabled_plugin_is_not_even_imported(installed_here: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(plugins.DISABLE, "missing-import")
    monkeypatch.setenv(plugins.STRICT, "1")
    assert installed_here("missing-import", "sound").broken == ()


def test_two_plugins_of_the_same_name_in_two_distributions_both_count(seen: dict[str, Any]) -> None:
    assert [o for o in seen["offers"] if o[1].startswith("namesake")] == [
        ["loss", "namesake-a", "namesake-a"],
        ["loss", "namesake-b", "namesake-b"],
    ]


def test_an_egg_info_beside_a_dist_info_counts_once(site: Path, seen: dict[str, Any], installed_here: Any) -> None:
    assert len(list(site.glob("sound-1.0.*-info"))) == 2
    assert len(installed_here("sound").offers) == 1
    assert [o for o in seen["offers"] if o[1] == "max"] == [["pooler", "max", "sound"]]


def test_a_distribution_that_lost_its_metadata_still_works(seen: dict[str, Any]) -> None:
    assert "median" in seen["names"]["pooler"]


@pytest.mark.parametrize("name", [name for name in BROKEN if "exit" not in name and name != "panics"])
def test_strict_mode_raises_what_a_plugin_raises(
    name: str, installed_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plugins.STRICT, "1")
    with pytest.raises(Exception) as caught:
        installed_here("sound", name)
    assert BROKEN[name][1] in f"{type(caught.value).__name__}: {' '.join(str(caught.value).split())}"
    assert f"in plugin {name} ({name} 1.0)" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("name", ["exits-at-import", "exiting-hook", "panics"])
def test_strict_mode_does_not_let_a_plugin_end_the_command_in_silence(
    name: str, installed_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(plugins.STRICT, "1")
    with pytest.raises(PluginError, match=f"plugin {name} .* {BROKEN[name][1]}"):
        installed_here(name)


def test_ctrl_c_while_a_plugin_loads_is_not_taken_for_its_failure(
    site: Path, installed_here: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    third_party.install(site, "interrupted", "raise KeyboardInterrupt")
    try:
        with pytest.raises(KeyboardInterrupt):
            installed_here("interrupted")
    finally:
        shutil.rmtree(site / "interrupted-1.0.dist-info")


def test_an_unknown_name_offers_the_nearest_without_talk_of_failures() -> None:
    registry = gather(importlib.metadata.distribution("lacoskit").entry_points.select(group="lacoskit"))
    with pytest.raises(LacoskitError) as caught:
        registry.select(KINDS["adapter"], "lorra")
    assert str(caught.value) == "no adapter named 'lorra'; did you mean 'lora'?"


@pytest.mark.parametrize(
    ("requires", "missing"),
    [
        (("json",), []),
        (("no_such_module",), ["no_such_module"]),
        (("no_such_module.inside",), ["no_such_module.inside"]),
        (("json.no_such_module", "json.tool"), ["json.no_such_module"]),
        (("__main__x", "yaml"), ["__main__x"]),
    ],
)
def test_missing_modules_are_told_apart_from_installed_ones(requires: tuple[str, ...], missing: list[str]) -> None:
    from lacoskit import Loss, Options

    assert missing_modules(Loss(name="x", options=Options, build=lambda o: None, requires=requires)) == missing


def test_a_third_party_project_trains_through_a_yaml_file(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, site, config = tmp_path / "project", tmp_path / "site", tmp_path / "run.yaml"
    shutil.copytree(third_party.PROJECT, project)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(project)], check=True, timeout=120)
    settings |= {
        "loss": {"name": "margin", "margin": 0.5},
        "adapter": {"name": "norms", "layers": 2},
        "pooler": {"name": "softmax", "temperature": 0.5},
    }
    config.write_text(yaml.safe_dump(settings), encoding="utf-8")

    done = _python(site, tmp_path, "-m", "lacoskit.train", str(config))

    assert done.returncode == 0, done.stderr
    report = json.loads((Path(settings["output"]) / "run.json").read_text())
    assert report["steps"] == 6
    assert report["trained_parameters"] == 2 * (2 * 2 * 32) + 32  # two layers of two norms, and the pooler's query

    with pytest.raises(LacoskitError, match="no pooler named 'softmax'"):  # here it is not installed
        lacoskit.load(settings["output"])
    monkeypatch.syspath_prepend(str(site))
    plugins.installed.cache_clear()
    try:
        encoder = lacoskit.load(settings["output"])
    finally:
        plugins.installed.cache_clear()
    assert encoder.encode(["a cat sleeps", "the dog runs"]).shape == (2, 32)
    assert encoder.config.loss.as_mapping() == {"name": "margin", "margin": 0.5}
    assert encoder.config.adapter.as_mapping() == {"name": "norms", "layers": 2}
    assert encoder.config.pooler.as_mapping() == {"name": "softmax", "temperature": 0.5}
    assert encoder.pooler.get_parameter("query").abs().max() > 0  # it began with zeros


def test_a_missing_module_is_told_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from lacoskit import Loss, Options

    monkeypatch.setattr(plugins, "_is_installed", lambda module: False)
    loss = Loss(name="x", options=Options, build=lambda o: None, requires=("pytrec_eval", "peft"))
    assert plugins.what_is_missing(loss) == [
        "x needs the package pytrec_eval, which is not installed: pip install 'lacoskit[evaluation]'",
        "x needs the package peft, which is not installed: pip install peft",
    ]
    known = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(plugins.EXTRAS.values()) <= set(known["project"]["optional-dependencies"])
