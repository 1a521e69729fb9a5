"""The shapes of models that are known without a look at the hub: BLOOM's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from lacoskit.config import RunConfig

VOCABULARY = 250_880

BLOOM = {
    "-560m": (24, 1024, 16),
    "-1b1": (24, 1536, 16),
    "-1b7": (24, 2048, 16),
    "-3b": (30, 2560, 32),
    "-7b1": (30, 4096, 32),
    "": (70, 14336, 112),
}
"""Layers, width and heads (2211.05100, table 3) by what follows `bigscience/bloom` or `bigscience/bloomz`."""


@contextmanager
def with_known_shape(config: RunConfig) -> Iterator[RunConfig]:
    """The config with a model of the hub whose shape is known replaced by a folder that holds its config.json."""
    family, _, size = config.model.partition("-")
    shape = BLOOM.get(f"-{size}" if size else "")
    if shape is None or family not in ("bigscience/bloom", "bigscience/bloomz") or Path(config.model).is_dir():
        yield config
        return
    layers, width, heads = shape
    known = {"model_type": "bloom", "n_layer": layers, "hidden_size": width, "n_head": heads, "vocab_size": VOCABULARY}
    with TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(known), encoding="utf-8")
        yield config.model_copy(update={"model": folder})
