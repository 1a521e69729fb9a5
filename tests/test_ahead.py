from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from lacoskit.ahead import one_ahead


def test_items_come_in_their_order() -> None:
    assert list(one_ahead(range(20))) == list(range(20))
    assert list(one_ahead([])) == []
    assert list(one_ahead([None, 0, False])) == [None, 0, False]


def test_the_next_item_is_made_in_another_thread_while_the_caller_works_on_one() -> None:
    threads: list[int] = []
    made = [threading.Event() for _ in range(4)]

    def make() -> Iterator[int]:
        for i, event in enumerate(made):
            threads.append(threading.get_ident())
            event.set()
            yield i

    for i in one_ahead(make()):
        assert i == 3 or made[i + 1].wait(10)
        assert not any(event.is_set() for event in made[i + 2 :])  # not more than one waits
    assert threading.get_ident() not in threads


def test_what_making_an_item_raises_is_raised_where_it_is_asked_for() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("a text that is none")

    items = one_ahead(make())
    assert next(items) == 1
    with pytest.raises(ValueError, match="a text that is none"):
        next(items)


def test_no_thread_is_left_when_the_caller_stops_early() -> None:
    before = threading.active_count()
    items = one_ahead(iter(range(100)))
    next(items)
    assert threading.active_count() == before + 1
    items.close()
    assert threading.active_count() == before
