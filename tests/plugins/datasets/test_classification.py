from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lacoskit import DataError

labelled = st.lists(st.tuples(st.sampled_from("abcdefghijkl"), st.sampled_from("XYZ")), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=labelled, negatives=st.integers(0, 3), seed=st.integers(0, 5))
def test_pairs_are_of_one_class_and_negatives_of_others(
    rows: list[tuple[str, str]], negatives: int, seed: int, load_as: Any, write_rows: Any
) -> None:
    classes: dict[str, set[str]] = {}
    for text, label in rows:
        classes.setdefault(text, set()).add(label)
    of = {text: next(iter(labels)) for text, labels in classes.items() if len(labels) == 1}
    file = str(write_rows([{"text": text, "label": label} for text, label in rows]))
    options = {"files": [file], "seed": seed, "negatives": negatives}
    if negatives and len(set(of.values())) < 2:
        with pytest.raises(DataError, match="negatives are texts of other classes, and there is but one class"):
            load_as("classification", **options)
        return
    examples = load_as("classification", **options)
    sizes = Counter(of.values())
    paired = [text for text in of if sizes[of[text]] > 1]
    assert [example.anchor for example in examples] == paired
    assert sorted(example.positive for example in examples) == sorted(paired)
    for example in examples:
        assert of[example.anchor] == of[example.positive]
        assert example.anchor != example.positive
        assert len(example.negatives) == negatives
        assert all(of[text] != of[example.anchor] for text in example.negatives)
    assert examples == load_as("classification", **options)


def test_every_text_of_another_class_is_drawn_as_often(load_as: Any, write_rows: Any) -> None:
    sizes = {"a": 2, "b": 3, "c": 5}
    rows = [{"text": f"{label}{i}", "label": label} for label, size in sizes.items() for i in range(size)]
    examples = load_as("classification", files=[str(write_rows(rows))], negatives=4000)
    drawn = Counter(next(example for example in examples if example.anchor == "b0").negatives)
    assert set(drawn) == {"a0", "a1", "c0", "c1", "c2", "c3", "c4"}
    assert all(abs(count - 4000 / 7) < 6 * (4000 / 7) ** 0.5 for count in drawn.values())


def test_the_seed_decides(load_as: Any, write_rows: Any) -> None:
    file = str(write_rows([{"text": f"t{i}", "label": i % 3} for i in range(60)]))
    one, other = (load_as("classification", files=[file], seed=seed) for seed in (0, 1))
    assert one != other
    assert load_as("classification", files=[file], max_examples=5) == one[:5]


@pytest.mark.parametrize("label", [None, "", 1.5, ["x"]])
def test_a_label_is_a_word_or_a_whole_number(label: Any, load_as: Any, write_rows: Any) -> None:
    with pytest.raises(DataError, match="no label"):
        load_as("classification", files=[str(write_rows([{"text": "a", "label": label}]))])


def test_a_real_set_is_read(load_as: Any, shared_data: Path) -> None:
    files = [str(shared_data / "classification" / "banking77_en_train.jsonl.gz")]
    examples = load_as("classification", files=files, negatives=1)
    assert len(examples) > 9_000
    assert len({example.positive for example in examples}) == len(examples)
