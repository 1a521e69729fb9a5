"""The arguments that several commands take, in the same words; imports nothing, so that `--help` comes at once."""

from __future__ import annotations

import argparse


def add_models(parser: argparse.ArgumentParser) -> None:
    """Models; the file of a command may name them too."""
    parser.add_argument(
        "models",
        nargs="*",
        metavar="model",
        help="output folder of a run, model of sentence-transformers, or base:NAME (untrained)",
    )


def add_overrides(parser: argparse.ArgumentParser, of: str = "the file") -> None:
    """What takes the place of values in the file of a command."""
    parser.add_argument(
        "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help=f"override {of}; may be repeated"
    )


def add_check(parser: argparse.ArgumentParser) -> None:
    """To find mistakes, and do nothing else."""
    parser.add_argument("--check", action="store_true", help="find what is wrong with the configuration, and end")
