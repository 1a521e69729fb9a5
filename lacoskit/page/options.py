"""Options of several runs side by side: where they differ, with a section in a line where its components do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lacoskit import plugins
from lacoskit.components import KINDS
from lacoskit.config import write_value
from lacoskit.errors import LacoskitError

ELSEWHERE = ("output",)
"""Options that differ in every run and decide nothing."""

MISSING = object()
"""Stands where a run does not have an option."""

MANY = 3
"""Of longer lists and mappings only so many parts are told, and how many there are."""


def differences(configs: Sequence[Mapping[str, Any]], place: str = "") -> Iterator[tuple[str, list[Any]]]:
    """Yield the places at which configurations differ, such as `train.batch_size`, and the value of each there.

    Sections of different components, and sets of tasks or sources under names of one's own, are one place: their
    options have nothing to be set against.
    """
    for key in dict.fromkeys(key for config in configs for key in config):
        inner = f"{place}.{key}" if place else str(key)
        values = [config.get(key, MISSING) for config in configs]
        if inner in ELSEWHERE or len({_same(value) for value in values}) == 1:
            continue
        if _comparable(values):
            yield from differences(values, inner)
        else:
            yield inner, values


def flattened(config: Mapping[str, Any], place: str = "") -> dict[str, Any]:
    """The options by their place, such as `train.batch_size`; lists as they are."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        inner = f"{place}.{key}" if place else str(key)
        if isinstance(value, Mapping) and value:
            found |= flattened(value, inner)
        else:
            found[inner] = value
    return found


def brief(place: str, value: Any) -> str:
    """A value in a line: of a section, the component and its options that are not the defaults; empty if missing."""
    if value is MISSING:
        return ""
    if isinstance(value, Mapping) and "name" in value:
        given = _given(place.rpartition(".")[2], value)
        told = ", ".join(f"{key}: {brief(key, option)}" for key, option in given.items())
        return f"{value['name']} ({told})" if told else str(value["name"])
    if isinstance(value, Mapping) and value:
        return _cut(list(map(str, value)))
    if isinstance(value, list) and len(value) > MANY:
        return f"[{_cut([write_value(part) for part in value])}]"
    return write_value(value)


def _cut(parts: Sequence[str]) -> str:
    told = ", ".join(parts[:MANY])
    return told if len(parts) <= MANY else f"{told}, … {len(parts)} in all"


def _comparable(values: Sequence[Any]) -> bool:
    """Whether all are sections of one component, or parts of the configuration with the same options."""
    if not all(isinstance(value, Mapping) and value for value in values):
        return False
    return len({value.get("name") for value in values}) == 1 and len({frozenset(value) for value in values}) == 1


def _given(kind: str, section: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are not the component's defaults; all that say something, where it is not installed."""
    try:
        fields = plugins.installed().select(KINDS[kind], section["name"]).options.model_fields
        defaults = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    except (KeyError, LacoskitError):
        defaults = {}
    return {
        name: value
        for name, value in section.items()
        if name != "name" and value not in (None, {}, []) and _same(value) != _same(defaults.get(name, MISSING))
    }


def _same(value: Any) -> str:
    """What is equal for equal values."""
    return "" if value is MISSING else json.dumps(value, sort_keys=True, default=str)
