"""`lacoskit plugins` lists everything readably, and `show` prints a section that can be copied into a config."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, Field
from rich.console import Console

from lacoskit import Loss, Options, RunConfig, plugins
from lacoskit.__main__ import main
from lacoskit.commands.plugins import _list, _show
from lacoskit.components import KINDS
from lacoskit.plugins import BrokenPlugin, Offer, Registry, Source
from lacoskit.sections import DEFAULT_COMPONENTS

OFFERS = [(offer.component.kind, offer.component.name) for offer in plugins.installed().offers]


@pytest.fixture
def lacoskit(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """`lacoskit("plugins", ..., width=80)`: exit code, stdout and stderr."""

    def call(*words: str, width: int = 120) -> tuple[int, str, str]:
        monkeypatch.setenv("COLUMNS", str(width))
        code = main(words)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_holds_every_component_whole_within_the_width(width: int, lacoskit: Any) -> None:
    code, out, err = lacoskit("plugins", width=width)
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= width
    words = out.split()
    for offer in plugins.installed().offers:
        assert offer.component.name in words
        assert set(offer.component.description.split()) <= set(words)
    assert "…" not in out


def test_the_list_is_grouped_by_kind_and_marks_the_defaults(lacoskit: Any) -> None:
    _, out, _ = lacoskit("plugins")
    kind, found = "", {}
    for line in out.splitlines():
        if line.split(" ")[0] in KINDS:
            kind = line.split()[0]
        elif line.startswith("● ") and kind not in found:
            found[kind] = line.split()[1]
        if (name := line.strip("● ").partition(" ")[0]) in {n for k, n in OFFERS if k == kind}:
            assert line.split()[-1] == "lacoskit"
            assert (kind, name) in OFFERS
    assert found == DEFAULT_COMPONENTS


class Described(Options):
    """Has [brackets] and [/brackets]."""


def _registry(*names: str, requires: tuple[str, ...] = ()) -> Registry:
    offers = [
        Offer(
            Loss(name=name, options=Described, build=lambda options: None, requires=requires),
            Source("plugin", f"distribution-{place}", "1.0"),
        )
        for place, name in enumerate(names)
    ]
    reason = "RuntimeError: [/red] " + "long " * 60 + "end"
    broken = BrokenPlugin(Source("spoilt", "odd", "0.1"), reason)
    return Registry(tuple(offers), (broken,), (Source("unwanted", "odd", "0.1"),))


def _listed(registry: Registry, capsys: pytest.CaptureFixture[str], width: int = 80) -> list[str]:
    _list(Console(width=width, highlight=False), registry)
    return capsys.readouterr().out.splitlines()


def test_what_failed_is_one_line_however_long_and_odd_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(_registry("plain"), capsys)
    (line,) = [line for line in lines if line.startswith("failed")]
    assert line == f"failed     spoilt (odd 0.1): RuntimeError: [/red] {'long ' * 60}end"
    assert "disabled   unwanted (odd 0.1)" in lines
    assert any("Has [brackets] and [/brackets]." in line for line in lines)


def test_a_name_offered_twice_is_told_as_contested(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(_registry("same", "other", "same"), capsys, 200)
    contested = "loss same, offered by plugin (distribution-0 1.0) and plugin (distribution-2 1.0)"
    assert f"contested  {contested}" in lines
    assert len([line for line in lines if line.startswith("contested")]) == 1


def test_a_component_without_its_package_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(_registry("lonely", requires=("no_such_module", "json")), capsys)
    assert len([line for line in lines if "needs no_such_module, which is not installed" in line]) == 1
    assert not [line for line in lines if "needs json" in line]


def test_the_list_of_an_environment_without_plugins_is_not_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _listed(Registry(()), capsys)
    assert [line.split()[0] for line in lines if line.strip()][: len(KINDS)] == list(KINDS)


def test_a_terminal_without_unicode_gets_a_star(lacoskit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import ConsoleOptions

    monkeypatch.setattr(ConsoleOptions, "ascii_only", True)
    _, out, _ = lacoskit("plugins")
    assert out.isascii()
    assert "* lora" in out.replace("*  ", "* ")


@pytest.mark.parametrize(("kind", "name"), OFFERS)
def test_what_is_shown_is_a_section_of_a_config_with_the_defaults(kind: str, name: str, lacoskit: Any) -> None:
    code, out, err = lacoskit("plugins", "show", kind, name, width=80)
    assert (code, err) == (0, "")
    component = plugins.installed().select(KINDS[kind], name)
    section = out[out.index(f"\n{kind}:") :].partition("\nIt needs the package")[0]
    shown = yaml.safe_load(section)
    assert list(shown[kind]) == ["name", *component.options.model_fields]
    if kind not in RunConfig.model_fields:
        assert shown[kind] == {"name": name, **component.options().model_dump(mode="json")}
        return
    config = RunConfig.model_validate(shown)
    assert getattr(config, kind).component is component
    assert getattr(config, kind).options == component.options()


def test_show_tells_the_docstring_the_options_and_what_they_take(lacoskit: Any) -> None:
    _, out, _ = lacoskit("plugins", "show", "loss", "multiple-negatives")
    lines = out.splitlines()
    assert lines[0].startswith("multiple-negatives  a loss of lacoskit ")
    assert lines[0].endswith(", the default")
    assert "Each pair against all other texts of the batch (MNR, InfoNCE)." in lines
    assert "  scale: 20.0  # number > 0" in lines
    assert lines[lines.index("  scale: 20.0  # number > 0") - 1].startswith("  # The cosines are multiplied by this")
    assert "  partition: joint  # joint | per_direction" in lines


def test_show_prints_the_whole_docstring(lacoskit: Any) -> None:
    _, out, _ = lacoskit("plugins", "show", "optimizer", "adamw-8bit", width=80)
    docstring = plugins.installed().select(KINDS["optimizer"], "adamw-8bit").options.__doc__ or ""
    assert len(docstring.strip().splitlines()) > 1
    assert " ".join(docstring.split()) in " ".join(out.split())
    assert "It needs the package bitsandbytes" in out


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Inner(BaseModel):
    depth: int = 2


class Odd(Options):
    """Options of unusual types."""

    colour: Colour = Colour.BLUE
    """Which colour."""
    inner: Inner = Inner()
    """What is inside."""
    text: str = "a: [b]  # c"
    """A text that YAML has to quote."""
    many: dict[str, tuple[int, ...]] = Field(default={"a": (1, 2)})
    """Some lists."""
    nothing: float | None = None
    """Nothing at all."""


def test_options_of_any_type_are_shown_as_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    component = Loss(name="odd", options=Odd, build=lambda options: None, requires=("no_such_module",))
    _show(Console(width=80, highlight=False), component, Source("plugin", "distribution", "1.0"))
    out = capsys.readouterr().out
    section = yaml.safe_load(out[out.index("loss:") :].partition("\nIt needs")[0])["loss"]
    assert Odd.model_validate({key: value for key, value in section.items() if key != "name"}) == Odd()
    assert "colour: blue  # red | blue" in out
    assert "nothing: null  # number or null" in out
    assert "It needs the package no_such_module, which is not installed: pip install no_such_module" in " ".join(
        out.split()
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            [],
            "show what? A kind and a name, as in lacoskit plugins show loss multiple-negatives; the kinds: quantizer,",
        ),
        (["losses"], "no kind named 'losses'; did you mean 'loss'?"),
        (["zzz"], "no kind named 'zzz'; choose from: adapter, analysis, dataset"),
        (["pooler"], "show which pooler? first, last, mean, weighted-mean"),
        (["pooler", "meen"], "no pooler named 'meen'; did you mean 'mean'?"),
    ],
)
def test_a_mistake_in_what_to_show_is_told_with_the_choices(words: list[str], told: str, lacoskit: Any) -> None:
    code, out, err = lacoskit("plugins", "show", *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"lacoskit: {told}")
