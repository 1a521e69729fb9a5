"""The same scenes said in several languages, each twice in other words, with what they are about."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.languages import GRAMMARS
from lacoskit_builtins.grammar.realise import Language
from lacoskit_builtins.grammar.scenes import Scene, draw, held_out

_TRIES = 20_000  # scenes in a row that may fail before the space is called exhausted
_WORDINGS = 12  # sayings of a scene that are tried for one in other words
_TOPICS = {
    "duo": "encounters", "state": "things", "locate": "things", "change": "economy", "toll": "disasters",
    "deed": "politics", "dealing": "politics", "match": "sport", "weather": "weather",
}  # fmt: skip
_ACT_TOPICS = {
    "meal": "food", "kitchen": "food", "sport": "sport", "water": "sport", "game": "games", "art": "arts",
    "travel": "travel", "trade": "trade",
}  # fmt: skip


@dataclass(frozen=True)
class Parallel:
    """One scene: a sentence in each language, and another with the same meaning."""

    topic: str
    said: Mapping[str, str]
    again: Mapping[str, str]


def parallel(languages: Sequence[str], size: int, seed: int) -> list[Parallel]:
    """``size`` distinct held-out scenes, which no triple ever shows, in each of the languages.

    No sentence of a language is there twice. Raises ValueError for an unknown language, or more scenes than the grammar
    can find.
    """
    unknown = [code for code in languages if code not in GRAMMARS]
    if unknown:
        raise ValueError(f"no grammar for the language {unknown[0]!r}; there are {', '.join(GRAMMARS)}")
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    seen: set[tuple[str, str]] = set()
    found: list[Parallel] = []
    for _ in range(size):
        for _ in range(_TRIES):
            scene = draw(rng)
            made = _made(scene, languages, rng) if held_out(scene) else None
            if made is not None and seen.isdisjoint(texts := {*made.said.items(), *made.again.items()}):
                break
        else:
            raise ValueError("no further scenes found")
        seen |= texts
        found.append(made)
    return found


def topic_of(scene: Scene) -> str:
    """What a scene is about, in a word."""
    return _TOPICS.get(scene.kind) or _ACT_TOPICS.get(inv.ACTION_GROUP[scene.action], "daily life")


def other_wording(grammar: Language, scene: Scene, sentence: str, rng: random.Random) -> str | None:
    """A sentence of the same meaning in other words, None where the scene has but one."""
    for _ in range(_WORDINGS):
        text = grammar.realise(scene, rng)
        if text != sentence:
            return text
    return None


def _made(scene: Scene, languages: Sequence[str], rng: random.Random) -> Parallel | None:
    said, again = {}, {}
    for code in languages:
        said[code] = GRAMMARS[code].realise(scene, rng)
        other = other_wording(GRAMMARS[code], scene, said[code], rng)
        if other is None:
            return None
        again[code] = other
    return Parallel(topic_of(scene), said, again)
