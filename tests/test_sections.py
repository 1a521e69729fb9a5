"""An option may hold another component: it is read, checked, written and described as the sections of a config are."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field, PositiveFloat

from lacoskit import Dataset, Loss, Options, Placement, RunConfig, Section, default_section, plugins
from lacoskit.commands.plugins import _section as shown
from lacoskit.errors import ConfigError, LacoskitError
from lacoskit.plugins import Offer, Registry
from lacoskit.preflight import check
from lacoskit.schema import json_schema
from lacoskit.sections import Selected

CPU = Placement(device="cpu", dtype="float32")


class Part(Options):
    """One part."""

    dataset: Section[Dataset[Any]]
    """Where its examples come from."""
    weight: PositiveFloat | None = None
    """How much of it."""
    loss: Section[Loss[Any]] | None = None
    """What is made small on it."""


class PartsOptions(Options):
    """Several datasets."""

    parts: dict[str, Part] = Field(default={})
    """By name."""


class WrappingOptions(Options):
    """A loss around a loss."""

    loss: Section[Loss[Any]] = default_section(Loss, "cosent", scale=5)
    """What is wrapped."""
    more: tuple[Section[Loss[Any]], ...] = ()
    """What is added."""


PARTS = Dataset(name="parts", options=PartsOptions, load=lambda options: [])
WRAPPING = Loss(name="wrapping", options=WrappingOptions, build=lambda options: None, requires=("no_such_module",))


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """What is installed, and two components that hold others."""
    source = plugins.Source("test", "test", "0")
    more = (Offer(PARTS, source), Offer(WRAPPING, source))
    registry = Registry((*plugins.installed().offers, *more))
    monkeypatch.setattr(plugins, "installed", lambda: registry)
    return registry


def problems(data: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        RunConfig.model_validate(data)
    return [str(problem) for problem in caught.value.problems]


def test_mistakes_within_sections_are_told_with_their_whole_path_all_at_once() -> None:
    parts = {
        "nli": {"dataset": {"name": "nli", "filez": []}, "wieght": 2},
        "own": {"dataset": {"name": "pairz"}, "weight": -1},
        "none": {"dataset": None, "loss": {"name": "wrapping", "loss": {"name": "cosent", "scale": 0}, "mroe": []}},
        "text": {"dataset": "nli", "loss": {"name": "wrapping", "more": [{"name": "cosent", "scael": 1}]}},
        "bare": {},
    }
    assert problems({"seed": -1, "dataset": {"name": "parts", "parts": parts, "prats": 1}}) == [
        "dataset.parts.bare.dataset: is missing",
        "dataset.parts.nli.dataset.filez: no such option; did you mean 'files'?",
        "dataset.parts.nli.wieght: no such option; did you mean 'weight'?",
        "dataset.parts.none.dataset: expected a mapping such as {name: templates}, got None",
        "dataset.parts.none.loss.loss.scale: Input should be greater than 0, got 0",
        "dataset.parts.none.loss.mroe: no such option; did you mean 'more'?",
        "dataset.parts.own.dataset.name: no dataset named 'pairz'; did you mean 'pairs'?",
        "dataset.parts.own.weight: Input should be greater than 0, got -1",
        "dataset.parts.text.dataset: expected a mapping such as {name: nli}, got 'nli'",
        "dataset.parts.text.loss.more.0.scael: no such option; did you mean 'scale'?",
        "dataset.prats: no such option; did you mean 'parts'?",
        "seed: Input should be greater than or equal to 0, got -1",
    ]


def test_a_key_that_is_no_text_hides_no_other_mistake() -> None:
    told = problems({"dataset": {"name": "parts", "parts": {7: {"wieght": 1}}}})
    assert "dataset.parts.7: Keys should be strings" in "\n".join(told) or "Input should be a valid string" in told[0]


def test_a_component_of_another_kind_is_no_section() -> None:
    pooler = RunConfig.load().pooler
    (told,) = problems({"dataset": {"name": "parts", "parts": {"a": {"dataset": pooler}}}})
    assert told.startswith("dataset.parts.a.dataset: expected a mapping such as {name: templates}, got Selected(")


def nested() -> RunConfig:
    parts = {"a": {"dataset": {"name": "pairs", "files": ["a.jsonl"]}, "loss": {"name": "wrapping"}}}
    return RunConfig.model_validate({"dataset": {"name": "parts", "parts": parts}, "loss": {"name": "wrapping"}})


def test_sections_are_components_with_their_options() -> None:
    part = nested().dataset.options.parts["a"]
    assert (part.dataset.name, part.dataset.options.files) == ("pairs", ("a.jsonl",))
    assert (part.loss.options.loss.name, part.loss.options.loss.options.scale) == ("cosent", 5)
    assert part.weight is None
    assert isinstance(part.dataset.component, Dataset)


def test_what_is_written_reads_back_as_an_equal_config(tmp_path: Any) -> None:
    config = nested()
    (tmp_path / "run.yaml").write_text(config.as_yaml(), encoding="utf-8")
    again = RunConfig.load(tmp_path / "run.yaml")
    assert again == config
    assert again.as_mapping() == config.as_mapping()
    assert config.as_mapping()["dataset"]["parts"]["a"]["loss"]["loss"] == {"name": "cosent", "scale": 5}
    other = RunConfig.load(tmp_path / "run.yaml", ["dataset.parts.a.loss.loss.scale=6"])
    assert other != config


def test_a_config_knows_the_components_within_components() -> None:
    places = {place: section.name for place, section in nested().sections().items()}
    assert {place: name for place, name in places.items() if "." in place} == {
        "dataset.parts.a.dataset": "pairs",
        "dataset.parts.a.loss": "wrapping",
        "dataset.parts.a.loss.loss": "cosent",
        "loss.loss": "cosent",
    }
    assert [section.name for section in nested().selections()] == list(places.values())


def test_what_is_wrong_with_a_component_within_another_is_told_before_a_run() -> None:
    with pytest.raises(ConfigError) as caught:
        check(nested(), CPU)
    told = [str(problem) for problem in caught.value.problems]
    missing = "wrapping needs the package no_such_module, which is not installed"
    assert [line.partition(": pip")[0] for line in told if "package" in line] == [
        f"loss: {missing}",
        f"dataset.parts.a.loss: {missing}",
    ]
    assert "dataset.parts.a.dataset: a.jsonl: no such file" in told


def test_a_default_is_looked_up_when_it_is_used(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "installed", lambda: pytest.fail("asked while plugins are gathered"))
    options = WrappingOptions()
    WrappingOptions.model_json_schema()
    monkeypatch.setattr(plugins, "installed", lambda: registry)
    assert options.loss == Selected(*options.loss._found)
    assert options.loss.options.scale == 5
    monkeypatch.setattr(plugins, "installed", lambda: Registry(()))
    with pytest.raises(LacoskitError, match="no loss named 'cosent'"):
        _ = WrappingOptions().loss.component


def test_the_schema_describes_sections_by_their_kind() -> None:
    schema = json_schema()
    assert schema["properties"]["loss"] == {"$ref": "#/$defs/loss"}
    (wrapping,) = [each for each in schema["$defs"]["loss"]["anyOf"] if each["title"] == "wrapping"]
    assert wrapping["properties"]["loss"] == {"description": "What is wrapped.", "$ref": "#/$defs/loss"}
    assert wrapping["properties"]["more"]["items"] == {"$ref": "#/$defs/loss"}
    part = schema["$defs"]["Part"]["properties"]
    assert part["dataset"] == {"description": "Where its examples come from.", "$ref": "#/$defs/dataset"}
    assert part["loss"]["anyOf"] == [{"$ref": "#/$defs/loss"}, {"type": "null"}]


def test_a_component_that_holds_another_is_shown_as_it_is_written() -> None:
    lines = shown(WRAPPING, 100).splitlines()
    assert lines[:2] == ["loss:", "  name: wrapping"]
    assert "  loss: {name: cosent, scale: 5.0}  # a section, as loss: is" in lines
    assert "  more: []  # list of a section, as loss: is" in lines
