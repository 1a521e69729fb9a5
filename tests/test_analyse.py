"""Analyses from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from lacoskit import plugins
from lacoskit.__main__ import main
from lacoskit.analysing.config import AnalyseConfig
from lacoskit.analysing.examining import analyse
from lacoskit.analysing.storing import read_findings
from lacoskit.errors import NotTold

QUICK = {
    "isotropy": {"name": "isotropy", "size": 8, "languages": ["en", "fr"]},
    "two languages": {"name": "languages", "size": 8, "languages": ["en", "fr"]},
    "layers": {"name": "layers", "size": 12, "languages": ["en"]},
}


@pytest.fixture
def quick(tmp_path: Path) -> str:
    path = tmp_path / "analyses.yaml"
    path.write_text(yaml.safe_dump({"analyses": QUICK}, sort_keys=False), encoding="utf-8")
    return str(path)


def test_models_side_by_side_on_the_screen_and_in_a_file(
    tiny_bloom: Path, tiny_model: Any, quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, output = [f"base:{tiny_bloom}", f"base:{tiny_model('bert')}"], tmp_path / "out"
    assert main(["analyse", *models, "--analyses", quick, "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in ("mean cosine", "two languages", "best layer's spearman"))
    read = read_findings(output)
    assert [one.model for one in read] == models
    assert all(list(one.findings) == list(QUICK) for one in read)
    assert read == analyse(AnalyseConfig.model_validate({"models": models, "analyses": QUICK}))


def test_findings_are_kept_whatever_becomes_of_the_screen(
    tiny_bloom: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(examinations: Any) -> Any:
        raise BrokenPipeError

    monkeypatch.setattr("lacoskit.analysing.tables.screen_tables", closed)
    words = ["--analyses", "isotropy", "--set", "analyses.isotropy.size=5", "--set", "analyses.isotropy.languages=[en]"]
    with pytest.raises(BrokenPipeError):
        main(["analyse", f"base:{tiny_bloom}", *words, "--output", str(tmp_path)])
    (found,) = read_findings(tmp_path)
    assert list(found.findings) == ["isotropy"]


def test_a_text_is_encoded_once_for_all_analyses(
    tiny_bloom: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from lacoskit import models

    encoded: list[str] = []
    plain = models._Own.encode

    def noted(self: Any, texts: Any, role: Any = None) -> Any:
        encoded.extend(texts)
        return plain(self, texts, role)

    monkeypatch.setattr(models._Own, "encode", noted)
    monkeypatch.setenv("LACOSKIT_CACHE", str(tmp_path / "cache"))
    sections = {name: {**QUICK["isotropy"], "name": kind} for name, kind in (("a", "isotropy"), ("b", "neighbours"))}
    config = AnalyseConfig.model_validate({"models": [f"base:{tiny_bloom}"], "analyses": sections})
    first = analyse(config)
    assert len(encoded) == len(set(encoded)) == first[0].findings["a"].texts
    assert analyse(config) == first
    assert len(encoded) == len(set(encoded))


def test_without_a_word_every_analysis_is_made() -> None:
    config = AnalyseConfig.model_validate({"models": ["base:nano-bloom"]})
    assert list(config.analyses) == plugins.installed().names("analysis")
    assert len(config.analyses) == 8


def test_analyses_can_be_named(tiny_bloom: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--analyses", "isotropy", "--set", "analyses.isotropy.size=5", "--set", "analyses.isotropy.languages=[en]"]
    assert main(["analyse", f"base:{tiny_bloom}", *words]) == 0
    printed = capsys.readouterr().out
    assert "(10 texts)" in printed
    assert "trustworthiness" not in printed


def test_what_a_model_does_not_tell_is_left_out_and_said(
    tiny_bloom: Path, quick: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lacoskit import models

    def silent(self: Any, texts: Any, role: Any = None) -> Any:
        raise NotTold("it has no layers")

    monkeypatch.setattr(models._Own, "layers", silent)
    assert main(["analyse", f"base:{tiny_bloom}", "--analyses", quick]) == 0
    printed = capsys.readouterr().out
    assert "layers is left out for" in printed
    assert "it has no layers" in printed
    assert "mean cosine" in printed


def test_all_mistakes_are_told_at_once_and_no_model_is_opened(
    tmp_path: Path, pairs_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lacoskit.models.open_model", lambda *a, **k: pytest.fail("a model was opened"))
    path = tmp_path / "analyses.yaml"
    sections = {
        "own": {"name": "biases", "files": [str(pairs_file)]},
        "none": {"name": "isotropy", "files": ["nowhere.jsonl"]},
        "foreign": {"name": "minimal-pairs", "languages": ["xx"]},
    }
    path.write_text(yaml.safe_dump({"analyses": sections}), encoding="utf-8")
    words = ["analyse", "./no-run", "base:nano-bloom", "base:nano-bloom", "--analyses", str(path)]
    assert main([*words, "--output", str(path)]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"lacoskit: {path}: 6 problems")
    for part in ("models: ./no-run: there is no folder", "named more than once", "analyses.own: ", "sentence1"):
        assert part in told
    for part in ("nowhere.jsonl", "analyses.foreign: the grammar does not know xx", "output: "):
        assert part in told


def test_a_check_opens_no_model(
    tiny_bloom: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lacoskit.models.open_model", lambda *a, **k: pytest.fail("a model was opened"))
    assert main(["analyse", f"base:{tiny_bloom}", "--check"]) == 0
    assert capsys.readouterr().out == "analyse: nothing wrong\n"


def test_a_model_that_cannot_be_opened_costs_nothing_else(
    tiny_bloom: Path, quick: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["analyse", "no/such-model", f"base:{tiny_bloom}", "--analyses", quick, "--output", str(tmp_path / "out")]
    assert main(words) == 1
    assert "is left out for such-model" in capsys.readouterr().out.replace("\n", " ")
    failed, examined = read_findings(tmp_path / "out")
    assert (failed.failed, failed.findings) == (True, {})
    assert (examined.failed, set(examined.findings)) == (False, set(failed.left_out))


def test_an_unknown_analysis_and_an_unknown_model_are_told_together(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyse", "./no-run", "--analyses", "isotropi", "map"]) == 2
    told = capsys.readouterr().err
    assert "no analysis named 'isotropi'; did you mean 'isotropy'?" in told
    assert "./no-run" in told


def test_a_missing_package_is_named_as_pip_calls_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("lacoskit.plugins._is_installed", lambda module: module != "sklearn")
    assert main(["analyse", "base:nano-bloom", "--analyses", "map"]) == 2
    told = "map needs the package sklearn, which is not installed: pip install 'lacoskit[evaluation]'"
    assert told in capsys.readouterr().err


def test_an_output_that_cannot_be_made_is_told_before_anything_is_done(
    tiny_bloom: Path, quick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from lacoskit.analysing import examining

    monkeypatch.setattr(examining, "analyse", lambda config: pytest.fail("it has begun"))
    (tmp_path / "file").write_text("")
    output = tmp_path / "file" / "out"
    assert main(["analyse", f"base:{tiny_bloom}", "--analyses", quick, "--output", str(output)]) == 2
    assert "output: " in capsys.readouterr().err


def test_a_model_of_sentence_transformers_is_analysed_too(tiny_bloom: Path, quick: str, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer

    transformer = Transformer(str(tiny_bloom))
    model = SentenceTransformer(modules=[transformer, Pooling(32, pooling_mode="mean")], device="cpu")
    model.save(str(tmp_path / "foreign"))
    words = [str(tmp_path / "foreign"), f"base:{tiny_bloom}", "--analyses", quick, "--output", str(tmp_path / "out")]
    assert main(["analyse", *words]) == 0
    theirs, own = read_findings(tmp_path / "out")
    for name, found in own.findings.items():
        assert theirs.findings[name].figures == pytest.approx(found.figures, abs=1e-3), name


def test_the_file_is_json_of_figures_and_parts(tiny_bloom: Path, quick: str, tmp_path: Path) -> None:
    assert main(["analyse", f"base:{tiny_bloom}", "--analyses", quick, "--output", str(tmp_path)]) == 0
    plain = json.loads((tmp_path / "analysis.json").read_text(encoding="utf-8"))
    (matrix,) = [p for p in plain["models"][0]["findings"]["two languages"]["parts"] if p["unit"] == "CKA"]
    assert np.shape(matrix["values"]) == (2, 2)
    assert (matrix["shape"], matrix["rows"]) == ("matrix", ["en", "fr"])
