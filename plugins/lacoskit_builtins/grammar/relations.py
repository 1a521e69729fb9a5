"""Relations between scenes: what follows from one, what it excludes, and what merely shares something with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.scenes import NOTHING, SOME, Phrase, Scene, places_of

Move = Callable[[Scene, random.Random], Scene]


def entail(scene: Scene, rng: random.Random) -> Scene:
    """A scene that holds whenever ``scene`` holds: itself, or with details dropped and words generalised."""
    if scene.negated:
        return _under_negation(scene, rng)
    point = rng.random()
    if point < 0.25:
        return scene  # the realiser then finds another construction
    if point < 0.37:
        other = deny_rival(scene, rng)
        if other is not None:
            return other
    left = rng.choice((1, 1, 2, 2, 3))
    for move in _shuffled(_WEAKER, rng):
        weaker = move(scene, rng)
        if weaker != scene:
            scene, left = weaker, left - 1
            if not left:
                break
    return scene


def contradict(scene: Scene, rng: random.Random) -> Scene | None:
    """A scene that cannot hold together with ``scene``, or None when no move fits."""
    if scene.negated:
        return scene._replace(negated=False)
    if rng.random() < 0.13 and scene.kind != "match":
        return _negate(scene)
    for move in _shuffled(_AGAINST, rng):
        other = move(scene, rng)
        if other != scene:
            if rng.random() < 0.35:
                other = _shorten(scene, other, rng)
            return other
    return None


def deny_rival(scene: Scene, rng: random.Random) -> Scene | None:
    """What a scene rules out, said with a negation: who sleeps does not run.  None when nothing is ruled out."""
    if scene.kind in ("act", "state"):
        other = _other_action(scene, rng)
        if other.action != scene.action:
            return other._replace(negated=True, time="", manner="", place="")
    if scene.kind in ("change", "deed", "weather"):
        rival = _rival_action(scene)
        if rival and rival != "stable":
            return scene._replace(action=rival, amount=0, negated=True)
    return None


def generalise(scene: Scene, rng: random.Random) -> Scene:
    """The scene with one word replaced by its hypernym, itself when no word has one."""
    moves = [move for move in _UPWARD if move(scene, rng) != scene]
    return rng.choice(moves)(scene, rng) if moves else scene


def drop(scene: Scene, rng: random.Random) -> Scene:
    """The scene without one of its details, itself when it has none."""
    moves = [move for move in _FEWER if move(scene, rng) != scene]
    return rng.choice(moves)(scene, rng) if moves else scene


def another_agent(scene: Scene, rng: random.Random) -> Scene:
    """The same done by somebody else, itself when the scene has no agent to change."""
    if scene.kind == "act":
        pool = [a for a in inv.ACTION_AGENTS[scene.action] if not inv.kin(a, scene.subject.noun)]
    elif scene.kind == "duo":
        pool = [a for a in inv.PEOPLE if not inv.kin(a, scene.subject.noun) and not inv.kin(a, scene.object.noun)]
    elif scene.kind in ("deed", "dealing"):
        pool = [a for a in inv.INSTITUTIONS if not inv.kin(a, scene.subject.noun) and not inv.kin(a, scene.object.noun)]
    elif scene.kind == "change":
        pool = [a for a in inv.QUANTITIES if a != scene.subject.noun]
    else:
        return scene
    return scene._replace(subject=scene.subject._replace(noun=rng.choice(pool), quality="")) if pool else scene


def _shuffled(moves: tuple[Move, ...], rng: random.Random) -> Iterator[Move]:
    """All the moves, from anywhere in any stride: their number is prime, and this costs less than a shuffle."""
    count = len(moves)
    place, stride = int(rng.random() * count), 1 + int(rng.random() * (count - 1))
    for _ in range(count):
        yield moves[place]
        place = (place + stride) % count


# Moves to a weaker scene.  Each gives back the scene itself when it does not apply.


def _up_subject(scene: Scene, rng: random.Random) -> Scene:
    if scene.kind == "state":  # what is small as a bus is not small as a vehicle
        return scene
    up = inv.HYPERNYM.get(scene.subject.noun)
    if not up or (scene.kind == "duo" and inv.kin(up, scene.object.noun)):
        return scene
    if scene.kind == "act" and up not in inv.ACTION_AGENTS[scene.action]:
        return scene
    return scene._replace(subject=Phrase(up, scene.subject.count, _kept(scene.subject.quality, up)))


def _up_object(scene: Scene, rng: random.Random) -> Scene:
    up = inv.HYPERNYM.get(scene.object.noun)
    if not up or (scene.kind == "act" and up not in inv.ACTION_OBJECTS[scene.action]):
        return scene
    if scene.kind in ("duo", "dealing") and inv.kin(up, scene.subject.noun):
        return scene
    if scene.kind == "duo" and up not in inv.PATIENTS.get(scene.action, inv.ANIMATE):
        return scene
    count = 1 if up in inv.MASS else scene.object.count
    return scene._replace(object=Phrase(up, count, _kept(scene.object.quality, up)))


def _up_action(scene: Scene, rng: random.Random) -> Scene:
    if scene.kind == "change":
        return scene._replace(action="change", amount=0) if scene.action in ("rise", "fall") else scene
    up = inv.ACTION_HYPERNYM.get(scene.action) if scene.kind == "act" else None
    if not up or scene.subject.noun not in inv.ACTION_AGENTS[up]:
        return scene
    fits = scene.manner in inv.MANNERS_OF.get(inv.ACTION_GROUP[up], ())
    return scene._replace(action=up, object=NOTHING, manner=scene.manner if fits else "")


def _up_place(scene: Scene, rng: random.Random) -> Scene:
    if scene.kind not in ("act", "duo"):
        return scene
    if scene.place in inv.OUTDOOR:
        return scene._replace(place="outdoors")
    return scene._replace(place="indoors") if scene.place in inv.INDOOR and scene.place != "stage" else scene


def _some(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(subject=scene.subject._replace(count=SOME)) if scene.subject.count > 1 else scene


def _no_place(scene: Scene, rng: random.Random) -> Scene:
    return scene if scene.kind in ("locate", "weather") else scene._replace(place="")


def _no_time(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(time="")


def _no_manner(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(manner="")


def _no_amount(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(amount=0)


def _plain_subject(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(subject=scene.subject._replace(quality=""))


def _plain_object(scene: Scene, rng: random.Random) -> Scene:
    return scene._replace(object=scene.object._replace(quality=""))


def _kept(quality: str, noun: str) -> str:
    """Colour and mood go up with the word; size, age and height are measured against the kind and do not."""
    fine = quality and inv.SCALE_OF[quality] in ("colour", "mood", "energy")
    return quality if fine and noun in (*inv.ANIMATE, *inv.COLOURED) else ""


def _under_negation(scene: Scene, rng: random.Random) -> Scene:
    """Under a negation what is denied may only grow more special: no music at all, so no guitar either."""
    if scene.kind == "act" and rng.random() < 0.6:
        special = [o for o in inv.ACTION_OBJECTS[scene.action] if inv.HYPERNYM.get(o) == scene.object.noun]
        narrower = [a for a in inv.ACTIONS if inv.ACTION_HYPERNYM.get(a) == scene.action]
        narrower = [a for a in narrower if scene.subject.noun in inv.ACTION_AGENTS[a] and not inv.ACTION_OBJECTS[a]]
        if special and scene.object.count == 1:
            return scene._replace(object=scene.object._replace(noun=rng.choice(special), quality=""))
        if narrower:
            return scene._replace(action=rng.choice(narrower))
    return _up_subject(scene, rng) if rng.random() < 0.6 else scene


# Moves to a scene that cannot hold at the same time.


def _negate(scene: Scene) -> Scene:
    """The denial.  What is denied is the whole, so details that would leave room for the rest go."""
    if scene.kind == "toll":
        return scene._replace(negated=True, subject=Phrase("person", SOME))
    return scene._replace(negated=True)


def _other_action(scene: Scene, rng: random.Random) -> Scene:
    if scene.kind in ("change", "deed", "dealing", "weather"):
        rival = _rival_action(scene)
        amount = scene.amount if rival in ("rise", "fall") else 0
        return scene._replace(action=rival, amount=amount) if rival else scene
    if scene.kind == "duo":
        options = inv.DUO_RIVALS[scene.action].split()
        options = [o for o in options if o not in inv.HUMAN_DUOS or scene.subject.noun not in inv.ANIMALS]
        options = [o for o in options if scene.object.noun in inv.PATIENTS.get(o, inv.ANIMATE)]
        return scene._replace(action=rng.choice(options)) if options else scene
    if scene.kind == "toll":
        return scene._replace(action="rescued" if scene.action in ("killed", "injured") else "killed")
    if scene.kind == "state":
        scale = inv.SCALES[inv.SCALE_OF[scene.action]]
        return scene._replace(action=rng.choice([q for q in scale if q != scene.action]))
    return _other_doing(scene, rng) if scene.kind == "act" else scene


def _rival_action(scene: Scene) -> str:
    table = {"change": {"rise": "fall", "fall": "rise", "stable": "rise"}, "deed": inv.DEED_RIVAL,
             "dealing": inv.DEALING_RIVAL, "weather": inv.WEATHER_RIVAL}[scene.kind]  # fmt: skip
    return table.get(scene.action, "")


def _other_doing(scene: Scene, rng: random.Random) -> Scene:
    """Another action of the same agent: an antonym that may keep the object, or one of another group."""
    noun = scene.subject.noun
    options = [a for a in inv.ANTONYMS[scene.action] if noun in inv.ACTION_AGENTS[a]]
    if not options or rng.random() < 0.3:
        group = inv.ACTION_GROUP[scene.action]
        near = (inv.ACTION_HYPERNYM.get(scene.action), scene.action)
        action = rng.choice(inv.ACTIONS)
        if inv.ACTION_GROUP[action] in (group, *_MILD) or noun not in inv.ACTION_AGENTS[action]:
            return scene
        if action in near or inv.ACTION_HYPERNYM.get(action) in near or group in _MILD or action in _VAGUE:
            return scene
        options = [action]
    action = rng.choice(options)
    objects, thing = inv.ACTION_OBJECTS[action], NOTHING
    if objects:
        thing = scene.object if scene.object.noun in objects else Phrase(rng.choice(objects))
    place = scene.place if scene.place in places_of("act", noun, action, thing.noun) else ""
    manner = scene.manner if scene.manner in inv.MANNERS_OF.get(inv.ACTION_GROUP[action], ()) else ""
    return scene._replace(action=action, object=thing, place=place, manner=manner)


def _other_place(scene: Scene, rng: random.Random) -> Scene:
    place = scene.place
    if ":" in place and scene.kind in ("act", "locate"):
        relation, mark = place.split(":")
        options = [r for r in ("on", "under", "behind", "before") if r != relation and mark in inv.RELATIONS[r]]
        if scene.kind == "act" and scene.subject.noun not in inv.ANIMALS:
            options = [r for r in options if r in ("behind", "before")]
        return scene._replace(place=f"{rng.choice(options)}:{mark}") if options else scene
    if scene.kind in ("act", "duo"):
        rest = inv.INDOOR if place in inv.OUTDOOR else inv.OUTDOOR if place in inv.INDOOR else ()
        fit = [p for p in rest if p in places_of(scene.kind, scene.subject.noun, scene.action)]
        return scene._replace(place=rng.choice(fit)) if fit else scene
    if scene.kind in ("toll", "deed") and place:
        return scene._replace(place=rng.choice([c for c in inv.COUNTRIES if c != place]))
    return scene


def _other_time(scene: Scene, rng: random.Random) -> Scene:
    for scale in (*inv.TIME_SCALES, *inv.NEWS_TIME_SCALES):
        if scene.time in scale:
            return scene._replace(time=rng.choice([t for t in scale if t != scene.time]))
    return scene


def other_count(scene: Scene, rng: random.Random) -> Scene:
    """The scene with another number, itself when it names none."""
    count = scene.subject.count
    if scene.amount:
        return scene._replace(amount=scene.amount + rng.choice((3, 5, 10, 12)))
    if count < 2 or scene.kind not in ("act", "toll", "locate", "duo"):
        return scene
    options = range(2, 6) if count < 6 else range(count + 1, count + 9)
    return scene._replace(subject=scene.subject._replace(count=rng.choice([c for c in options if c != count])))


def _other_quality(scene: Scene, rng: random.Random) -> Scene:
    for name in ("subject", "object"):
        phrase: Phrase = getattr(scene, name)
        if phrase.quality:
            allowed = [q for q in inv.SCALES[inv.SCALE_OF[phrase.quality]] if q != phrase.quality]
            changed = phrase._replace(quality=rng.choice(allowed))
            return scene._replace(subject=changed) if name == "subject" else scene._replace(object=changed)
    return scene


def _other_noun(scene: Scene, rng: random.Random) -> Scene:
    if scene.kind in ("match", "change", "state"):
        return scene
    for name in ("object", "subject") if rng.random() < 0.5 else ("subject", "object"):
        phrase: Phrase = getattr(scene, name)
        for group in inv.RIVALS:
            if phrase.noun in group:
                noun = rng.choice([n for n in group if n != phrase.noun])
                allowed = (inv.ACTION_AGENTS if name == "subject" else inv.ACTION_OBJECTS).get(scene.action, (noun,))
                taken = (scene.subject.noun, scene.object.noun, scene.place.partition(":")[2])
                if scene.kind == "duo" and name == "object" and noun not in inv.PATIENTS.get(scene.action, inv.ANIMATE):
                    continue
                if noun in taken or (scene.kind == "act" and noun not in allowed):
                    continue
                changed = phrase._replace(noun=noun)
                return scene._replace(subject=changed) if name == "subject" else scene._replace(object=changed)
    return scene


def swap(scene: Scene, rng: random.Random) -> Scene:
    """The scene with who does it and to whom exchanged, itself when that would say nothing that may be."""
    if scene.kind not in ("duo", "dealing", "match"):
        return scene
    if scene.kind == "duo":
        agent_fits = scene.action not in inv.HUMAN_DUOS or scene.object.noun in inv.PEOPLE
        if not agent_fits or scene.subject.noun not in inv.PATIENTS.get(scene.action, inv.ANIMATE):
            return scene
    return scene._replace(subject=scene.object, object=scene.subject)


def _shorten(scene: Scene, other: Scene, rng: random.Random) -> Scene:
    """``other`` without a detail that it has in common with ``scene``: it excludes ``scene`` all the same."""
    for name in ("time", "place", "manner"):
        shared = getattr(other, name) and getattr(other, name) == getattr(scene, name)
        if shared and other.kind not in ("locate", "weather"):
            return Scene(**{**other._asdict(), name: ""})
    return other


# Groups and actions too vague to exclude another one: who waits may well read.
_MILD = ("mood", "voice", "posture", "dress", "work", "load", "hands")
_VAGUE = frozenset(("move", "rest", "sport", "music", "play"))
_UPWARD: tuple[Move, ...] = (_up_subject, _up_object, _up_action, _up_place)
_FEWER: tuple[Move, ...] = (_no_place, _no_time, _no_manner, _no_amount, _plain_subject, _plain_object)
_WEAKER: tuple[Move, ...] = (*_UPWARD, _some, *_FEWER)
_AGAINST: tuple[Move, ...] = (
    _other_action, _other_action, _other_action, _other_place, _other_time, other_count, other_count, _other_quality,
    _other_noun, swap, swap,
)  # fmt: skip
