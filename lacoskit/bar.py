"""A bar for work of some length that has no figures to show."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHOWN_FROM = 5_000
"""From this many texts on, a bar is shown on a terminal."""


def worthwhile(texts: int) -> bool:
    """Whether there is a terminal, and so much to do that a bar helps."""
    return texts >= SHOWN_FROM and sys.stderr.isatty()


@contextmanager
def progress_bar(what: str, total: int, shown: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr while the block runs; what it yields is called with the number done since the last call."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), disable=not shown, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda done: progress.advance(task, done)
