"""Requests to stop, which wait until what is at hand is done."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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


@contextmanager
def ending_by_exception() -> Iterator[None]:
    """Let a SIGTERM end the block as an exception does, so that what is unfinished is removed."""

    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
