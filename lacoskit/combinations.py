"""Which runs a sweep has: the combinations of the values of the options that it changes, each with a name."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lacoskit.config import parse_value, write_value
from lacoskit.errors import Problem

LONGEST = 96
"""Characters of a name, which file systems allow 255 bytes."""


@dataclass(frozen=True)
class Combination:
    """The options of one run that others of the sweep have otherwise."""

    name: str
    """That of its folder."""
    options: Mapping[str, Any]
    shown: Mapping[str, str]
    """The values as tables show them, by the option of `--over`."""

    @property
    def overrides(self) -> list[str]:
        """The options as `--set` takes them."""
        return overrides(self.options)


def parse_over(words: Sequence[str]) -> tuple[dict[str, list[Any]], list[Problem]]:
    """Read `section.key=value,value,...`, as often as it was given: the values by option, and all mistakes."""
    over: dict[str, list[Any]] = {}
    problems = []
    for word in words:
        place, equals, text = (part.strip() for part in word.partition("="))
        where = f"--over {word}"
        if not equals or not all(place.split(".")):
            problems.append(Problem(where, "expected section.key=value,value, as in --over adapter.rank=4,16"))
            continue
        if place == "output":
            problems.append(Problem(where, "a sweep names the folder of each run; --output names the one around them"))
        if place in over:
            problems.append(Problem(where, f"{place} stands in another --over too; give all its values in one"))
        try:
            over[place] = _values(text)
        except ValueError as error:
            problems.append(Problem(where, f"the values are {error}"))
            continue
        if not over[place]:
            problems.append(Problem(where, "no value; expected one or more, with commas between them"))
    return over, problems


def combinations(over: Mapping[str, Sequence[Any]]) -> list[Combination]:
    """Every combination once, the values of the last option changing fastest.

    `null` as a section's name is the whole section's, as in `quantizer: null`; the options of a section that is null
    are left out, so that combinations which differ in nothing else are one.
    """
    names, texts = short_names(list(over)), {place: _texts(values) for place, values in over.items()}
    made: dict[tuple[str, ...], tuple[str, dict[str, Any], dict[str, str]]] = {}
    for values in itertools.product(*over.values()):
        chosen = _without_options_of_null(dict(zip(over, values, strict=True)))
        options = dict(_as_section(place, value) for place, value in chosen.items())
        told = {place: texts[place][write_value(value)] for place, value in chosen.items()}
        slug = "_".join(_slug(names[place], value) for place, value in chosen.items())
        made.setdefault(tuple(overrides(options)), (slug, options, told))
    unique = _unique([slug for slug, _, _ in made.values()], list(made))
    return [Combination(name, options, told) for name, (_, options, told) in zip(unique, made.values(), strict=True)]


def overrides(options: Mapping[str, Any]) -> list[str]:
    """Options as `--set` takes them, sections before what stands in them."""
    return [f"{place}={write_value(options[place])}" for place in sorted(options, key=lambda place: place.count("."))]


def short_names(places: Sequence[str]) -> dict[str, str]:
    """What to call each option: its last word, and the section for the section's name, if no other is called so."""
    sections = {place: place.removesuffix(".name") for place in places}
    last = {section: section.rpartition(".")[2] for section in sections.values()}
    known = Counter(last.values())
    return {place: last[section] if known[last[section]] == 1 else section for place, section in sections.items()}


def shown(value: Any) -> str:
    """A value as tables and names show it: of a path or a name on the hub, the last part."""
    if value is None:
        return "none"
    if isinstance(value, str):
        value = value.rstrip("/ ").rpartition("/")[2]
    return " ".join((value if isinstance(value, str) else write_value(value)).split())


def _values(text: str) -> list[Any]:
    # In brackets, since a comma then separates values wherever YAML does not take it for a part of one.
    values: list[Any] = parse_value(f"[{text}]")
    alone = values[0] if len(values) == 1 else None
    return alone if isinstance(alone, list) else values


def _texts(values: Sequence[Any]) -> dict[str, str]:
    """What to show for each value, by its YAML: the short form, unless two have the same."""
    short = {write_value(value): shown(value) for value in values}
    known = Counter(short.values())
    return {text: told if known[told] == 1 else " ".join(text.split()) for text, told in short.items()}


def _without_options_of_null(values: Mapping[str, Any]) -> dict[str, Any]:
    null = tuple(f"{_as_section(place, None)[0]}." for place, value in values.items() if value is None)
    return {place: value for place, value in values.items() if value is None or not place.startswith(null)}


def _as_section(place: str, value: Any) -> tuple[str, Any]:
    """What `--set` can say: a section's name is never null, but the section is."""
    return (place.removesuffix(".name"), None) if value is None else (place, value)


def _slug(name: str, value: Any) -> str:
    return re.sub(r"[^A-Za-z0-9.+]+", "-", f"{name}-{shown(value)}").strip("-.")


def _unique(names: Sequence[str], contents: Sequence[Sequence[str]]) -> list[str]:
    """Add to names that are too long or, in capitals or not, the same, a hash of what they stand for.

    The hash depends on nothing else: a run keeps its folder when a sweep gets more values, unless they clash.
    """
    hashes = [hashlib.sha256("\n".join(content).encode()).hexdigest()[:8] for content in contents]
    known = Counter(name.casefold() for name in names)
    return [
        name if known[name.casefold()] == 1 and len(name) <= LONGEST else f"{name[: LONGEST - 9]}-{own}"
        for name, own in zip(names, hashes, strict=True)
    ]
