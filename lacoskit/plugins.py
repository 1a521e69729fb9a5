"""Find plugins, check them, gather what they offer, and select from it; survive the broken ones.

Each entry point of the group `lacoskit` is loaded, checked and called alone, in a plugin manager of its own: whatever
one plugin does wrong, all others work, and the failure is a line in `lacoskit plugins`.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import pluggy

from lacoskit import hooks
from lacoskit.components import KINDS, Component, Options
from lacoskit.errors import LacoskitError, PluginError, did_you_mean

DISABLE = "LACOSKIT_DISABLE_PLUGINS"
STRICT = "LACOSKIT_STRICT_PLUGINS"
EXTRAS = {
    "bm25s": "bm25",
    "deepspeed": "deepspeed",
    "faiss": "faiss",
    "mteb": "mteb",
    "pytrec_eval": "evaluation",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "evaluation",
}
"""The extra that installs a module; the others are installed by their own names."""
KEBAB_CASE = re.compile("[a-z0-9]+(-[a-z0-9]+)*")

ComponentT = TypeVar("ComponentT", bound=Component[Any])


@dataclass(frozen=True)
class Source:
    """Where a plugin comes from: its entry point and the distribution that declares it."""

    plugin: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.plugin} ({self.distribution} {self.version})"


@dataclass(frozen=True)
class Offer:
    """One component, and who offers it."""

    component: Component[Any]
    source: Source


@dataclass(frozen=True)
class BrokenPlugin:
    """A plugin that could not be used, and why, in one line."""

    source: Source
    reason: str


@dataclass(frozen=True)
class Registry:
    """Everything that the installed plugins offer, and those that failed."""

    offers: tuple[Offer, ...]
    broken: tuple[BrokenPlugin, ...] = ()
    disabled: tuple[Source, ...] = ()

    def names(self, kind: str) -> list[str]:
        """The names that can be selected for a kind, sorted."""
        return sorted({offer.component.name for offer in self.offers if offer.component.kind == kind})

    def select(self, kind: type[ComponentT], name: str) -> ComponentT:
        """Return the one component of this kind and name; a LacoskitError says why there is none, or more than one."""
        offers = [o for o in self.offers if o.component.kind == kind.kind and o.component.name == name]
        if not offers:
            raise LacoskitError(
                f"no {kind.kind} named {name!r}; {did_you_mean(name, self.names(kind.kind))}" + self._suspects()
            )
        if len(offers) > 1:
            rivals = " and ".join(str(offer.source) for offer in offers)
            raise LacoskitError(
                f"{rivals} both offer a {kind.kind} named {name!r}; uninstall one, or disable it: {DISABLE}=NAME"
            )
        return cast(ComponentT, offers[0].component)

    def _suspects(self) -> str:
        if not self.broken:
            return ""
        lines = "".join(f"\n    {broken.source}: {broken.reason}" for broken in self.broken)
        return f"\n  plugins that failed to load, one of which may offer it:{lines}"


@functools.cache
def installed() -> Registry:
    """The registry of this environment, gathered once a process."""
    return gather(importlib.metadata.entry_points(group=hooks.PROJECT))


def gather(entry_points: Iterable[importlib.metadata.EntryPoint]) -> Registry:
    """Load, check and call each entry point alone; with LACOSKIT_STRICT_PLUGINS=1 the first failure is raised."""
    offers: list[Offer] = []
    broken: list[BrokenPlugin] = []
    disabled: list[Source] = []
    unwanted = {name.strip() for name in os.environ.get(DISABLE, "").split(",")}
    for entry_point in sorted(set(entry_points), key=lambda e: (e.name, e.value)):
        source = _source(entry_point)
        if unwanted & {source.plugin, source.distribution}:
            disabled.append(source)
            continue
        try:
            offers += [Offer(component, source) for component in _components(entry_point)]
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # a plugin may exit as it is imported; only Ctrl-C goes through
            if os.environ.get(STRICT, "0") not in {"", "0"}:
                if not isinstance(error, Exception):  # SystemExit would pass for success in CI
                    raise PluginError(f"plugin {source}: {_in_one_line(error)}") from error
                error.add_note(f"in plugin {source}, raised because {STRICT} is set")
                raise
            broken.append(BrokenPlugin(source, _in_one_line(error)))
    return Registry(tuple(offers), tuple(broken), tuple(disabled))


def missing_modules(component: Component[Any]) -> list[str]:
    """The modules that a component needs and that are not installed."""
    return [module for module in component.requires if not _is_installed(module)]


def what_is_missing(component: Component[Any]) -> list[str]:
    """What a user is told about the modules that a component needs and that are not installed."""
    return [
        f"{component.name} needs the package {module}, which is not installed: {how_to_install(module)}"
        for module in missing_modules(component)
    ]


def how_to_install(module: str) -> str:
    """The command that installs a module, by lacoskit's extra where it has one."""
    return f"pip install 'lacoskit[{EXTRAS[module]}]'" if module in EXTRAS else f"pip install {module}"


