from __future__ import annotations

from pathlib import Path

import pytest

from lacoskit.config import RunConfig
from lacoskit.opened_elsewhere import name_revision


def test_who_opens_another_revision_of_a_base_on_the_hub_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, tiny_bloom: Path
) -> None:
    (tmp_path / "adapter_config.json").write_text("{}", encoding="utf-8")
    name_revision(RunConfig.model_validate({"model": str(tiny_bloom), "revision": "v1"}), tmp_path)
    assert not caplog.text  # a folder has none
    name_revision(RunConfig.model_validate({"model": "an/encoder", "revision": "v2"}), tmp_path)
    assert '"revision": "v2"' in (tmp_path / "adapter_config.json").read_text(encoding="utf-8")
    assert "newest revision of an/encoder, not on v2" in caplog.text
