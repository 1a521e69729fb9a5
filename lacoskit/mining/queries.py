"""Queries with all their positives, gathered from the examples of a dataset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from lacoskit.components import Example
from lacoskit.mining.texts import key_of


@dataclass(frozen=True)
class Query:
    """A query, and the texts that are right for it, each once."""

    text: str
    positives: tuple[str, ...]


def gather(examples: Iterable[Example]) -> list[Query]:
    """One query for each anchor, in the order in which they come first; equal texts are one, as in a corpus."""
    anchors: dict[bytes, str] = {}
    positives: dict[bytes, dict[bytes, str]] = {}
    for example in examples:
        anchor = key_of(example.anchor)
        anchors.setdefault(anchor, example.anchor)
        positives.setdefault(anchor, {}).setdefault(key_of(example.positive), example.positive)
    return [Query(text, tuple(positives[key].values())) for key, text in anchors.items()]


def sha256(queries: Iterable[Query]) -> str:
    """Of queries and positives, in order."""
    digest = hashlib.sha256()
    for query in queries:
        digest.update(json.dumps([query.text, query.positives]).encode())
    return digest.hexdigest()
