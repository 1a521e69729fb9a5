"""From a scene to a sentence: what all languages share - choosing a construction, filling its slots, punctuation."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import ClassVar, TypeVar

from lacoskit_builtins.grammar.lexicon import Entry, Table
from lacoskit_builtins.grammar.scenes import Phrase, Scene

_T = TypeVar("_T")
_TOKEN = re.compile(r"^(.*?)\{([\w.]+)(!?)\}(.*)$")


class Saying:
    """One scene on its way to one sentence: the entries chosen for its words, which all its slots agree with."""

    __slots__ = ("object", "rng", "scene", "subject", "verb")

    def __init__(self, scene: Scene, rng: random.Random, subject: Entry, verb: Entry, thing: Entry) -> None:
        self.scene, self.rng, self.subject, self.verb, self.object = scene, rng, subject, verb, thing


Slot = Callable[[Saying], str]
Pattern = tuple[frozenset[str], tuple[tuple[str, Slot | None, str], ...]]
NONE = Entry(("", "", "", ""))


class Words:
    """The lexicon of one language, table by table."""

    def __init__(
        self, *, nouns: Table, verbs: Table, qualities: Table, places: Table, times: Table, manners: Table,
        relations: Table, quantities: Table, changes: Table, outcomes: Table, deeds: Table, dealings: Table,
        countries: Table, weather: Table,
    ) -> None:  # fmt: skip
        self.nouns, self.verbs, self.qualities, self.places, self.times = nouns, verbs, qualities, places, times
        self.manners, self.relations, self.quantities, self.changes = manners, relations, quantities, changes
        self.outcomes, self.deeds, self.dealings, self.countries = outcomes, deeds, dealings, countries
        self.weather = weather


class Language(ABC):
    """One language: its words, its constructions, and how a noun phrase and a verb look in it.

    A construction is a text with slots: ``{S} is {V} {O} {P}``.  A slot is ``{name}`` or ``{name.form}`` and calls the
    method ``slot_name`` with the form; a slot marked ``!`` must be filled for its construction to be used at all, and
    ``?name`` in front asks for one of the conditions that ``extras`` lists.  An empty slot takes its attached
    punctuation with it, and two slots without a space between them are one word.  The table of constructions is keyed
    by the kind of scene, with ``not`` after it where the scene is negated.
    """

    code: str
    words: Words
    constructions: ClassVar[dict[str, str]]
    gap = " "
    stop = "."

    def __init__(self) -> None:
        self._patterns = {kind: self._compile(text) for kind, text in self.constructions.items()}
        self._fitting = lru_cache(maxsize=None)(self._fit)
        self._nouns = lru_cache(maxsize=None)(self.noun_phrase)

    def realise(self, scene: Scene, rng: random.Random) -> str:
        """One sentence for the scene; the generator chooses the construction and the synonyms."""
        return self.joined(self.parts(scene, rng))

    def parts(self, scene: Scene, rng: random.Random) -> list[str]:
        """What ``realise`` makes the sentence of, in its order: phrases, without capital and stop."""
        saying = self._choose(scene, rng)
        options = self._fitting(f"{scene.kind} not" if scene.negated else scene.kind, self._filled(saying))
        _, pieces = options[int(rng.random() * len(options))]
        parts = []
        for before, slot, after in pieces:
            if slot is None:
                parts.append(before)
            else:
                filling = slot(saying)
                if filling and before == "+":
                    parts[-1] += filling + after
                elif filling:
                    parts.append(before + filling + after)
        return parts

    def joined(self, parts: Sequence[str]) -> str:
        """The sentence that the parts make in this order."""
        text = self.polish(self.gap.join(parts))
        return text[0].upper() + text[1:] + self.stop

    @abstractmethod
    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """A noun with its number, quality and article, in the form (case, definiteness) that a slot asks for."""

    @abstractmethod
    def slot_V(self, form: str, saying: Saying) -> str:
        """The verb of an action, agreeing with its subject."""

    def polish(self, text: str) -> str:
        """Contractions and the like over the whole sentence."""
        return text

    def can_passive(self, saying: Saying) -> bool:
        """Whether the object of an action may become the subject."""
        return not saying.verb.tail

    def extras(self, saying: Saying) -> tuple[str, ...]:
        """Further conditions, by name, that hold for this scene and that a construction asks for as ``?name``."""
        forms = len(saying.verb.forms)
        plain = "" if saying.scene.subject.quality else "plain"
        return (plain, "two" if forms > 1 else "one", "three" if forms > 2 else "few")

    def governed(self, text: str, saying: Saying) -> str:
        """The object with what its verb puts before or after it."""
        return text

    def pick(self, saying: Saying, options: Sequence[_T]) -> _T:
        """One of several ways to say the same."""
        return options[0] if len(options) == 1 else options[int(saying.rng.random() * len(options))]

    def noun(self, entry: Entry, phrase: Phrase, form: str) -> str:
        """``noun_phrase``, remembered."""
        return self._nouns(entry, phrase, form)

    # The slots that look alike in every language.

    def slot_S(self, form: str, saying: Saying) -> str:
        """The subject."""
        return self._nouns(saying.subject, saying.scene.subject, form)

    def slot_O(self, form: str, saying: Saying) -> str:
        """The object with what its verb asks for, or nothing."""
        if not saying.scene.object.noun:
            return ""
        if saying.verb.tail and saying.scene.kind == "act" and self.owns_object(saying):
            return saying.verb.tail
        return self.governed(self._nouns(saying.object, saying.scene.object, form), saying)

    def slot_P(self, form: str, saying: Saying) -> str:
        """The place, or nothing."""
        place = saying.scene.place
        relation, colon, mark = place.partition(":")
        if colon:
            entry = self.pick(saying, self.words.relations[relation])
            return self.relation(entry, self._nouns(self.words.nouns[mark][0], Phrase(mark), "place"), form)
        return self.place(self.pick(saying, self.words.places[place]), form, saying) if place else ""

    def slot_T(self, form: str, saying: Saying) -> str:
        """The time, or nothing."""
        time = saying.scene.time
        return self.pick(saying, self.words.times[time]).forms[0] if time else ""

    def slot_M(self, form: str, saying: Saying) -> str:
        """The manner, or nothing."""
        manner = saying.scene.manner
        return self.manner(self.pick(saying, self.words.manners[manner]), saying) if manner else ""

    def slot_N(self, form: str, saying: Saying) -> str:
        """The amount in figures, or nothing."""
        return str(saying.scene.amount) if saying.scene.amount else ""

    def slot_Q(self, form: str, saying: Saying) -> str:
        """The quantity that rises or falls: the last form of its entry."""
        return saying.subject.forms[-1]

    def slot_F(self, form: str, saying: Saying) -> str:
        """The form of the verb's entry with this index, as it stands."""
        return saying.verb.forms[int(form)]

    def slot_W(self, form: str, saying: Saying) -> str:
        """The country that wins, and ``slot_L`` the one that loses: the form of its entry with this index."""
        return saying.subject.forms[int(form or 0)]

    def slot_L(self, form: str, saying: Saying) -> str:
        """The country that loses."""
        return saying.object.forms[int(form or 0)]

    def slot_I(self, form: str, saying: Saying) -> str:
        """The subject of a state with what is said of it as its attribute: ``a red car``."""
        scene = saying.scene
        return self._nouns(saying.subject, scene.subject._replace(quality=scene.action), form)

    def slot_tail(self, form: str, saying: Saying) -> str:
        """What follows the verb unchanged."""
        return saying.verb.tail

    def relation(self, entry: Entry, mark: str, form: str) -> str:
        """A place by its landmark: ``under the table``."""
        return f"{entry.forms[0]} {mark}"

    def place(self, entry: Entry, form: str, saying: Saying) -> str:
        """A place that has its own entry."""
        return entry.forms[0]

    def manner(self, entry: Entry, saying: Saying) -> str:
        """How something is done."""
        return entry.forms[0]

    def owns_object(self, saying: Saying) -> bool:
        """Whether the entry of the verb was made for this very object, which its tail then says."""
        return f"{saying.scene.action}.{saying.scene.object.noun}" in self.words.verbs

    def _choose(self, scene: Scene, rng: random.Random) -> Saying:
        words = self.words
        verbs = {
            "change": words.changes, "toll": words.outcomes, "deed": words.deeds, "dealing": words.dealings,
            "weather": words.weather, "state": words.qualities, "match": words.changes, "locate": words.changes,
        }.get(scene.kind, words.verbs)  # fmt: skip
        if scene.kind in ("match", "locate"):
            verb = NONE
        else:
            found = verbs.get(f"{scene.action}.{scene.object.noun}") if verbs is words.verbs else None
            verb = _one(found or verbs[scene.action], rng)
        nouns = {"change": words.quantities, "match": words.countries}.get(scene.kind, words.nouns)
        subject = _one(nouns[scene.subject.noun], rng) if scene.subject.noun else NONE
        thing = _one(nouns[scene.object.noun], rng) if scene.object.noun else NONE
        return Saying(scene, rng, subject, verb, thing)

    def _filled(self, saying: Saying) -> tuple[str, ...]:
        scene = saying.scene
        filled = [name for name, value in zip("PTMN", scene[4:8], strict=True) if value]
        if scene.object.noun and (scene.kind != "act" or self.can_passive(saying)):
            filled.append("O")
        return (*filled, *self.extras(saying))

    def _fit(self, kind: str, filled: tuple[str, ...]) -> list[Pattern]:
        found = [pattern for pattern in self._patterns[kind] if pattern[0] <= set(filled)]
        if not found:
            raise LookupError(f"{self.code}: no construction for {kind} with {filled}")
        return found

    def _compile(self, text: str) -> list[Pattern]:
        patterns: list[Pattern] = []
        for line in text.strip().splitlines():
            needs: set[str] = set()
            pieces: list[tuple[str, Slot | None, str]] = []
            for token in line.replace("}{", "} +{").split():
                match = _TOKEN.match(token)
                if match is None and ("{" in token or "}" in token):
                    raise ValueError(f"{self.code}: not a slot: {token}")
                if match is None and token.startswith("?"):
                    needs.add(token[1:])
                elif match is None:
                    pieces.append((token, None, ""))
                else:
                    before, name, must, after = match.groups()
                    pieces.append((before, self._slot(name), after))
                    if must:
                        needs.add(name.partition(".")[0])
            patterns.append((frozenset(needs), tuple(pieces)))
        return patterns

    def _slot(self, name: str) -> Slot:
        head, _, form = name.partition(".")
        method: Callable[[str, Saying], str] = getattr(self, f"slot_{head}")
        return partial(method, form)


def _one(options: tuple[Entry, ...], rng: random.Random) -> Entry:
    return options[0] if len(options) == 1 else options[int(rng.random() * len(options))]
