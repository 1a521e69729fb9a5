"""The component; the grammar behind it has tests of its own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lacoskit import Dataset, Task, plugins
from lacoskit.sections import Selected


@pytest.fixture(scope="module")
def component() -> Dataset[Any]:
    return plugins.installed().select(Dataset, "templates")


def test_it_makes_as_many_different_triples_as_asked_for(component: Dataset[Any]) -> None:
    examples = component.load(component.options(size=1500))
    assert len(examples) == len(set(examples)) == 1500
    for example in examples:
        assert len(example.negatives) == 1
        assert len({example.anchor, example.positive, *example.negatives}) == 3
        assert example.score is None


def test_the_seed_decides_what_is_made(component: Dataset[Any]) -> None:
    first, again, other = (component.load(component.options(size=50, seed=seed)) for seed in (1, 1, 2))
    assert first == again
    assert not set(first) & set(other)


def test_hard_negatives_can_be_left_out(component: Dataset[Any]) -> None:
    options = {"size": 50, "languages": ["en"]}
    examples = component.load(component.options(**options, hard_negatives=False))
    assert all(example.negatives == () for example in examples)
    triples = component.load(component.options(**options))
    assert [(e.anchor, e.positive) for e in examples] == [(e.anchor, e.positive) for e in triples]


def test_languages_are_those_asked_for(component: Dataset[Any]) -> None:
    chinese = component.load(component.options(size=50, languages=["zh"]))
    assert all(any("\u4e00" <= character <= "\u9fff" for character in example.anchor) for example in chinese)
    assert all(ord(character) > 127 or not character.isalpha() for e in chinese for character in e.anchor)
    english = component.load(component.options(size=50, languages=["en"]))
    assert all(example.anchor.isascii() for example in english)


def test_an_unknown_language_is_told_with_the_known_ones(component: Dataset[Any]) -> None:
    with pytest.raises(ValidationError, match=r"the grammar does not know xx, yy; it knows .*\ben\b.*\bzh\b"):
        component.options(languages=["en", "xx", "yy"])
    with pytest.raises(ValidationError):
        component.options(languages=[])


def held_out(component: Dataset[Any], **options: Any) -> dict[str, Any]:
    """The data of each task that the dataset holds out."""
    tasks = component.held_out(component.options(**options))
    selected = {name: Selected.once_used(Task, section) for name, section in tasks.items()}
    return {name: task.component.load(task.options) for name, task in selected.items()}


def test_every_language_has_graded_pairs_held_out(component: Dataset[Any]) -> None:
    found = held_out(component, held_out_size=60)
    assert set(found) == set(component.options().languages)
    assert len(found) >= 8
    for language, pairs in found.items():
        assert pairs.languages == (language,)
        assert len(pairs.first) == len(pairs.second) == len(pairs.scores) == 60
        assert all(0 <= score <= 5 for score in pairs.scores)
        assert len(set(pairs.scores)) > 3
    assert set(held_out(component, languages=["fr", "ar"], held_out_size=6)) == {"fr", "ar"}


def test_what_is_held_out_is_never_trained_on(component: Dataset[Any]) -> None:
    trained = {
        text for e in component.load(component.options(size=5000)) for text in (e.anchor, e.positive, *e.negatives)
    }
    measured = {
        text for pairs in held_out(component, held_out_size=100).values() for text in (*pairs.first, *pairs.second)
    }
    assert len(measured) > 1000
    assert not trained & measured
