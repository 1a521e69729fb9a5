"""`lacoskit plugins [show KIND NAME]`: what the installed plugins offer, and what failed and why."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lacoskit.components import Component
    from lacoskit.plugins import Registry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    parser.add_argument("kind", nargs="?", help="quantizer, adapter, pooler, loss, dataset or optimizer")
    parser.add_argument("name", nargs="?", help="the component to show, as listed")


def execute(arguments: argparse.Namespace) -> int:
    """List all components, or the options of one."""
    from lacoskit import plugins
    from lacoskit.components import KINDS
    from lacoskit.errors import LacoskitError, did_you_mean

    registry = plugins.installed()
    if arguments.action == "list":
        _list(registry)
        return 0
    if arguments.kind not in KINDS:
        raise LacoskitError(f"no kind named {arguments.kind!r}; {did_you_mean(str(arguments.kind), KINDS)}")
    _show(registry.select(KINDS[arguments.kind], str(arguments.name)))
    return 0


def _list(registry: Registry) -> None:
    from rich.console import Console
    from rich.table import Table

    from lacoskit.components import KINDS
    from lacoskit.config import DEFAULT_COMPONENTS

    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("kind", "name", "from", "what it is"):
        table.add_column(column, overflow="fold", no_wrap=column == "name")
    for kind in KINDS:
        offers = sorted((o for o in registry.offers if o.component.kind == kind), key=lambda o: o.component.name)
        for offer in offers:
            default = " [dim](default)[/dim]" if DEFAULT_COMPONENTS[kind] == offer.component.name else ""
            name = f"[bold]{offer.component.name}[/bold]{default}"
            table.add_row(kind, name, offer.source.distribution, offer.component.description)
        table.add_section()
    console.print(table)
    for broken in registry.broken:
        console.print(f"[red]failed[/red]  {broken.source}: {broken.reason}", highlight=False)
    for source in registry.disabled:
        console.print(f"disabled  {source}", highlight=False)
    console.print("\nits options: lacoskit plugins show KIND NAME", highlight=False)


def _show(component: Component[Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]{component.kind}: {{name: {component.name}}}[/bold]\n{component.description}", highlight=False
    )
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("option", "default", "values", "meaning"):
        table.add_column(column, overflow="fold")
    schema = component.options.model_json_schema()
    for name, option in schema.get("properties", {}).items():
        default = component.options.model_fields[name].get_default(call_default_factory=True)
        table.add_row(f"[bold]{name}[/bold]", _plain(default), _values(option), option.get("description", ""))
    if component.options.model_fields:
        console.print()
        console.print(table)
    else:
        console.print("\nit has no options", highlight=False)


def _plain(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return f"[{', '.join(map(str, value))}]".replace("[", r"\[") if isinstance(value, list | tuple) else str(value)


def _values(option: dict[str, Any]) -> str:
    """What an option takes, in a few words, from its JSON schema."""
    if "anyOf" in option:
        return " or ".join(dict.fromkeys(_values(choice) for choice in option["anyOf"]))
    if "enum" in option:
        return " | ".join(map(str, option["enum"]))
    if "const" in option:
        return str(option["const"])
    bounds = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = " ".join(f"{sign} {option[key]:g}" for key, sign in bounds.items() if key in option)
    if option.get("type") == "array":
        return f"list of {_values(option.get('items', {})) or 'values'}"
    return f"{option.get('type', '')} {limits}".strip()