def _components(entry_point: importlib.metadata.EntryPoint) -> list[Component[Any]]:
    plugin = entry_point.load()
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    manager.register(plugin, entry_point.name)  # refuses a hook with an argument
    hooked = manager.get_hookcallers(plugin) or []
    if not hooked:
        raise PluginError(f"has no hook; mark one of {', '.join(_hook_names())} with @lacoskit.hookimpl")
    for caller in hooked:
        if caller.name not in _hook_names():
            raise PluginError(f"there is no hook {caller.name!r}; {did_you_mean(caller.name, _hook_names())}")
    found: list[Component[Any]] = []
    for kind in KINDS.values():
        for implementation in getattr(manager.hook, kind.hook).get_hookimpls():
            found += _checked(kind, implementation.function())  # pluggy's own call would drop a forgotten return
    return found


def _checked(kind: type[Component[Any]], offered: object) -> Sequence[Component[Any]]:
    if not isinstance(offered, Sequence) or isinstance(offered, str):
        raise PluginError(f"{kind.hook} returned {type(offered).__name__}, expected a list of {kind.__name__}")
    for component in offered:
        if not isinstance(component, kind):
            raise PluginError(f"{kind.hook} returned a list with {type(component).__name__}, expected {kind.__name__}")
        problem = _problem(component)
        if problem:
            raise PluginError(f"{kind.kind} {component.name!r}: {problem}")
    return offered


def _problem(component: Component[Any]) -> str | None:
    """What is wrong with a record, as far as it can be seen without using it."""
    if not (isinstance(component.name, str) and KEBAB_CASE.fullmatch(component.name)):
        return "a name is lower-case words and digits with hyphens between them, as in weighted-mean"
    if not isinstance(component.requires, tuple | list):
        return f"requires must be a tuple of module names, as in ('peft',), got {component.requires!r}"
    options = component.options
    if not (isinstance(options, type) and issubclass(options, Options)):
        return f"options must be a subclass of lacoskit.Options, got {options!r}"
    if not component.description:
        return f"the docstring of {options.__name__} is its description; write one"
    if "name" in options.model_fields:
        return "options field 'name' is taken: it selects the component"
    for name, field in options.model_fields.items():
        if field.is_required():
            return f"options field {name!r} has no default"
    options()  # a default that the class itself refuses would fail every run that leaves it out
    options.model_json_schema()  # what `lacoskit schema` prints, so it must not fail for the sake of one plugin
    return None


def _hook_names() -> list[str]:
    return [kind.hook for kind in KINDS.values()]


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # its parent is missing, or no module can have this name
        return False


def _source(entry_point: importlib.metadata.EntryPoint) -> Source:
    try:
        metadata: Any = entry_point.dist.metadata if entry_point.dist is not None else {}
        return Source(entry_point.name, metadata["Name"] or "unknown", metadata["Version"] or "unknown")
    except Exception:  # a distribution without its METADATA, told in other ways by other versions of Python
        return Source(entry_point.name, "unknown", "unknown")


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
