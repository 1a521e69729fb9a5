"""`lacoskit plan CONFIG`: what memory a run takes, part by part, before anything is downloaded or loaded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.arguments import add_overrides
from lacoskit.errors import ConfigError, Problem

if TYPE_CHECKING:
    from lacoskit.config import RunConfig
    from lacoskit.footprint.machine import Machine
    from lacoskit.footprint.texts import Texts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, the defaults")
    add_overrides(parser)
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
    from lacoskit.footprint.machine import Machine, this_machine
    from lacoskit.footprint.texts import Texts

    words, here = _Words(), this_machine()
    config: Any = None
    try:
        config = RunConfig.load(arguments.config, arguments.set)
    except ConfigError as error:
        words.problems += error.problems
    gpus = words.number("--gpus", arguments.gpus, 1)
    each, host = words.size("--gpu-memory", arguments.gpu_memory), words.size("--host-memory", arguments.host_memory)
    an_example, tokens = words.number("--texts", arguments.texts, 2), words.number("--tokens", arguments.tokens, 1)
    if gpus and arguments.gpu_memory is None and not here.gpus:
        words.wrong("--gpu-memory", "how much has each GPU, as in --gpu-memory 32GB? This machine has none")
    if config is not None and tokens and tokens > config.max_length:
        words.wrong("--tokens", f"texts are cut to max_length={config.max_length}; use no more")
    if words.problems:
        raise ConfigError(arguments.config or "configuration", words.problems)
    count = gpus or (1 if each else here.gpus)
    elsewhere = count > here.gpus
    name = here.name if here.gpus and not each else "GPU"
    machine = Machine(name, count, each or here.gpu_memory, host or (None if elsewhere else here.host_memory))
    return config, machine, Texts(an_example or 3, tokens or config.max_length)


class _Words:
    """Words of the command as values, None where they are not given or wrong; what is wrong with them is gathered."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, option: str, what: str) -> None:
        self.problems.append(Problem(option, what))

    def number(self, option: str, word: str | None, least: int) -> int | None:
        if word is None:
            return None
        if word.isdigit() and int(word) >= least:
            return int(word)
        self.wrong(option, f"expected a whole number from {least} on, got {word!r}")
        return None

    def size(self, option: str, word: str | None) -> int | None:
        from lacoskit.footprint.machine import parse_bytes

        try:
            return None if word is None else parse_bytes(word)
        except ValueError as error:
            self.wrong(option, str(error))
            return None
