"""`lacoskit configs [show NAME]`: the configurations that come with the package."""

from __future__ import annotations

import argparse
import sysconfig
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("action", nargs="?", choices=["list", "show"], default="list")
    parser.add_argument("name", nargs="?", help="the configuration to show, as listed")


def execute(arguments: argparse.Namespace) -> int:
    """List the configurations with their first comment, or print one."""
    from rich.console import Console
    from rich.table import Table

    from lacoskit.commands import print_yaml
    from lacoskit.errors import LacoskitError, did_you_mean

    console = Console(highlight=False)
    files = {path.stem: path for path in sorted(folder().glob("*.yaml"))}
    if arguments.action == "show":
        if arguments.name is None:
            raise LacoskitError(f"show which configuration? {', '.join(files)}")
        name = arguments.name.removesuffix(".yaml")
        if name not in files:
            raise LacoskitError(f"no configuration named {name!r}; {did_you_mean(name, files)}")
        print_yaml(console, files[name].read_text(encoding="utf-8"))
        return 0
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("name", style="bold")
    table.add_column("what it is")
    for name, path in files.items():
        table.add_row(name, path.read_text(encoding="utf-8").partition("\n")[0].lstrip("# "))
    console.print(table)
    console.print(f"\nThey lie in {folder()}", markup=False, soft_wrap=True)
    console.print(f"Copy one and change it: lacoskit configs show {next(iter(files), 'NAME')} > my-run.yaml")
    return 0


def folder() -> Path:
    """Where the configurations are: beside the package in a checkout, under the environment's data otherwise."""
    root = Path(__file__).resolve().parents[2]
    in_checkout = (root / "pyproject.toml").is_file()  # site-packages has none, whatever else is named configs there
    return root / "configs" if in_checkout else Path(sysconfig.get_path("data")) / "share" / "lacoskit" / "configs"
