"""`lacoskit check CONFIG`: everything that can be seen to be wrong without loading a model."""

from __future__ import annotations

import argparse
import shlex

from lacoskit.arguments import add_overrides


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the defaults")
    add_overrides(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Check the configuration and print it as it was understood."""
    from rich.console import Console

    from lacoskit.commands import print_yaml
    from lacoskit.config import RunConfig

    source = arguments.config or "configuration"
    config = RunConfig.load(arguments.config, arguments.set)  # before what takes seconds to import

    from lacoskit import preflight
    from lacoskit.placement import placement_here

    preflight.check(config, placement_here(config), source, resume=False)
    console = Console(highlight=False, markup=False)
    print_yaml(console, config.as_yaml())
    words = [*([arguments.config] if arguments.config else []), *(f"--set {shlex.quote(o)}" for o in arguments.set)]
    console.print(
        f"\n{source}: nothing wrong. Train with:\naccelerate launch -m lacoskit.train {' '.join(words)}".rstrip(),
        soft_wrap=True,
    )
    return 0
