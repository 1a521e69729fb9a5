from __future__ import annotations

import json
from importlib.resources import files

import pytest

from lacoskit.languages import UNKNOWN, mteb_code, short_code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("en", "eng-Latn"),
        ("EN", "eng-Latn"),
        ("en-US", "eng-Latn"),
        ("eng", "eng-Latn"),
        ("zh", "zho-Hans"),
        ("zho-Hant", "zho-Hant"),
        ("swh", "swa-Latn"),
        ("eng_Latn", "eng-Latn"),
        ("zh_CN", "zho-Hans"),
        ("ENG", "eng-Latn"),
        ("", UNKNOWN),
        ("qq", UNKNOWN),
    ],
)
def test_a_code_gets_three_letters_and_a_script(code: str, expected: str) -> None:
    assert mteb_code(code) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("eng-Latn", "en"),
        ("eng", "en"),
        ("en", "en"),
        ("arb-Arab", "ar"),
        ("tpi-Latn", "tpi"),
        ("zho-Hant", "zh"),
        ("eng_Latn", "en"),
        ("zh_CN", "zh"),
        ("EN", "en"),
        ("azj_Latn", "az"),
        ("ekk", "et"),
        ("gaz_Latn", "om"),
    ],
)
def test_a_code_gets_two_letters_where_it_has_them(code: str, expected: str) -> None:
    assert short_code(code) == expected


def test_the_table_is_that_of_mteb() -> None:
    folder = files("mteb.languages")
    three = json.loads((folder / "iso_639_1_to_3.json").read_text(encoding="utf-8"))
    scripts = json.loads((folder / "iso_639_3_to_default_script.json").read_text(encoding="utf-8"))
    written_otherwise = {"om"}  # in Latin letters since 1991
    for two, language in three.items():
        if mteb_code(two) != UNKNOWN:
            assert mteb_code(two).split("-")[0] == language
            assert two in written_otherwise or scripts.get(language, "Latn") == mteb_code(two).split("-")[1]


def test_codes_of_single_languages_are_those_that_mteb_has_for_them() -> None:
    """FLORES and SIB-200 name the single language where others name what it belongs to."""
    for single in (
        "als",
        "arb",
        "azj",
        "ekk",
        "gaz",
        "khk",
        "lvs",
        "npi",
        "ory",
        "pbt",
        "pes",
        "plt",
        "swh",
        "uzn",
        "ydd",
    ):
        assert len(short_code(single)) == 2, single
