from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from lacoskit.__main__ import main
from lacoskit.components import KINDS
from lacoskit.config import RunConfig
from lacoskit.retrofitting.stages import RetrofitConfig, read_stages

ROOT = Path(__file__).resolve().parents[2]

FILES = sorted((ROOT / "configs").glob("*.yaml"))
RECIPE = ROOT / "configs" / "retrofit.yaml"
CONFIGS = [path for path in FILES if path != RECIPE]
BLOOM = [path for path in CONFIGS if path.stem.startswith("bloom-") and "176b" not in path.stem]


def test_there_is_one_for_each_size_of_bloom_and_one_for_the_bundled_model() -> None:
    assert {path.stem for path in CONFIGS} >= {f"bloom-{size}" for size in ("560m", "1b1", "1b7", "3b", "7b1")}
    assert "nano-nli" in {path.stem for path in CONFIGS}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_is_accepted_and_its_output_is_its_own(path: Path) -> None:
    config = RunConfig.load(path)
    assert config.output == f"runs/{path.stem}"


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_it_says_only_what_differs_from_the_defaults(path: Path) -> None:
    written = yaml.safe_load(path.read_text(encoding="utf-8"))
    selected = {kind: written[kind]["name"] for kind in KINDS if "name" in (written.get(kind) or {})}
    base = RunConfig.model_validate({kind: {"name": name} for kind, name in selected.items()}).as_mapping()
    defaults = RunConfig.load().as_mapping()
    same = [
        where
        for where, value in _leaves(RunConfig.load(path).as_mapping(), written)
        if value == _at(defaults if where[-1] == "name" else base, where)
    ]
    assert not same


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_its_first_line_says_what_it_is_and_its_second_where_editors_find_the_schema(path: Path) -> None:
    first, second, *_ = path.read_text(encoding="utf-8").splitlines()
    assert first.startswith("# ")
    assert re.search(r"about \d+ GB of (GPU )?memory", first)
    assert second == "# yaml-language-server: $schema=schema.json"


@pytest.mark.parametrize("path", BLOOM, ids=lambda path: path.stem)
def test_a_bloom_follows_the_paper_on_nli_with_hard_negatives(path: Path) -> None:
    config = RunConfig.load(path)
    assert config.model == f"bigscience/{path.stem}"
    names = [section.name for section in config.selections()]
    assert names == ["bnb-8bit", "lora", "mean", "multiple-negatives", "nli", "adamw-8bit"]
    assert config.dataset.options.sets == ("snli", "multinli")
    assert config.dataset.options.hard_negatives


@pytest.mark.parametrize("path", BLOOM, ids=lambda path: path.stem)
def test_the_memory_in_its_first_line_is_what_its_sizes_come_to(path: Path) -> None:
    layers, width = {
        "bloom-560m": (24, 1024),
        "bloom-1b1": (24, 1536),
        "bloom-1b7": (24, 2048),
        "bloom-3b": (30, 2560),
        "bloom-7b1": (30, 4096),
    }[path.stem]
    tokens = RunConfig.load(path).train.batch_size * 3 * 16
    linears, embeddings = layers * 12 * width**2, 250_880 * width * 2
    lora = layers * 16 * 16 * width * (4 + 4 + 2)  # weights, gradients and 8-bit moments of rank 16 on all layers
    kept = tokens * layers * width * 76  # bytes kept for the backward pass, most of them states in float32
    rest = 0.5e9 + 8 * width * 4 * width  # the CUDA context, and a weight and its gradient unpacked to multiply by it
    total = (linears + embeddings + lora + kept + rest) / 1e9
    first = path.read_text(encoding="utf-8").splitlines()[0]
    said, fits = (int(number) for number in re.findall(r"(\d+) GB", first))
    assert said == pytest.approx(total, abs=1)
    assert said <= 0.9 * fits


def test_bloom_176b_is_for_gpus_that_share_its_weights() -> None:
    config = RunConfig.load(ROOT / "configs" / "bloom-176b-zero3.yaml")
    assert config.model == "bigscience/bloom"
    assert [section.name for section in config.selections()][:2] == ["int8", "lora"]
    assert config.train.checkpoint_activations


def test_bloom_7b1_is_for_one_gpu_of_32_gb() -> None:
    assert "one GPU of 32 GB" in (ROOT / "configs" / "bloom-7b1.yaml").read_text(encoding="utf-8").splitlines()[0]


def test_the_recipe_trains_mines_with_what_was_trained_and_trains_with_what_was_mined() -> None:
    stages = read_stages(RetrofitConfig.load(RECIPE), str(RECIPE))
    assert [(stage.verb, stage.needs) for stage in stages] == [
        ("generate", ()),
        ("train", (1,)),
        ("mine", (1, 2)),
        ("train", (3,)),
        ("evaluate", (2, 4)),
    ]


def test_the_schema_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    current = json.loads(capsys.readouterr().out)
    kept = json.loads((ROOT / "configs" / "schema.json").read_text(encoding="utf-8"))
    assert kept == current, "write it anew: lacoskit schema > configs/schema.json"


def test_the_schema_knows_every_key_of_the_configs() -> None:
    schema = json.loads((ROOT / "configs" / "schema.json").read_text(encoding="utf-8"))
    for path in CONFIGS:
        assert yaml.safe_load(path.read_text(encoding="utf-8")).keys() <= schema["properties"].keys()


def test_the_command_lists_them_with_their_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["configs"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for path in FILES:
        assert path.stem in printed
    assert "LACoS-BLOOM on NLI, 7.1B" in printed


def _leaves(mapping: Any, written: Any, where: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """The values that a file spells out, as they were understood."""
    if not isinstance(written, dict) or not isinstance(mapping, dict):
        return [(where, mapping)]
    return [leaf for key in written for leaf in _leaves(mapping[key], written[key], (*where, key))]


def _at(mapping: Any, where: tuple[str, ...]) -> Any:
    for key in where:
        mapping = mapping.get(key) if isinstance(mapping, dict) else None
    return mapping
