"""How a language writes its words down: compact tables of entries, parsed once into tuples of forms.

A table is text of the shape ``id: form form + tail / other entry; id: ...``: entries of a line are separated by ``;``,
synonyms by ``/``, forms by spaces (``_`` stands for a space inside a form), and what follows a verb unchanged by ``+``.
"""

from __future__ import annotations

from typing import NamedTuple


class Entry(NamedTuple):
    """One way to say a word: its forms, in the order that its language wants, and an invariable tail."""

    forms: tuple[str, ...]
    tail: str = ""


Table = dict[str, tuple[Entry, ...]]


def table(text: str) -> Table:
    """Parse a table.  Raises ValueError for an entry without an id, or for an id given twice."""
    found: Table = {}
    for item in text.replace("\n", ";").split(";"):
        item = item.strip()
        if not item:
            continue
        word, colon, rest = item.partition(":")
        if not colon or word in found or not rest.strip():
            raise ValueError(f"not an entry, or one given twice: {item!r}")
        found[word.strip()] = tuple(_entry(part) for part in rest.split("/"))
    return found


def _entry(text: str) -> Entry:
    forms, plus, tail = text.partition("+")
    return Entry(tuple(form.replace("_", " ") for form in forms.split()), tail.strip() if plus else "")
