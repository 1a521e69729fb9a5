from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # as when a benchmark is run

from report import OURS, THEIRS, Comparison, write
from texts import NLI_QUANTILES, nli_triplets, retrieval_rows

from lacoskit.backbone import ModelFiles, load_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_tokenizer(ModelFiles("nano-bloom"))


def figures(rate: float, peak: float = 1.0) -> dict[str, Any]:
    return {"texts_per_second": rate, "peak_gib": peak}


def test_ratios_are_those_of_turns_and_not_of_medians() -> None:
    comparison = Comparison("a case", {})
    for ours, theirs in ((30.0, 10.0), (80.0, 20.0), (50.0, 10.0)):
        comparison.add(OURS, figures(ours))
        comparison.add(THEIRS, figures(theirs))
    assert comparison.ratios == [3.0, 4.0, 5.0]
    assert comparison.rate(OURS) == 50.0


@pytest.mark.parametrize("what", ["training", "memory"])
def test_results_are_json_a_table_and_a_plot_and_name_no_path(what: str, tmp_path: Path) -> None:
    both, alone = Comparison("both", {"model": "/somewhere", "batch_size": 64}), Comparison("alone", {"texts": "/x"})
    for rate in (3.0, 4.0):
        both.add(OURS, figures(rate, 0.5))
        both.add(THEIRS, figures(1.0, 2.0))
        alone.add(OURS, figures(rate))
    write(what, [both, alone], tmp_path, ["data.jsonl"])
    table = (tmp_path / f"{what}.md").read_text(encoding="utf-8")
    assert "| both | 3.5 | 1.0 | **3.50** (3.00 to 4.00) | 0.50 | 2.00 |" in table
    assert "| alone | 3.5 |  |  | 1.00 |  |" in table
    kept = json.loads((tmp_path / f"{what}.json").read_text(encoding="utf-8"))
    assert [c["ratios"] for c in kept["comparisons"]] == [[3.0, 4.0], []]
    assert "/somewhere" not in json.dumps(kept)
    assert (tmp_path / f"{what}.png").read_bytes().startswith(b"\x89PNG")


def test_cases_that_were_measured_before_stay_and_a_new_measurement_replaces_its_own(tmp_path: Path) -> None:
    for name, rate in (("one", 2.0), ("two", 3.0), ("one", 4.0)):
        comparison = Comparison(name, {})
        comparison.add(OURS, figures(rate))
        comparison.add(THEIRS, figures(1.0))
        write("training", [comparison], tmp_path, [])
    kept = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    assert {c["name"]: c["ratios"] for c in kept["comparisons"]} == {"one": [4.0], "two": [3.0]}


def test_generated_triplets_have_the_lengths_of_real_ones(tokenizer: Any) -> None:
    rows = nli_triplets(300)
    assert rows == nli_triplets(300)
    for column, (role, quantiles) in enumerate(NLI_QUANTILES.items()):
        lengths = sorted(len(tokenizer(row[column])["input_ids"]) for row in rows)
        assert lengths[150] == pytest.approx(quantiles[3], rel=0.35), role
        assert lengths[-1] > quantiles[4], role


def test_generated_passages_are_of_20_to_400_tokens(tokenizer: Any) -> None:
    rows = retrieval_rows(10)
    assert {len(row) for row in rows} == {9}
    lengths = [len(tokenizer(text)["input_ids"]) for row in rows for text in row[1:]]
    assert 15 <= min(lengths) < 80
    assert 320 < max(lengths) <= 440
