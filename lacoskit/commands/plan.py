"""`lacoskit plan CONFIG`: what memory a run takes, part by part, before anything is downloaded or loaded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lacoskit.config import RunConfig
    from lacoskit.footprint.machine import Machine
    from lacoskit.footprint.texts import Texts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the defaults")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="override the file")
    parser.add_argument("--gpus", metavar="N", help="for so many GPUs; by default, for this machine")
    parser.add_argument("--gpu-memory", metavar="SIZE", help="of each GPU, such as 32GB or 40GiB")
    parser.add_argument("--host-memory", metavar="SIZE", help="of the machine, such as 256GB")
    parser.add_argument("--texts", metavar="N", default="3", help="of an example; by default 3: with a hard negative")
    parser.add_argument("--tokens", metavar="N", help="tokens of a text; by default max_length, the most there can be")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", metavar="FOLDER", help="write a config that fits, and the files to launch it")


def execute(arguments: argparse.Namespace) -> int:
    """Count, and tell or write what was found."""
    config, machine, texts = _asked(arguments)  # mistakes show before what takes seconds to import

    from lacoskit.commands import plan_screen
    from lacoskit.commands.configs import folder
    from lacoskit.footprint.plan import make_plan, write_plan

    plan = make_plan(config, machine, texts, folder().parent / "launch")
    if arguments.json:
        import json

        print(json.dumps(plan.as_mapping(), indent=2))
    else:
        plan_screen.show(plan, arguments.config, arguments.set)
    if arguments.write is not None:
        command = write_plan(plan, Path(arguments.write))
        if not arguments.json:
            plan_screen.say_written(Path(arguments.write), command)
    return 0


def _asked(arguments: argparse.Namespace) -> tuple[RunConfig, Machine, Texts]:
    """What the words of the command mean; one ConfigError tells all that is wrong with them and with the file."""
    from lacoskit.config import RunConfig
    from lacoskit.errors import ConfigError, Problem
    from lacoskit.footprint.machine import Machine, parse_bytes, this_machine
    from lacoskit.footprint.texts import Texts

    problems: list[Problem] = []
    config: Any = None
    try:
        config = RunConfig.load(arguments.config, arguments.set)
    except ConfigError as error:
        problems += error.problems

    def number(option: str, word: str | None, least: int) -> int | None:
        if word is None:
            return None
        if word.isdigit() and int(word) >= least:
            return int(word)
        problems.append(Problem(option, f"expected a whole number from {least} on, got {word!r}"))
        return None

    def size(option: str, word: str | None) -> int | None:
        try:
            return None if word is None else parse_bytes(word)
        except ValueError as error:
            problems.append(Problem(option, str(error)))
            return None

    gpus = number("--gpus", arguments.gpus, 1)
    each, host = size("--gpu-memory", arguments.gpu_memory), size("--host-memory", arguments.host_memory)
    an_example, tokens = number("--texts", arguments.texts, 2), number("--tokens", arguments.tokens, 1)
    here = this_machine()
    if gpus and arguments.gpu_memory is None and not here.gpus:
        problems.append(
            Problem("--gpu-memory", "how much has each GPU, as in --gpu-memory 32GB? This machine has none")
        )
    if config is not None and tokens and tokens > config.max_length:
        problems.append(Problem("--tokens", f"texts are cut to max_length={config.max_length}; use no more"))
    if problems:
        raise ConfigError(arguments.config or "configuration", problems)
    count = gpus or (1 if each else here.gpus)
    elsewhere = count > here.gpus
    name = here.name if here.gpus and not each else "GPU"
    machine = Machine(name, count, each or here.gpu_memory, host or (None if elsewhere else here.host_memory))
    return config, machine, Texts(an_example or 3, tokens or config.max_length)
