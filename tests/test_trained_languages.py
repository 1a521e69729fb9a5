from __future__ import annotations

from pathlib import Path

import pytest

from lacoskit.trained_languages import trained_languages


def test_the_bundled_model_tells_its_languages_in_its_card() -> None:
    assert trained_languages("nano-bloom") == frozenset("en fr es pt ar hi vi id zh ca eu bn ta ur sw".split())


@pytest.mark.parametrize(("model", "count"), [("bigscience/bloom-560m", 45), ("bigscience/bloomz-7b1", 45)])
def test_bloom_was_trained_on_its_46_languages_of_which_one_is_code(model: str, count: int) -> None:
    found = trained_languages(model)
    assert found is not None
    assert len(found) == count
    assert {"en", "sw", "zh"} <= found
    assert not {"de", "it", "ko", "nl", "tr"} & found


def test_xlm_r_was_trained_on_german_too() -> None:
    assert {"de", "it", "ko"} <= (trained_languages("FacebookAI/xlm-roberta-base") or set())


def test_an_encoder_was_trained_on_the_languages_of_its_base(tmp_path: Path) -> None:
    (tmp_path / "lacoskit.yaml").write_text("model: bigscience/bloom-1b1\n")
    assert trained_languages(str(tmp_path)) == trained_languages("bigscience/bloom")


@pytest.mark.parametrize(
    ("card", "known"),
    [
        ("---\nlanguage: [eng-Latn, zh]\n---\ntext", {"en", "zh"}),
        ("---\nlanguage: fr\n---\n", {"fr"}),
        ("---\nlanguage: multilingual\n---\n", None),
        ("---\nlicense: mit\n---\n", None),
        ("no front matter", None),
        ("---\nlanguage: [en\n---\n", None),
    ],
)
def test_a_folder_tells_them_in_its_card(card: str, known: set[str] | None, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(card)
    assert trained_languages(str(tmp_path)) == known


def test_of_other_models_nobody_knows(tmp_path: Path) -> None:
    assert trained_languages("somebody/model") is None
    assert trained_languages(str(tmp_path)) is None
