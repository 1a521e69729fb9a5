"""The command `lacoskit`: a table of verbs, each a module that is imported only when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

import lacoskit

VERBS = {
    "generate": ("lacoskit.generate", "write queries for your documents, as pairs to train on"),
    "train": ("lacoskit.train", "train an encoder (several processes: accelerate launch -m lacoskit.train)"),
    "mine": ("lacoskit.mine", "find hard negatives in a corpus (several: accelerate launch -m lacoskit.mine)"),
    "retrofit": ("lacoskit.retrofit", "run a recipe of generating, training, mining and evaluating"),
    "evaluate": ("lacoskit.evaluate", "measure models side by side by tasks, with intervals"),
    "analyse": ("lacoskit.analyse", "find out what models' vectors know: languages, layers, biases, negation, a map"),
    "report": ("lacoskit.report", "write a page about runs: is it better, where, and what did it cost"),
    "encode": ("lacoskit.encode", "write the vectors of a corpus (several: accelerate launch -m lacoskit.encode)"),
    "sweep": ("lacoskit.sweep", "train a run for each combination of values, and compare memory, speed and quality"),
    "plan": ("lacoskit.commands.plan", "count the memory that a run takes and say what fits, loading no model"),
    "check": ("lacoskit.commands.check", "find what is wrong with a configuration, loading no model"),
    "configs": ("lacoskit.commands.configs", "list the configurations that come with the package, or print one"),
    "plugins": ("lacoskit.commands.plugins", "list what the installed plugins offer, or show one component's options"),
    "schema": ("lacoskit.commands.schema", "print the JSON schema of configuration files, for editors"),
}
"""A verb, its module, and its line in the help: written here so that `--help` imports none of them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the verb, import its module, and run it."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="lacoskit", description="Train your own multilingual sentence encoder.")
    parser.add_argument("--version", action="version", version=f"lacoskit {lacoskit.__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="COMMAND", required=True)
    called = next((word for word in argv if not word.startswith("-")), None)
    for verb, (module, summary) in VERBS.items():
        subparser = verbs.add_parser(verb, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if verb == called:
            command = importlib.import_module(module)
            command.add_arguments(subparser)
            subparser.set_defaults(execute=command.execute)
    arguments = parser.parse_args(argv)
    from lacoskit.train import guarded

    return guarded(arguments.execute, arguments)


if __name__ == "__main__":
    sys.exit(main())
