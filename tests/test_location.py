from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers

from lacoskit.location import ASSETS, BUNDLED, width_of

FAMILIES = {
    "bloom": transformers.BloomConfig(hidden_size=48),
    "gpt2": transformers.GPT2Config(n_embd=48),
    "bert": transformers.BertConfig(hidden_size=48),
    "distilbert": transformers.DistilBertConfig(dim=48),
    "t5": transformers.T5Config(d_model=48),
    "xlm-roberta": transformers.XLMRobertaConfig(hidden_size=48),
    "qwen3": transformers.Qwen3Config(hidden_size=48),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_width_is_what_transformers_calls_the_hidden_size(family: str, tmp_path: Path) -> None:
    settings: Any = FAMILIES[family]
    settings.save_pretrained(tmp_path)
    assert width_of(str(tmp_path)) == settings.hidden_size == 48


def test_the_width_of_the_bundled_model_is_known_by_its_name() -> None:
    assert width_of(BUNDLED) == transformers.AutoConfig.from_pretrained(ASSETS / BUNDLED).hidden_size


@pytest.mark.parametrize("text", [None, "{}", "not json"])
def test_a_width_that_no_file_tells_is_none(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "config.json").write_text(text)
    assert width_of(str(tmp_path)) is None
    assert width_of("organisation/on-the-hub") is None
