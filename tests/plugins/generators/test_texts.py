"""What is found in texts without heavy libraries: sentences, languages, names and terms."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lacoskit_builtins.queries.detection import detect_language
from lacoskit_builtins.queries.finders import find_terms
from lacoskit_builtins.queries.languages import LANGUAGES
from lacoskit_builtins.queries.sentences import after_first_sentence, split_sentences
from lacoskit_builtins.queries.statistics import Statistics

from lacoskit import Document


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Dr. A. Smith paid 3.5 pounds. “Why?” He left!", ["Dr. A. Smith paid 3.5 pounds.", "“Why?”", "He left!"]),
        ("The U.S. army came. It left.", ["The U.S. army came.", "It left."]),
        ("It ended. then it went on.", ["It ended. then it went on."]),
        ("他来了。“你好！”她说。", ["他来了。", "“你好！”", "她说。"]),
        ("वह आया। क्यों? पता नहीं॥", ["वह आया।", "क्यों?", "पता नहीं॥"]),
        ("لماذا جاء؟ لا أعرف. ذهب!", ["لماذا جاء؟", "لا أعرف.", "ذهب!"]),
        ("one\n\ntwo", ["one", "two"]),
        ("", []),
    ],
)
def test_sentences_end_as_their_script_ends_them(text: str, sentences: list[str]) -> None:
    assert split_sentences(text, LANGUAGES["en"].abbreviations) == sentences


@given(st.text(alphabet='ab. ।。?!\n"”A1', max_size=60))
@settings(deadline=None)
def test_nothing_of_a_text_is_lost_between_sentences(text: str) -> None:
    def bare(text: str) -> str:
        return re.sub(r"\s", "", text)

    sentences = split_sentences(text)
    assert bare("".join(sentences)) == bare(text)
    assert bare("".join(sentences[1:])) == bare(after_first_sentence(text))


def test_each_language_is_known_and_others_are_not(documents: list[Document]) -> None:
    found = {document.id: detect_language(document.text) for document in documents}
    assert found == {**{code: code for code in LANGUAGES}, "de": None}
    for text in (
        "",
        "12 + 3",
        "Port Ellen",
        "図書館は山の上にあります。本がたくさんあります。",
        "Библиотека была основана.",
    ):
        assert detect_language(text) is None


@pytest.mark.parametrize(
    ("code", "terms"),
    [
        ("en", {"Port Ellen", "Martha Quill", "Saint Anne", "The Salt Road"}),
        ("fr", {"Belmont", "Marthe Quillet", "Sainte-Anne", "La Route du Sel"}),
        ("es", {"Puerto Alto", "Marta Quiroga", "Santa Ana", "El Camino de Sal"}),
        ("pt", {"Porto Belo", "Marta Queirós", "Santa Ana", "O Caminho do Sal"}),
        ("zh", {"海岩镇图书馆", "玛莎·奎尔", "盐之路"}),
        ("ar", {"الفيضان الكبير", "طريق الملح"}),
        ("hi", {"समुद्रपुर पुस्तकालय", "नमक का रास्ता"}),
        ("vi", {"Cảng Xanh", "Martha Quill", "Sông Mây", "Con Đường Muối"}),
        ("id", {"Pelabuhan Hijau", "Marta Kusuma", "Santa Ana", "Jalan Garam"}),
        ("sw", {"Bandari Kuu", "Martha Kweli", "Mtakatifu Ana", "Njia ya Chumvi"}),
    ],
)
def test_names_and_terms_are_found_whole(code: str, terms: set[str], documents: list[Document]) -> None:
    statistics = Statistics.of([document.text for document in documents])
    text = next(document.text for document in documents if document.id == code)
    phrases = LANGUAGES[code]
    found = find_terms(split_sentences(text, phrases.abbreviations), phrases, statistics)
    assert terms <= set(found)
    assert all(term in text for term in found)
    assert not {term.lower() for term in found} & phrases.function_words


def test_the_first_word_of_a_sentence_is_a_name_only_if_the_corpus_writes_it_so() -> None:
    corpus = ["Rain fell on Lamu. Lamu is old.", "The rain came, and the rain went."]
    statistics = Statistics.of(corpus)
    assert find_terms(["Rain fell.", "Lamu is old."], LANGUAGES["en"], statistics) == ["Lamu"]
