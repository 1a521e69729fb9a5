"""The template grammar: what anyone who trains on its triples or measures on its pairs relies on."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections import Counter
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.grammar import LANGUAGES, GradedPair, Triple, graded_pairs, inventory, triples
from lacoskit_builtins.grammar.closeness import closeness
from lacoskit_builtins.grammar.languages import GRAMMARS
from lacoskit_builtins.grammar.lexicon import table
from lacoskit_builtins.grammar.relations import contradict, drop, entail
from lacoskit_builtins.grammar.scenes import Scene, core, draw, held_out

SEEDS = st.integers(min_value=0, max_value=2**32)


@cache
def many_triples() -> list[Triple]:
    return triples(LANGUAGES, 100_000, 7)


@cache
def some_pairs(language: str) -> list[GradedPair]:
    return graded_pairs(language, 240, 7)


def training_scene(rng: random.Random) -> Scene:
    scene = draw(rng)
    while held_out(scene):
        scene = draw(rng)
    return scene


def sentences(triple: Triple) -> tuple[str, str, str]:
    return triple.premise, triple.entailment, triple.contradiction


def test_a_hundred_thousand_triples_are_distinct_and_the_languages_balanced() -> None:
    made = many_triples()
    assert len(set(made)) == len(made) == 100_000
    assert Counter(triple.language for triple in made) == dict.fromkeys(LANGUAGES, 10_000)


def test_the_languages_are_interleaved_and_not_in_blocks() -> None:
    assert len({triple.language for triple in many_triples()[:200]}) == len(LANGUAGES)


def test_the_premise_the_entailment_and_the_contradiction_are_three_sentences() -> None:
    assert all(len(set(sentences(triple))) == 3 for triple in many_triples())


def test_no_sentence_shows_a_mark_of_the_tables_or_a_gap() -> None:
    seen = (text for triple in many_triples() for text in sentences(triple))
    wrong = re.compile(r"[{}_~@+*#=<>?/]|\s\s|^\s|\s[.,،。，।]|,,|\bNone\b")
    assert [text for text in seen if wrong.search(text)] == []


def test_every_sentence_begins_with_a_capital_where_there_are_any_and_ends_in_its_stop() -> None:
    for triple in many_triples()[:20_000]:
        for text in sentences(triple):
            assert text.endswith(GRAMMARS[triple.language].stop)
            assert text[0] == text[0].upper()
            assert len(text) > 4


def test_negation_tells_neither_label_apart() -> None:
    marks = {"en": r"\b(not|no|nobody)\b|n't\b", "es": r"\b([Nn]o|[Nn]adie)\b", "zh": "不|没有"}
    for language, mark in marks.items():
        mine = [triple for triple in many_triples() if triple.language == language]
        columns = zip(*map(sentences, mine), strict=True)
        shares = [sum(bool(re.search(mark, text)) for text in texts) / len(mine) for texts in columns]
        assert min(shares) > 0.05
        assert max(shares) < 0.35


def test_the_same_arguments_give_the_same_answer() -> None:
    assert triples(LANGUAGES, 500, 3) == triples(LANGUAGES, 500, 3)
    assert triples(LANGUAGES, 500, 3) != triples(LANGUAGES, 500, 4)
    assert graded_pairs("en", 60, 3) == graded_pairs("en", 60, 3)


def test_a_fresh_process_with_another_hash_seed_gives_the_same_answer() -> None:
    code = "from lacoskit_builtins.grammar import *; import zlib\nprint(zlib.crc32(repr({}).encode()))"
    wanted = "(triples(LANGUAGES, 300, 5), [graded_pairs(code, 30, 5) for code in LANGUAGES])"
    told = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        call = [sys.executable, "-c", code.replace("{}", wanted)]
        told.append(subprocess.run(call, env=environment, capture_output=True, check=True, text=True).stdout)
    assert told[0] == told[1] != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_of_a_graded_pair_is_ever_seen_in_training(language: str) -> None:
    trained = {text for triple in many_triples() if triple.language == language for text in sentences(triple)}
    measured = {text for pair in some_pairs(language) for text in (pair.first, pair.second)}
    assert not trained & measured


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_level_from_unrelated_to_the_same_occurs_in_every_language(language: str) -> None:
    pairs = some_pairs(language)
    assert len(set(pairs)) == 240
    assert all(pair.first != pair.second and 0 <= pair.score <= 5 for pair in pairs)
    assert set(Counter(round(pair.score) for pair in pairs)) == {0, 1, 2, 3, 4, 5}


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_sentence_is_said_of_one_scene_only(language: str) -> None:
    rng = random.Random(11)
    meant: dict[str, str] = {}
    for _ in range(2500):
        scene = draw(rng)._replace(time="", manner="")
        text = GRAMMARS[language].realise(scene, rng)
        assert meant.setdefault(text, core(scene)) == core(scene), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_inventory_has_an_entry_in_every_language(language: str) -> None:
    words = GRAMMARS[language].words
    wanted = {
        "nouns": inventory.NOUNS, "verbs": (*inventory.ACTIONS, *inventory.DUOS), "qualities": inventory.QUALITIES,
        "places": (*inventory.PLACES, *inventory.WATERS, *inventory.COUNTRIES, "city", "north", "south"),
        "times": inventory.TIMES, "manners": inventory.MANNERS, "relations": tuple(inventory.RELATIONS),
        "quantities": inventory.QUANTITIES, "changes": inventory.CHANGES, "outcomes": inventory.OUTCOMES,
        "deeds": inventory.DEEDS, "dealings": inventory.DEALINGS, "countries": inventory.COUNTRIES,
        "weather": inventory.WEATHER,
    }  # fmt: skip
    for name, ids in wanted.items():
        entries = getattr(words, name)
        assert [word for word in ids if word not in entries] == [], name
        known = {*ids, *(f"{a}.{o}" for a, objects in inventory.ACTION_OBJECTS.items() for o in objects)}
        assert [word for word in entries if word not in known] == [], name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_scene_has_several_constructions(language: str) -> None:
    rng = random.Random(2)
    said: dict[str, int] = {}
    for _ in range(250):
        scene = draw(rng)
        texts = {GRAMMARS[language].realise(scene, rng) for _ in range(10)}
        said[scene.kind] = max(said.get(scene.kind, 0), len(texts))
    assert len(said) == 10
    assert min(said.values()) >= 2
    assert said["act"] >= 4


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_the_same_meaning_scores_five_and_a_dropped_detail_less(seed: int) -> None:
    rng = random.Random(seed)
    scene = draw(rng)
    assert closeness(scene, scene) == 5
    shorter = drop(scene, rng)
    assert shorter == scene or 3 < closeness(scene, shorter) < 5


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_closeness_is_symmetric_and_within_its_scale(seed: int) -> None:
    rng = random.Random(seed)
    one, other = draw(rng), draw(rng)
    for second in (other, entail(one, rng), contradict(one, rng) or other):
        assert closeness(one, second) == pytest.approx(closeness(second, one))
        assert 0 <= closeness(one, second) <= 5


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_what_contradicts_a_scene_is_another_scene(seed: int) -> None:
    rng = random.Random(seed)
    scene = training_scene(rng)
    against = contradict(scene, rng)
    assert against != scene
    if against is not None:
        assert closeness(scene, against) < 5


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_every_scene_can_be_said_in_every_language(seed: int) -> None:
    rng = random.Random(seed)
    scene = draw(rng)
    for grammar in GRAMMARS.values():
        for meaning in (scene, entail(scene, rng), contradict(scene, rng)):
            if meaning is not None:
                assert len(grammar.realise(meaning, rng)) > 4


def test_the_held_out_share_is_about_a_tenth() -> None:
    rng = random.Random(1)
    assert 0.07 < sum(held_out(draw(rng)) for _ in range(5000)) / 5000 < 0.14


def test_a_language_without_a_grammar_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'xx'"):
        triples(["en", "xx"], 10, 0)
    with pytest.raises(ValueError, match="'xx'"):
        graded_pairs("xx", 10, 0)


@pytest.mark.parametrize(("languages", "size"), [([], 1), (["en"], -1)])
def test_no_language_or_a_negative_size_is_refused(languages: list[str], size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        triples(languages, size, 0)


def test_no_triples_may_be_asked_for() -> None:
    assert triples([], 0, 0) == []
    assert graded_pairs("sw", 0, 0) == []


def test_a_table_tells_its_synonyms_forms_and_tails() -> None:
    read = table("play: playing played + chess / having_fun; dog: dog")
    assert read["play"] == ((("playing", "played"), "chess"), (("having fun",), ""))


@pytest.mark.parametrize("text", ["dog", "dog: dog; dog: hound", "dog: "])
def test_a_broken_table_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an entry"):
        table(text)
