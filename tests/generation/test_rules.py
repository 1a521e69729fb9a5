"""The rules by which pairs are dropped: each pair by the first that it breaks, whatever the order of documents."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lacoskit.components import Pair
from lacoskit.generation.rules import apply_limit, apply_rank, apply_text_rules, judge, kept, normal


def _pair(query: str = "who?", document: str = "a", text: str = "the text", **more: Any) -> Pair:
    return Pair(query=query, text=text, document=document, type="t", source="s", language=None, **more)


def _dropped(*pairs: Pair, max_query: int = 20) -> list[str | None]:
    judged = judge(pairs)
    apply_text_rules(judged, max_query)
    return [one.dropped_by for one in judged]


def test_each_rule_drops_what_it_says() -> None:
    assert _dropped(_pair(" ?!"), _pair("x" * 21), _pair("THE  text"), _pair()) == ["empty", "too long", "copied", None]
    assert _dropped(_pair("the text", may_quote=True)) == [None]
    assert _dropped(_pair(), _pair("Who?"), _pair("when?")) == [None, "repeated", None]
    assert _dropped(_pair(), _pair(document="b"), _pair("why?")) == ["ambiguous", "ambiguous", None]


def test_queries_for_the_same_subject_are_ambiguous_however_they_put_it() -> None:
    assert _dropped(_pair("a?", subject="Tana"), _pair("b?", "b", subject="tana")) == ["ambiguous"] * 2
    assert _dropped(_pair("a?", subject="Tana"), _pair("b?", "a", subject="Tana")) == [None] * 2
    assert _dropped(_pair("Tana"), _pair("b?", "b", subject="Tana")) == ["ambiguous"] * 2


pairs = st.lists(
    st.builds(_pair, st.sampled_from(["a", "A ", "b", "c d", "?", "", "the"]), st.sampled_from("xyz")), max_size=12
)


@given(pairs, st.randoms())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_kept_is_unique_and_does_not_depend_on_the_order(pairs: list[Pair], chance: random.Random) -> None:
    judged = judge(pairs)
    apply_text_rules(judged, 300)
    left = [one.pair for one in kept(judged)]
    queries = [normal(pair.query) for pair in left]
    assert len(set(queries)) == len(queries)
    assert all(any(map(str.isalnum, query)) and query not in "the text" for query in queries)
    mixed = judge(chance.sample(pairs, len(pairs)))
    apply_text_rules(mixed, 300)
    assert {(normal(one.pair.query), one.pair.document) for one in kept(mixed)} == {
        (normal(pair.query), pair.document) for pair in left
    }


def test_a_pair_is_kept_if_its_document_is_among_the_first() -> None:
    judged = judge([_pair("a"), _pair("the text"), _pair("b"), _pair("c")])
    apply_text_rules(judged, 300)
    apply_rank(judged, [1, 3, 2], 2)
    assert [(one.rank, one.dropped_by) for one in judged] == [(1, None), (None, "copied"), (3, "round trip"), (2, None)]


@given(st.integers(1, 9), st.integers(0, 5))
@settings(deadline=None)
def test_a_limit_keeps_so_many_and_fewer_are_among_more(most: int, seed: int) -> None:
    def left(count: int) -> set[str]:
        judged = judge([_pair(f"q{i}", f"d{i}") for i in range(8)])
        apply_limit(judged, count, seed)
        return {one.pair.query for one in kept(judged)}

    assert len(left(most)) == min(most, 8)
    assert left(most) <= left(most + 1)
