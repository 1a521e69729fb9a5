"""Work that is done in a thread one step before it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield items, the next of which is made in a thread while the caller works on one.

    At most one item waits. What making an item raises is raised where the item is asked for.
    """
    coming = iter(items)
    end = object()
    with ThreadPoolExecutor(1) as thread:
        made = thread.submit(next, coming, end)
        while (item := made.result()) is not end:
            made = thread.submit(next, coming, end)
            yield item  # type: ignore[misc]  # not the end, so an item
