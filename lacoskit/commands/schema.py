"""`lacoskit schema`: the JSON Schema of configuration files, with every installed component."""

from __future__ import annotations

import argparse
import json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes nothing."""


def execute(arguments: argparse.Namespace) -> int:
    """Print the schema."""
    from lacoskit.schema import json_schema

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0
