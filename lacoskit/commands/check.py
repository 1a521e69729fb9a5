"""`lacoskit check CONFIG`: everything that can be seen to be wrong without loading a model."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override the file")


def execute(arguments: argparse.Namespace) -> int:
    """Check the configuration and print it as it was understood."""
    from rich.console import Console
    from rich.syntax import Syntax

    from lacoskit import preflight
    from lacoskit.config import RunConfig
    from lacoskit.distributed import placement_here

    source = arguments.config or "configuration"
    config = RunConfig.load(arguments.config, arguments.set)
    preflight.check(config, placement_here(config), source)
    preflight.check_output(config, resume=False)
    console = Console()
    console.print(Syntax(config.as_yaml(), "yaml", background_color="default"))
    console.print(f"{source}: nothing wrong. Train with: accelerate launch -m lacoskit.train {arguments.config or ''}")
    return 0
