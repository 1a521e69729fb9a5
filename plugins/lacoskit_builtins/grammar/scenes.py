"""Scenes: what a sentence means, free of any language; how scenes are drawn and split into training and held-out."""

from __future__ import annotations

import random
import zlib
from typing import NamedTuple

from lacoskit_builtins.grammar import inventory as inv

HELD_OUT_SHARE = 10  # per cent of the scene cores
SOME = 0  # the count of an unspecified plurality: "some men"


class Phrase(NamedTuple):
    """Somebody or something: a word id, how many (``SOME`` for an unnamed number), and a quality id or ''."""

    noun: str = ""
    count: int = 1  # type: ignore[assignment]  # hides tuple.count, which nobody needs here
    quality: str = ""


NOTHING = Phrase()


class Scene(NamedTuple):
    """One meaning.  ``action`` is a verb, a predicate, a change or a kind of weather, as ``kind`` says."""

    kind: str
    subject: Phrase
    action: str
    object: Phrase = NOTHING
    place: str = ""
    time: str = ""
    manner: str = ""
    amount: int = 0
    negated: bool = False


def core(scene: Scene) -> str:
    """The part of a scene that decides on which side of the split it falls; details do not enter it."""
    where = scene.place if scene.kind in ("locate", "weather") else ""
    return f"{scene.kind}|{scene.subject.noun}|{scene.action}|{scene.object.noun}|{where}"


_SIDES: dict[str, bool] = {}


def held_out(scene: Scene) -> bool:
    """Whether a scene is kept from training; stable across processes, platforms and versions."""
    name = core(scene)
    side = _SIDES.get(name)
    if side is None:
        side = _SIDES[name] = zlib.crc32(name.encode()) % 100 < HELD_OUT_SHARE
    return side


def draw(rng: random.Random) -> Scene:
    """One scene at random, from either side of the split."""
    point = rng.random()
    for bound, maker in _MAKERS:
        if point < bound:
            return maker(rng)
    raise AssertionError("the last bound is above 1")


def qualities_of(noun: str) -> tuple[str, ...]:
    """The qualities that a word may carry in front of it, possibly none."""
    if noun in _AGED:
        return inv.AGED_QUALITIES
    if noun in _PEOPLE:
        return inv.PERSON_QUALITIES
    if noun in _ANIMALS:
        return inv.ANIMAL_QUALITIES
    return inv.THING_QUALITIES if noun in inv.COLOURED else ()


def places_of(kind: str, subject: str, action: str, noun: str = "") -> tuple[str, ...]:
    """The places where somebody may do something."""
    if kind == "act" and action in inv.ACTION_PLACES:
        return inv.ACTION_PLACES[action]
    if subject in _ANIMALS:
        places = (*inv.ANIMAL_PLACES, *inv.SPOTS) if action in _STILL else inv.ANIMAL_PLACES
    else:
        places = (*inv.PLACES, *_ASIDE) if action in _STILL else inv.PLACES
    return tuple(p for p in places if not p.endswith(f":{noun}")) if noun else places


def _chance(rng: random.Random, share: float) -> bool:
    return rng.random() < share


def _phrase(rng: random.Random, noun: str, plural: float = 0.3, quality: float = 0.3) -> Phrase:
    count = rng.choice((2, 2, 3, 3, 4, 5, SOME)) if rng.random() < plural else 1
    options = qualities_of(noun)
    return Phrase(noun, count, rng.choice(options) if options and rng.random() < quality else "")


def _act(rng: random.Random) -> Scene:
    action = rng.choice(_ACTION_URN)
    subject = _phrase(rng, rng.choice(inv.ACTION_AGENTS[action]))
    objects = inv.ACTION_OBJECTS[action]
    if subject.noun in _ANIMALS:
        objects = tuple(o for o in objects if o not in inv.NOT_FOR_ANIMALS)
    thing = NOTHING
    if objects:
        noun = rng.choice(objects)
        if noun in inv.MASS or action in ("play_on", "ride"):
            thing = Phrase(noun)
        else:
            thing = _phrase(rng, noun, 0.15 if subject.count == 1 and action != "wear" else 0.0, 0.35)
    manners = inv.MANNERS_OF.get(inv.ACTION_GROUP[action], ()) if subject.noun not in _ANIMALS else ()
    if subject.count != 1:
        manners = tuple(m for m in manners if m != "alone")
    return Scene(
        "act",
        subject,
        action,
        thing,
        place=rng.choice(places_of("act", subject.noun, action, thing.noun)) if _chance(rng, 0.55) else "",
        time=rng.choice(inv.DAY_TIMES) if _chance(rng, 0.25) else "",
        manner=rng.choice(manners) if manners and _chance(rng, 0.25) else "",
        negated=_chance(rng, 0.12),
    )


def _duo(rng: random.Random) -> Scene:
    action = rng.choice(inv.DUOS)
    subject = rng.choice(inv.PEOPLE if action in inv.HUMAN_DUOS else _BEINGS)
    other = subject
    while other == subject or inv.HYPERNYM.get(other) == subject or inv.HYPERNYM.get(subject) == other:
        other = rng.choice(inv.PATIENTS.get(action, _BEINGS))
    place = rng.choice(inv.ANIMAL_PLACES) if _chance(rng, 0.4) else ""
    time = rng.choice(inv.DAY_TIMES) if _chance(rng, 0.2) else ""
    return Scene("duo", _phrase(rng, subject, 0.15), action, _phrase(rng, other, 0.1), place, time)


