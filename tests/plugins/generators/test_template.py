"""Queries from templates: filled, in the script of their language, of documents that exist, the same by seed."""

from __future__ import annotations

import random
import re
import string
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.generators.template import TemplateOptions, build
from lacoskit_builtins.queries.languages import LANGUAGES
from lacoskit_builtins.queries.text import script_of
from pydantic import ValidationError

from lacoskit import Document, Pair

GAPS = {
    "title": {"title"}, "entity": {"entity"}, "two_entities": {"entity", "other"}, "year": {"entity", "year"},
    "gap_name": {"sentence"}, "gap_number": {"sentence"},
}  # fmt: skip
KINDS = ("title", "first-sentence", "entity", "keywords", "cloze")


def _write(documents: list[Document], seed: int = 0, **options: Any) -> list[Pair]:
    return list(build(TemplateOptions(**options), documents, seed)(documents))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_phrase_has_the_gaps_of_its_kind_and_the_script_of_its_language(code: str) -> None:
    phrases = LANGUAGES[code]
    for kind, gaps in GAPS.items():
        templates = getattr(phrases, kind)
        assert len(templates) == len(set(templates)) >= 2, kind
        for template in templates:
            fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
            assert fields == gaps, template
            words = re.sub(r"\{\w+\}", "", template)
            assert not any(map(str.isalpha, words)) or script_of(words) == phrases.script, template
    assert script_of(phrases.instruction) == phrases.script
    assert script_of(phrases.question) == phrases.script


def test_every_language_has_every_kind_of_query(documents: list[Document]) -> None:
    for document in documents[:-1]:
        kinds = {pair.type for seed in range(8) for pair in _write([document], seed)}
        assert {"title", "first-sentence", "entity", "keywords", "cloze", "cloze-number"} <= kinds, document.id


@given(seed=st.integers(0, 10_000), per_kind=st.integers(1, 3))
@settings(max_examples=25, deadline=None)
def test_queries_are_filled_in_their_languages_script_and_of_documents_that_exist(
    documents: list[Document], seed: int, per_kind: int
) -> None:
    by_id = {document.id: document for document in documents}
    for pair in _write(documents, seed, per_kind=per_kind):
        assert pair.query.strip() == pair.query != ""
        assert not re.search(r"[{}]", pair.query)
        assert pair.language == (pair.document if pair.document in LANGUAGES else None)
        assert script_of(pair.query) == script_of(by_id[pair.document].text)
        assert pair.query not in pair.text or pair.may_quote or pair.type == "keywords"
        assert by_id[pair.document].text.endswith(pair.text)


def test_a_language_without_phrases_gives_its_title_and_first_sentence(documents: list[Document]) -> None:
    pairs = _write([documents[-1]])
    assert [(pair.type, pair.language, pair.source) for pair in pairs] == [
        ("title", None, "any-title-0"),
        ("first-sentence", None, "any-first-sentence-0"),
    ]
    assert pairs[0].query == "Bücherei"


def test_the_language_of_the_document_goes_before_what_is_found(documents: list[Document]) -> None:
    told = Document(id="a", text=documents[0].text, language="es")
    assert {pair.language for pair in _write([told])} == {"es"}


def test_the_first_sentence_is_taken_out_of_its_document(documents: list[Document]) -> None:
    (cut,) = _write([documents[0]], kinds=("first-sentence",))
    assert documents[0].text.startswith(cut.query)
    assert cut.text == " ".join(documents[0].text.removeprefix(cut.query).split())
    (whole,) = _write([documents[0]], kinds=("first-sentence",), cut_first_sentence=False)
    assert (whole.text, whole.may_quote) == (documents[0].text, True)


def test_a_cloze_is_a_sentence_of_the_document_without_one_of_its_words(documents: list[Document]) -> None:
    clozes = [pair for seed in range(5) for pair in _write(documents, seed) if pair.type.startswith("cloze")]
    assert clozes
    for pair in clozes:
        parts = [part for part in re.split("____", pair.query) if part.strip()]
        plain = " ".join(pair.text.split())
        assert "____" in pair.query
        assert all(part.strip() in plain for part in parts[1:])


def test_a_title_that_several_documents_have_comes_with_a_term() -> None:
    rows = ["The river Tana flows through Garissa and is used by many farmers of the area.",
            "The port of Lamu is old, and the ships from Muscat came to it with the winds of the winter."]  # fmt: skip
    documents = [Document(id=str(i), text=text, title="Coast Province") for i, text in enumerate(rows)]
    pairs = _write(documents, kinds=("title",))
    assert [pair.type for pair in pairs] == ["title-and-entity"] * 2
    assert all("Coast Province" in pair.query for pair in pairs)
    assert len({pair.subject for pair in pairs}) == 2


def test_the_same_seed_gives_the_same_pairs_in_any_order_of_blocks_and_threads(documents: list[Document]) -> None:
    whole = _write(documents, 3)
    write = build(TemplateOptions(), documents, 3)
    shuffled = random.Random(0).sample(documents, len(documents))
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda document: list(write([document])), shuffled))
    assert {pair for part in parts for pair in part} == set(whole)
    assert _write(documents, 4) != whole


@given(st.lists(st.text(max_size=200), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_no_text_whatsoever_is_an_error(texts: list[str]) -> None:
    documents = [Document(id=str(i), text=text, title=text[:9]) for i, text in enumerate(texts)]
    for pair in _write(documents):
        assert pair.document in {document.id for document in documents}
        assert "\n" not in pair.query


def test_an_option_that_means_nothing_is_an_error() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        TemplateOptions(kinds=())
    with pytest.raises(ValidationError, match="Input should be"):
        TemplateOptions(kinds=("titles",))


REAL = {
    "xquad_en": "en", "xquad_es": "es", "xquad_hi": "hi", "xquad_zh": "zh", "tydiqa-dev_id": "id",
    "tydiqa-train_sw": "sw", "mlqa-dev_ar": "ar", "mlqa-dev_vi": "vi",
}  # fmt: skip


@pytest.mark.parametrize("name", REAL)
def test_real_documents_get_queries_in_their_language(name: str, shared_data: Any) -> None:
    from lacoskit.generation.documents import Documents, read_documents

    folder = shared_data / "retrieval" / name
    documents = read_documents(Documents(beir=str(folder))).documents[::8]
    pairs = _write(list(documents))
    known = [pair for pair in pairs if pair.language == REAL[name]]
    assert len(known) > 0.9 * len(pairs)
    assert len(known) > 2 * len(documents)
    assert {pair.type for pair in known} >= {"first-sentence", "entity", "keywords", "cloze"}
