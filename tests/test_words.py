from __future__ import annotations

import pytest

from lacoskit import words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat's 2 MATS, the-end", ["the", "cat", "s", "2", "mats", "the", "end"]),
        ("Straße Ｆｕｌｌ", ["strasse", "full"]),
        ("猫在睡觉。狗", ["猫在", "在睡", "睡觉", "狗"]),
        ("iPhone手机 好", ["iphone", "手机", "好"]),
        ("カタカナ語", ["カタ", "タカ", "カナ", "ナ語"]),
        ("แมวนอน", ["แม", "มว", "วน", "นอ", "อน"]),
        ("बच्चे खेल", ["बच्चे", "खेल"]),
        ("القطار يصل", ["القطار", "يصل"]),
        ("Họ không", ["họ", "không"]),
        ("... !", []),
    ],
)
def test_words_are_sensible_in_scripts_with_and_without_spaces(text: str, expected: list[str]) -> None:
    assert words_of(text) == expected
