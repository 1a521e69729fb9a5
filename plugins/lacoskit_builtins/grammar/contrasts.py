"""Minimal pairs: a sentence, the same meaning in other words, and nearly the same words with another meaning."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from lacoskit_builtins.grammar.languages import GRAMMARS
from lacoskit_builtins.grammar.parallel import other_wording
from lacoskit_builtins.grammar.realise import Language
from lacoskit_builtins.grammar.relations import other_count, swap
from lacoskit_builtins.grammar.scenes import SOME, Scene, draw, held_out

_TRIES = 100_000  # scenes in a row that may fail before the space is called exhausted
_WORDINGS = 16  # sayings of the changed scene, of which the one nearest to the sentence is taken
_ORDERS = 24  # orders of the words, of which the one that leaves the fewest beside each other is taken


@dataclass(frozen=True)
class Contrast:
    """``paraphrase`` says what ``sentence`` says, ``changed`` does not; a scene has one number in all languages."""

    language: str
    phenomenon: str
    number: int
    sentence: str
    paraphrase: str
    changed: str


def _denied(scene: Scene, rng: random.Random) -> Scene:
    """The denial of a scene, itself where a denial would leave details out or leave open what is denied."""
    fits = scene.kind in ("act", "duo", "state", "locate", "deed", "dealing", "weather")
    return scene._replace(negated=True) if fits and not scene.negated and scene.subject.count != SOME else scene


def _same(scene: Scene, rng: random.Random) -> Scene:
    return scene


_CHANGES: dict[str, Callable[[Scene, random.Random], Scene]] = {
    "negation": _denied, "number": other_count, "roles": swap, "word order": _same,
}  # fmt: skip

PHENOMENA = tuple(_CHANGES)
"""negation: what was said is denied; number: another one; roles: who does it to whom is exchanged; word order: the same
words, in an order that says nothing."""


def contrasts(languages: Sequence[str], size: int, seed: int) -> list[Contrast]:
    """``size`` scenes a phenomenon, each in all the languages, all of them held out: no triple ever shows them.

    Raises ValueError for an unknown language, or more scenes than the grammar can find.
    """
    unknown = [code for code in languages if code not in GRAMMARS]
    if unknown:
        raise ValueError(f"no grammar for the language {unknown[0]!r}; there are {', '.join(GRAMMARS)}")
    return [contrast for phenomenon in PHENOMENA for contrast in _of(phenomenon, languages, size, seed)]


def _of(phenomenon: str, languages: Sequence[str], size: int, seed: int) -> Iterator[Contrast]:
    rng = random.Random(f"{seed} {phenomenon}")  # noqa: S311 - repeatable, not secret
    seen: set[Scene] = set()
    for number in range(size):
        for _ in range(_TRIES):
            scene = draw(rng)
            if scene in seen or not held_out(scene):
                continue
            changed = _CHANGES[phenomenon](scene, rng)
            if not held_out(changed) or (changed == scene and phenomenon != "word order"):
                continue
            made = [_made(GRAMMARS[code], phenomenon, number, scene, changed, rng) for code in languages]
            if None not in made:
                break
        else:
            raise ValueError(f"no further scenes found for {phenomenon}")
        seen.add(scene)
        yield from (contrast for contrast in made if contrast is not None)


def _made(
    grammar: Language, phenomenon: str, number: int, scene: Scene, changed: Scene, rng: random.Random
) -> Contrast | None:
    twin = random.Random()  # noqa: S311 - it chooses the same construction and synonyms again
    twin.setstate(rng.getstate())
    parts = grammar.parts(scene, rng)
    sentence = grammar.joined(parts)
    if phenomenon == "word order":
        other = _disordered(grammar, parts, rng)
    else:
        sayings = {grammar.realise(changed, twin), *(grammar.realise(changed, rng) for _ in range(_WORDINGS))}
        other = max(sorted(sayings), key=lambda text: _overlap(sentence, text))
    paraphrase = other_wording(grammar, scene, sentence, rng)
    if paraphrase is None or other is None or other in (sentence, paraphrase):
        return None
    return Contrast(grammar.code, phenomenon, number, sentence, paraphrase, other)


def _disordered(grammar: Language, parts: Sequence[str], rng: random.Random) -> str | None:
    """The same words, as few as can be beside the one that they stood beside; None of fewer than four."""
    words = [word for part in parts for word in part.split()]
    if len(words) < 4:
        return None
    orders = [rng.sample(range(len(words)), len(words)) for _ in range(_ORDERS)]
    order = min(orders, key=lambda order: sum(b - a == 1 for a, b in pairwise(order)))
    return grammar.joined([words[place].strip(",，،") for place in order])


def _overlap(one: str, other: str) -> float:
    """The share of letters that two texts have in common, in their order."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
