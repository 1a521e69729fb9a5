"""A template grammar that makes sentence triples and graded sentence pairs in ten languages, from meaning to words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from lacoskit_builtins.grammar.closeness import closeness
from lacoskit_builtins.grammar.contrasts import PHENOMENA, Contrast, contrasts
from lacoskit_builtins.grammar.languages import GRAMMARS
from lacoskit_builtins.grammar.parallel import Parallel, parallel
from lacoskit_builtins.grammar.realise import Language
from lacoskit_builtins.grammar.relations import (
    another_agent,
    contradict,
    deny_rival,
    drop,
    entail,
    generalise,
)
from lacoskit_builtins.grammar.scenes import Scene, draw, held_out

LANGUAGES: tuple[str, ...] = tuple(GRAMMARS)

_TRIES = 400  # draws in a row that may fail before the space is called exhausted


@dataclass(frozen=True)
class Triple:
    """A premise, a sentence that follows from it and one that cannot be true together with it."""

    language: str
    premise: str
    entailment: str
    contradiction: str


@dataclass(frozen=True)
class GradedPair:
    """Two sentences and how near they are in meaning, from 0 (unrelated) to 5 (the same)."""

    language: str
    first: str
    second: str
    score: float


def triples(languages: Sequence[str], size: int, seed: int) -> list[Triple]:
    """``size`` distinct triples from training scenes, the same for the same arguments on every machine.

    The languages take equal parts (the first ones one triple more where ``size`` does not divide) and follow each
    other in a shuffled order.  Raises ValueError for a language that the grammar does not have, for no language at
    all, a negative size, or more triples than the grammar can find.
    """
    grammars = [_grammar(code) for code in languages]
    if size < 0 or (size and not grammars):
        raise ValueError("triples need a size of at least 0 and a language")
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    order = [grammars[place % len(grammars)] for place in range(size)]
    rng.shuffle(order)
    seen: set[tuple[str, str, str, str]] = set()
    found = []
    for grammar in order:
        for _ in range(_TRIES):
            made = _triple(grammar, rng)
            if made is not None and made not in seen:
                break
        else:
            raise ValueError(f"no further triples found in {grammar.code}")
        seen.add(made)
        found.append(Triple(*made))
    return found


def graded_pairs(language: str, size: int, seed: int) -> list[GradedPair]:
    """``size`` distinct pairs from held-out scenes, which no triple ever shows, graded by ``closeness.closeness``.

    Roughly equal parts are paraphrases (5), pairs with a detail dropped (about 4), with a word generalised and a
    detail dropped (about 3), with another agent or a contradiction (about 2), with one thing in common (about 1) and
    unrelated ones (about 0).  Raises ValueError for an unknown language, a negative size, or more pairs than the
    grammar can find.
    """
    grammar = _grammar(language)
    if size < 0:
        raise ValueError("graded pairs need a size of at least 0")
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    seen: set[tuple[str, str]] = set()
    found = []
    for place in range(size):
        for _ in range(50 * _TRIES):
            pair = _pair(grammar, place % 6, rng)
            if pair is not None and (pair.first, pair.second) not in seen:
                break
        else:
            raise ValueError(f"no further graded pairs found in {language}")
        seen.add((pair.first, pair.second))
        found.append(pair)
    rng.shuffle(found)
    return found


def _grammar(code: str) -> Language:
    if code not in GRAMMARS:
        raise ValueError(f"no grammar for the language {code!r}; there are {', '.join(LANGUAGES)}")
    return GRAMMARS[code]


def _triple(grammar: Language, rng: random.Random) -> tuple[str, str, str, str] | None:
    scene = draw(rng)
    if held_out(scene):
        return None
    weaker, against = entail(scene, rng), contradict(scene, rng)
    if against is None or held_out(weaker) or held_out(against):
        return None
    premise = grammar.realise(scene, rng)
    entailment, contradiction = grammar.realise(weaker, rng), grammar.realise(against, rng)
    if entailment == premise or contradiction in (premise, entailment):
        return None
    return grammar.code, premise, entailment, contradiction


def _pair(grammar: Language, level: int, rng: random.Random) -> GradedPair | None:
    scene = _held_out_scene(rng)
    other = _partner(scene, level, rng)
    if other is None or not held_out(other):
        return None
    score = closeness(scene, other)
    if round(score) != level and not (level in (2, 3) and 1.2 < score < 3.8):
        return None
    first, second = grammar.realise(scene, rng), grammar.realise(other, rng)
    if rng.random() < 0.5:
        first, second = second, first
    return GradedPair(grammar.code, first, second, score) if first != second else None


def _partner(scene: Scene, level: int, rng: random.Random) -> Scene | None:
    """Another scene at about this level of closeness, None where this scene offers none."""
    if level == 5:
        return scene
    if level == 4:
        return drop(scene, rng)
    if level == 3:
        return drop(generalise(scene, rng), rng) if rng.random() < 0.7 else deny_rival(scene, rng)
    if level == 2:
        return another_agent(scene, rng) if rng.random() < 0.5 else contradict(scene, rng)
    return _held_out_scene(rng)


def _held_out_scene(rng: random.Random) -> Scene:
    scene = draw(rng)
    while not held_out(scene):
        scene = draw(rng)
    return scene


__all__ = [
    "LANGUAGES",
    "PHENOMENA",
    "Contrast",
    "GradedPair",
    "Parallel",
    "Triple",
    "contrasts",
    "graded_pairs",
    "parallel",
    "triples",
]
