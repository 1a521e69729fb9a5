from __future__ import annotations

from pathlib import Path

import lacoskit
from lacoskit.loop import read_metrics


def test_a_run_leaves_an_encoder_that_opens(settings: dict) -> None:
    report = lacoskit.train(settings)
    vectors = lacoskit.load(settings["output"]).encode(["a cat sleeps", "the dog runs"])
    assert vectors.shape == (2, 32)
    assert report["steps"] == 6
    assert [line["step"] for line in read_metrics(Path(settings["output"])) if "loss" in line] == [2, 4, 6]
