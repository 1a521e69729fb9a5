"""Mine hard negatives from a corpus: `accelerate launch -m lacoskit.mine CONFIG.yaml`, on all processes."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lacoskit.arguments import add_check, add_overrides
from lacoskit.errors import ConfigError
from lacoskit.train import guarded

if TYPE_CHECKING:
    from lacoskit.mining.config import MineConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("config", nargs="?", help="a YAML file; without it, negatives for the default run")
    add_overrides(parser)
    add_check(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    from lacoskit.mining.config import MineConfig

    source = arguments.config or "configuration"
    config = MineConfig.load(arguments.config, arguments.set)
    problems = config.problems()
    if problems:
        raise ConfigError(source, problems)
    if arguments.check:
        return _tell_all_is_well(config, source, arguments)

    import torch  # takes seconds, which a mistake need not wait for
    from accelerate import PartialState

    from lacoskit.mining.work import Mining
    from lacoskit.together import PATIENCE

    state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
    try:
        Mining(config, state).run()
    finally:
        state.destroy_process_group()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command; each mistake is one message, from one process."""
    parser = argparse.ArgumentParser(prog="lacoskit.mine", description=__doc__)
    add_arguments(parser)
    return guarded(execute, parser.parse_args(argv))


def _tell_all_is_well(config: MineConfig, source: str, arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from lacoskit.commands import print_yaml

    console = Console(highlight=False, markup=False)
    print_yaml(console, config.as_yaml())
    words = [*([arguments.config] if arguments.config else []), *(f"--set {shlex.quote(o)}" for o in arguments.set)]
    command = f"accelerate launch -m lacoskit.mine {' '.join(words)}".rstrip()
    console.print(f"\n{source}: nothing wrong. Mine with:\n{command}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
