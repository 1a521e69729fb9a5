from __future__ import annotations

from pathlib import Path

import pytest

from lacoskit.analysing.config import AnalyseConfig
from lacoskit.errors import ConfigError
from lacoskit.evaluating.config import EvaluateConfig
from lacoskit.models_config import ModelsConfig


@pytest.fixture(params=[EvaluateConfig, AnalyseConfig])
def of_command(request: pytest.FixtureRequest) -> type[ModelsConfig]:
    return request.param


def test_words_of_the_command_go_before_the_file_and_overrides_before_both(tmp_path: Path) -> None:
    file = tmp_path / "asked.yaml"
    file.write_text(
        "models: [base:of-the-file]\noutput: of-the-file\nkeep_vectors: false\nanalyses: {map: {name: map}}\n"
    )
    given = {"models": ["base:of-the-words"], "output": "of-the-words"}
    config, source = AnalyseConfig.of_words([str(file)], given, ["output=of-the-override"])
    assert (config.models, config.output) == (("base:of-the-words",), "of-the-override")
    assert (config.keep_vectors, list(config.analyses), source) == (False, ["map"], str(file))


def test_what_is_not_given_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "asked.yaml"
    file.write_text("models: [base:of-the-file]\n")
    config, _ = AnalyseConfig.of_words([str(file)], {"models": [], "output": None})
    assert (config.models, config.output) == (("base:of-the-file",), None)


def test_no_model_is_a_mistake_of_the_command(of_command: type[ModelsConfig]) -> None:
    with pytest.raises(ConfigError) as caught:
        of_command.of_words([], {"models": []})
    assert caught.value.source == of_command.command
    assert "models" in [problem.where for problem in caught.value.problems]


def test_an_output_that_cannot_be_made_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = AnalyseConfig.model_validate({"models": ["base:nano-bloom"], "output": str(tmp_path / "file" / "out")})
    with pytest.raises(ConfigError, match="cannot be made"):
        config.made_output("here")
    assert AnalyseConfig.model_validate({"models": ["base:nano-bloom"]}).made_output("here") is None
