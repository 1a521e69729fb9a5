from __future__ import annotations

import pytest
from lacoskit_builtins import grammar
from lacoskit_builtins.tasks.templates import TemplatesOptions, load
from pydantic import ValidationError


def test_the_pairs_are_those_of_the_grammar() -> None:
    data = load(TemplatesOptions(language="sw", size=12, seed=3))
    pairs = grammar.graded_pairs("sw", 12, 3)
    assert list(zip(data.first, data.second, data.scores.tolist(), strict=True)) == [
        (pair.first, pair.second, pair.score) for pair in pairs
    ]
    assert data.languages == ("sw",)


def test_a_language_that_the_grammar_does_not_know_is_told() -> None:
    with pytest.raises(ValidationError, match=r"the grammar does not know xx; it knows .*\ben\b"):
        TemplatesOptions(language="xx")
