"""Examples that are kept in a file are those that went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lacoskit_builtins.mapped import MappedExamples, MappedTexts, mapped

from lacoskit import Example

texts = st.text(st.characters(codec="utf-8"), max_size=8)
scores = st.none() | st.floats(allow_nan=False, allow_infinity=False)
examples_of = st.lists(st.builds(Example, texts, texts, st.lists(texts, max_size=3).map(tuple), scores), max_size=8)


@given(examples_of, st.integers(-9, 9), st.integers(-9, 9))
def test_examples_come_back_as_they_were(examples: list[Example], start: int, stop: int) -> None:
    kept = mapped(iter(examples))
    assert list(kept) == examples
    assert kept == examples
    assert len(kept) == len(examples)
    assert kept[start:stop] == examples[start:stop]
    for place in range(-len(examples), len(examples)):
        assert kept[np.int64(place)] == examples[place]
    for place in (len(examples), -len(examples) - 1):
        with pytest.raises(IndexError):
            kept[place]


def test_texts_are_shared_by_the_examples_that_have_them() -> None:
    kept = MappedTexts(["a", "", "三"])
    assert list(kept) == ["a", "", "三"]
    examples = MappedExamples(kept, np.array([0, 2]), np.array([2, 0]))
    assert list(examples) == [Example("a", "三"), Example("三", "a")]
    assert examples != [Example("a", "三")]
    assert examples != [Example("a", "三"), Example("三", "b")]