def _state(rng: random.Random) -> Scene:
    noun = rng.choice(_STATE_URN)
    action = rng.choice(inv.STATES[noun])
    options = [q for q in qualities_of(noun) if inv.SCALE_OF[q] != inv.SCALE_OF[action]] if _chance(rng, 0.4) else []
    return Scene("state", Phrase(noun, 1, rng.choice(options) if options else ""), action, negated=_chance(rng, 0.12))


def _locate(rng: random.Random) -> Scene:
    animal = _chance(rng, 0.4)
    noun = rng.choice(_ANIMALS_URN if animal else _PORTABLE)
    spots = (*inv.SPOTS, *inv.ANIMAL_PLACES) if animal else inv.SPOTS
    place = rng.choice([p for p in spots if not p.endswith(f":{noun}")])
    return Scene("locate", _phrase(rng, noun, 0.3, 0.4), "be", place=place, negated=_chance(rng, 0.1))


def _change(rng: random.Random) -> Scene:
    action = rng.choice(("rise", "rise", "rise", "fall", "fall", "fall", "stable"))
    amount = rng.randint(2, 60) if action != "stable" and _chance(rng, 0.75) else 0
    place = rng.choice(inv.COUNTRIES) if _chance(rng, 0.6) else ""
    time = rng.choice(inv.NEWS_TIMES) if _chance(rng, 0.6) else ""
    return Scene("change", Phrase(rng.choice(inv.QUANTITIES)), action, place=place, time=time, amount=amount)


def _toll(rng: random.Random) -> Scene:
    victims = Phrase(rng.choice(inv.VICTIMS), rng.choice((2, 3, 4, 5, 6, 7, 8, 9, 10, rng.randint(11, 99))))
    place = rng.choice(inv.COUNTRIES) if _chance(rng, 0.7) else ""
    time = rng.choice(inv.NEWS_TIMES) if _chance(rng, 0.5) else ""
    return Scene("toll", victims, rng.choice(inv.OUTCOMES), Phrase(rng.choice(inv.EVENTS)), place, time)


def _deed(rng: random.Random) -> Scene:
    place = rng.choice(inv.COUNTRIES) if _chance(rng, 0.5) else ""
    time = rng.choice(inv.NEWS_TIMES) if _chance(rng, 0.5) else ""
    actor = Phrase(rng.choice(inv.INSTITUTIONS))
    return Scene("deed", actor, rng.choice(inv.DEEDS), NOTHING, place, time, negated=_chance(rng, 0.15))


def _dealing(rng: random.Random) -> Scene:
    one, other = rng.sample(inv.INSTITUTIONS, 2)
    while inv.HYPERNYM.get(one) == other or inv.HYPERNYM.get(other) == one:
        one, other = rng.sample(inv.INSTITUTIONS, 2)
    time = rng.choice(inv.NEWS_TIMES) if _chance(rng, 0.6) else ""
    return Scene("dealing", Phrase(one), rng.choice(inv.DEALINGS), Phrase(other), time=time)


def _match(rng: random.Random) -> Scene:
    winner, loser = rng.sample(inv.COUNTRIES, 2)
    time = rng.choice(inv.NEWS_TIMES) if _chance(rng, 0.7) else ""
    return Scene("match", Phrase(winner), "beat", Phrase(loser), time=time)


def _weather(rng: random.Random) -> Scene:
    place = rng.choice(_WEATHER_PLACES)
    time = rng.choice(inv.TIME_SCALES[0]) if _chance(rng, 0.6) else ""
    return Scene("weather", NOTHING, rng.choice(inv.WEATHER), place=place, time=time, negated=_chance(rng, 0.15))


_PEOPLE = frozenset((*inv.PEOPLE, "baby"))
_AGED = frozenset(inv.AGED)
_ANIMALS = frozenset(inv.ANIMALS)
_ANIMALS_URN = tuple(a for a in inv.ANIMALS if a not in ("elephant", "panda", "camel", "bear"))
_BEINGS = (*inv.PEOPLE, *inv.ANIMALS, *inv.PEOPLE)
_STILL = frozenset(("sleep", "rest", "sit", "stand", "wait"))
_ASIDE = tuple(spot for spot in inv.SPOTS if spot.split(":")[0] in ("behind", "before", "beside"))
# An action with many objects is drawn more often than one with none, yet not in proportion.
_ACTION_URN = tuple(a for a in inv.ACTIONS for _ in range(1 + (len(inv.ACTION_OBJECTS[a]) + 1) // 2))
_STATE_URN = tuple(inv.STATES)
_PORTABLE = (
    *inv.FRUITS, "tomato", "cake", "egg", *inv.READINGS, *inv.CLOTHES, "box", "bag", "basket", "phone", "camera",
    "umbrella", "ball", "rope", "ladder", "flower", "plate", "cup", "toy", "lamp", "clock", "stone", "bicycle",
    "guitar", "violin", "chair",
)  # fmt: skip
_WEATHER_PLACES = (*inv.COUNTRIES, "city", "north", "south", "village", "mountain", "beach", "desert")
_MAKERS = (
    (0.46, _act), (0.58, _duo), (0.64, _state), (0.71, _locate), (0.79, _change), (0.86, _toll), (0.92, _deed),
    (0.95, _dealing), (0.975, _match), (1.01, _weather),
)  # fmt: skip
