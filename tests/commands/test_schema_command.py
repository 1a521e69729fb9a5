"""`lacoskit schema` prints a JSON Schema, and the one that editors read beside the configs is the same."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lacoskit import RunConfig
from lacoskit.__main__ import main

SHIPPED = Path(__file__).resolve().parents[2] / "configs" / "schema.json"


def test_the_schema_is_json_with_every_key_of_a_config(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert list(schema["properties"]) == list(RunConfig.model_fields)
    assert schema["additionalProperties"] is False


def test_the_shipped_schema_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert SHIPPED.read_text(encoding="utf-8") == capsys.readouterr().out, "lacoskit schema > configs/schema.json"
