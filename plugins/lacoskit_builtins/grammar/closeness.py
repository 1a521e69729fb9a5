"""How near two scenes are in meaning: the grounded score of the graded pairs."""

from __future__ import annotations

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.scenes import Scene


def closeness(first: Scene, second: Scene) -> float:
    """How much two scenes say the same, 0 to 5, from the slots they share and never from their words.

    Every filled slot has a weight (action and subject 3, object 2, a count or quality 1, any other detail 1.5).  The
    score is 5 times the weight shared over the weight of both together (a fuzzy Jaccard index), where a word and its
    hypernym share half, and so do an agent and a patient that swapped their roles.  Two scenes that agree in all but
    a slot that makes them exclude each other (polarity, an antonym, a number) get half of that.
    """
    one, other = _slots(first), _slots(second)
    shared = 0.0
    for slot, (value, weight) in one.items():
        if slot in other:
            shared += min(weight, other[slot][1]) * _alike(value, other[slot][0])  # a place weighs more in some kinds
    if first.object.noun and second.object.noun and shared:
        subjects = {first.subject.noun, second.subject.noun}
        objects = {first.object.noun, second.object.noun}
        moved = len(subjects) == len(objects) == 2  # who stands in another role, and not in both
        shared += 0.5 * 2.0 * moved * (first.subject.noun == second.object.noun)
        shared += 0.5 * 2.0 * moved * (first.object.noun == second.subject.noun)
    total = sum(w for _, w in one.values()) + sum(w for _, w in other.values()) - shared
    score = 5.0 * shared / total if total else 5.0
    return round(score * (0.5 if _exclude(first, second) else 1.0), 2)


def _slots(scene: Scene) -> dict[str, tuple[str, float]]:
    """The filled slots of a scene with their weights; the kind is part of the action."""
    slots = {"action": (f"{scene.kind}:{scene.action}", 3.0)}
    for name, phrase, weight in (("subject", scene.subject, 3.0), ("object", scene.object, 2.0)):
        if phrase.noun:
            slots[name] = (phrase.noun, weight)
            if phrase.count != 1:
                slots[f"{name} count"] = (str(phrase.count), 1.0)
            if phrase.quality:
                slots[f"{name} quality"] = (phrase.quality, 1.0)
    place_weight = 3.0 if scene.kind in ("locate", "weather") else 1.5
    if scene.amount:
        slots["amount"] = (str(scene.amount), 1.5)
    for name, value in (("time", scene.time), ("manner", scene.manner)):
        if value:
            slots[name] = (value, 1.5)
    if scene.place:
        slots["place"] = (scene.place, place_weight)
    return slots


def _alike(one: str, other: str) -> float:
    if one == other:
        return 1.0
    bare, bare_other = one.partition(":")[2] or one, other.partition(":")[2] or other
    above = inv.ACTION_HYPERNYM.get(bare) == bare_other or inv.ACTION_HYPERNYM.get(bare_other) == bare
    if above or inv.kin(bare, bare_other):
        return 0.5
    return 0.5 if {one, other} in ({"change:rise", "change:change"}, {"change:fall", "change:change"}) else 0.0


def _exclude(first: Scene, second: Scene) -> bool:
    """Whether two scenes agree in what they are about and differ in a slot that leaves room for only one of them."""
    if first.kind != second.kind or not inv.kin(first.subject.noun, second.subject.noun):
        return False
    if first.object.noun and second.object.noun and not inv.kin(first.object.noun, second.object.noun):
        return False
    if first.place != second.place and first.kind in ("locate", "weather"):
        mark, other_mark = first.place.partition(":")[2], second.place.partition(":")[2]
        return first.kind == "locate" and mark == other_mark != ""
    if first.action == second.action and first.negated != second.negated:
        return True
    counts = first.subject.count != second.subject.count and min(first.subject.count, second.subject.count) > 0
    amounts = first.amount != second.amount and min(first.amount, second.amount) > 0
    qualities = _opposed(first.subject.quality, second.subject.quality)
    qualities = qualities or _opposed(first.object.quality, second.object.quality)
    opposed = _opposed(first.action, second.action) or {first.action, second.action} == {"rise", "fall"}
    rivals = second.action in _rivals(first.action) or first.action in _rivals(second.action)
    return counts or amounts or qualities or opposed or rivals


def _rivals(action: str) -> tuple[str, ...]:
    others = (inv.DEED_RIVAL.get(action, ""), inv.WEATHER_RIVAL.get(action, ""), inv.DEALING_RIVAL.get(action, ""))
    return (*inv.ANTONYMS.get(action, ()), *others)


def _opposed(one: str, other: str) -> bool:
    return bool(one and other and one != other and inv.SCALE_OF.get(one) == inv.SCALE_OF.get(other, "-"))
