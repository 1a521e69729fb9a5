"""What the grammar says of the same scene in several languages, and its minimal pairs."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from lacoskit_builtins.grammar import LANGUAGES, PHENOMENA, Contrast, Parallel, contrasts, parallel, triples

ENGLISH_NUMBER = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|\d+)\b", re.IGNORECASE)


@cache
def scenes() -> list[Parallel]:
    return parallel(LANGUAGES, 60, 3)


@cache
def pairs() -> list[Contrast]:
    return contrasts(LANGUAGES, 12, 3)


def english(phenomenon: str) -> list[Contrast]:
    return [one for one in pairs() if one.language == "en" and one.phenomenon == phenomenon]


def test_each_scene_is_said_twice_in_each_language_and_nothing_is_said_of_two() -> None:
    assert len(scenes()) == 60
    for code in LANGUAGES:
        said, again = ([getattr(scene, side)[code] for scene in scenes()] for side in ("said", "again"))
        assert len({*said, *again}) == 120
    assert len({scene.topic for scene in scenes()}) > 4


def test_fewer_scenes_are_the_first_ones_of_more() -> None:
    assert parallel(LANGUAGES, 20, 3) == scenes()[:20]
    assert parallel(LANGUAGES, 20, 4) != scenes()[:20]


def test_nothing_of_it_is_trained_on() -> None:
    trained = {text for one in triples(LANGUAGES, 20_000, 0) for text in (one.premise, one.entailment)}
    said = {text for scene in scenes() for text in (*scene.said.values(), *scene.again.values())}
    said |= {text for one in pairs() for text in (one.sentence, one.paraphrase)}
    assert not trained & said


def test_minimal_pairs_are_three_sentences_of_a_scene_in_all_languages() -> None:
    assert Counter((one.phenomenon, one.language) for one in pairs()) == dict.fromkeys(
        [(name, code) for name in PHENOMENA for code in LANGUAGES], 12
    )
    assert all(len({one.sentence, one.paraphrase, one.changed}) == 3 for one in pairs())
    assert contrasts(LANGUAGES, 12, 3) == pairs()


def test_a_negation_is_added() -> None:
    marks = re.compile(r"\bnot\b|n't\b|\bno\b", re.IGNORECASE)
    for one in english("negation"):
        assert [bool(marks.search(text)) for text in (one.sentence, one.paraphrase, one.changed)] == [
            False,
            False,
            True,
        ]


def test_another_number_is_named() -> None:
    for one in english("number"):
        said, again, changed = (ENGLISH_NUMBER.findall(text) for text in (one.sentence, one.paraphrase, one.changed))
        assert said
        assert [n.lower() for n in said] == [n.lower() for n in again] != [n.lower() for n in changed]
        assert ENGLISH_NUMBER.sub("#", one.sentence) == ENGLISH_NUMBER.sub("#", one.changed)


def test_roles_are_exchanged_and_words_nearly_the_same() -> None:
    for one in english("roles"):
        said, changed = (set(re.findall(r"[a-z]{4,}", text.lower())) for text in (one.sentence, one.changed))
        assert len(said & changed) / len(said | changed) > 0.6


@pytest.mark.parametrize("language", ["en", "es", "id", "zh"])
def test_disordered_words_are_the_same_words(language: str) -> None:
    for one in pairs():
        if one.phenomenon == "word order" and one.language == language:
            said, changed = (sorted(re.sub(r"[.,，。\s]", "", text.lower())) for text in (one.sentence, one.changed))
            assert said == changed


def test_mistakes_are_told() -> None:
    with pytest.raises(ValueError, match="no grammar for the language 'xx'"):
        parallel(["xx"], 1, 0)
    with pytest.raises(ValueError, match="no grammar for the language 'xx'"):
        contrasts(["en", "xx"], 1, 0)
