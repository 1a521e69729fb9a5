"""Requests to stop, which wait until what is at hand is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def stop_requests() -> Iterator[list[int]]:
    """Collect SIGTERM and Ctrl-C, so that the step at hand is finished and saved first."""
    asked: list[int] = []
    numbers = (signal.SIGTERM, signal.SIGINT)
    try:
        before = {number: signal.signal(number, lambda received, frame: asked.append(received)) for number in numbers}
    except ValueError:  # not in the main thread, as in some notebooks: the default handling stays
        before = {}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
