"""`lacoskit plugins [show KIND NAME]`: what the installed plugins offer, and what failed and why."""

from __future__ import annotations

import argparse
import inspect
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from lacoskit.components import Component
    from lacoskit.plugins import Registry, Source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    parser.add_argument(
        "kind", nargs="?", help="quantizer, adapter, pooler, loss, dataset, optimizer, generator, task or analysis"
    )
    parser.add_argument("name", nargs="?", help="the component to show, as listed")


def execute(arguments: argparse.Namespace) -> int:
    """List all components, or tell everything about one."""
    from rich.console import Console

    from lacoskit import plugins
    from lacoskit.components import KINDS
    from lacoskit.errors import LacoskitError, did_you_mean

    console, registry = Console(highlight=False), plugins.installed()
    kind, name = arguments.kind, arguments.name
    if arguments.action == "list":
        _list(console, registry)
        return 0
    if kind is None:
        raise LacoskitError(
            f"show what? A kind and a name, as in lacoskit plugins show loss multiple-negatives; the kinds: "
            f"{', '.join(KINDS)}"
        )
    if kind not in KINDS:
        raise LacoskitError(f"no kind named {kind!r}; {did_you_mean(kind, KINDS)}")
    if name is None:
        raise LacoskitError(f"show which {kind}? {', '.join(registry.names(kind))}")
    component = registry.select(KINDS[kind], name)
    source = next(offer.source for offer in registry.offers if offer.component is component)
    _show(console, component, source)
    return 0


def _list(console: Console, registry: Registry) -> None:
    from lacoskit.components import KINDS

    for kind, record in KINDS.items():
        about = (record.__doc__ or "").strip().partition("\n")[0].rstrip(".")
        console.print(f"[bold]{kind}[/bold]  [dim]{about.partition(',')[0]}[/dim]")
        console.print(_table(kind, registry, _mark(console)))
        console.print()
    for line in _failures(registry):
        console.print(line, soft_wrap=True)  # one line each, however long the reason
    console.print(f"[green]{_mark(console)}[/green] is what a run uses that names no other.")
    console.print("More about one: lacoskit plugins show loss multiple-negatives")


def _mark(console: Console) -> str:
    return "*" if console.options.ascii_only else "●"


def _table(kind: str, registry: Registry, default: str) -> Any:
    from rich.table import Table
    from rich.text import Text

    from lacoskit.plugins import missing_modules
    from lacoskit.sections import DEFAULT_COMPONENTS

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column("default", width=1)
    # As wide for every kind, so that the columns of all tables stand below each other.
    names = max((len(offer.component.name) for offer in registry.offers), default=0)
    origins = max((len(offer.source.distribution) for offer in registry.offers), default=0)
    table.add_column("name", no_wrap=True, min_width=names)
    table.add_column("what it is", ratio=1)
    table.add_column("distribution", style="dim", no_wrap=True, min_width=origins)
    for offer in sorted(registry.offers, key=lambda offer: offer.component.name):
        component = offer.component
        if component.kind != kind:
            continue
        mark = Text(default, "green") if DEFAULT_COMPONENTS[kind] == component.name else ""
        what = Text(component.description)
        for module in missing_modules(component):
            what.append(f"\nneeds {module}, which is not installed", "red")
        table.add_row(mark, Text(component.name, "bold"), what, Text(offer.source.distribution))
    return table


def _failures(registry: Registry) -> list[Any]:
    """One line for each plugin that cannot be used, and for each name that cannot be selected."""
    from rich.text import Text

    told: list[tuple[str, str, str]] = [("failed", "bold red", f"{b.source}: {b.reason}") for b in registry.broken]
    told += [("disabled", "bold", str(source)) for source in registry.disabled]
    offered: dict[tuple[str, str], list[str]] = {}
    for offer in registry.offers:
        offered.setdefault((offer.component.kind, offer.component.name), []).append(str(offer.source))
    for (kind, name), sources in offered.items():
        if len(sources) > 1:
            told.append(("contested", "bold red", f"{kind} {name}, offered by {' and '.join(sources)}"))
    lines = [Text.assemble((f"{word:<9}", style), "  ", what) for word, style, what in told]
    return [*lines, ""] if lines else []


def _show(console: Console, component: Component[Any], source: Source) -> None:
    """Print the docstring as prose and the options as the section of a config file, ready to be copied."""
    from rich.text import Text

    from lacoskit.commands import print_yaml
    from lacoskit.plugins import how_to_install, missing_modules
    from lacoskit.sections import DEFAULT_COMPONENTS

    default = ", the default" if DEFAULT_COMPONENTS[component.kind] == component.name else ""
    origin = f"a{'n' if component.kind[0] in 'ao' else ''} {component.kind} of {source.distribution} {source.version}"
    console.print(Text.assemble((component.name, "bold"), f"  {origin}{default}"))
    console.print()
    for paragraph in inspect.cleandoc(component.options.__doc__ or "").split("\n\n"):
        prose = not any(line.startswith((" ", "-", "*", ">")) for line in paragraph.splitlines())
        console.print(Text(" ".join(paragraph.split()) if prose else paragraph))
        console.print()
    print_yaml(console, _section(component, min(console.width, 100)))
    for module in component.requires:
        missing = module in missing_modules(component)
        state = Text(f", which is not installed: {how_to_install(module)}", "red") if missing else Text("")
        console.print(Text.assemble(f"\nIt needs the package {module}", state))


def _section(component: Component[Any], width: int) -> str:
    """The section of a config file that selects a component, every option with its default, values and meaning."""
    import yaml

    schema = component.options.model_json_schema()
    defaults = component.options().model_dump(mode="json")
    lines = [f"{component.kind}:", f"  name: {component.name}"]
    for name, option in schema.get("properties", {}).items():
        meaning = " ".join(option.get("description", "").split())
        lines += ["", *textwrap.wrap(meaning, width - 4, initial_indent="  # ", subsequent_indent="  # ")]
        default = yaml.safe_dump(defaults[name], default_flow_style=True, width=10_000, allow_unicode=True)
        value = f"  {name}: {default.strip().removesuffix('...').strip()}"  # PyYAML ends a bare value with dots
        values = _values(option, schema.get("$defs", {}))
        lines.append(f"{value}  # {values}" if len(value) + len(values) + 4 <= width else f"  # {values}\n{value}")
    return "\n".join(lines)


def _values(option: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """What an option takes, in a few words, from its JSON schema."""
    if "section" in option:
        return f"a section, as {option['section']}: is"
    if "$ref" in option:
        return _values(definitions[option["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in option:
        return " or ".join(dict.fromkeys(_values(choice, definitions) for choice in option["anyOf"]))
    if "enum" in option:
        return " | ".join(map(str, option["enum"]))
    if "const" in option:
        return str(option["const"])
    if option.get("type") == "array":
        return f"list of {_values(option.get('items', {}), definitions) or 'values'}"
    bounds = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = " and ".join(f"{sign} {option[key]:g}" for key, sign in bounds.items() if key in option)
    plain = {"boolean": "true | false", "string": "text", "object": "mapping"}
    return f"{plain.get(option.get('type', ''), option.get('type', ''))} {limits}".strip() or "anything"
