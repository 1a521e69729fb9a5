"""Where base models are: in the package, in a folder, or on the hub."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lacoskit.errors import LacoskitError

BUNDLED = "nano-bloom"
"""The name of the model that comes with the package."""

PICKLED = "pytorch_model.bin"
"""What the file of weights is called where they are pickled; tensors in it can be read without running what else it
holds, but only who asks for it by this name gets it."""

Weights = Literal["safetensors", "pytorch_model.bin"]

WIDTHS = ("hidden_size", "n_embed", "n_embd", "d_model", "dim")
"""What configurations call the width of a model's states."""

ASSETS = Path(__file__).resolve().parent / "assets"


@dataclass(frozen=True)
class ModelFiles:
    """Which files a base model is read from; the fields are keys of a run's configuration."""

    model: str
    revision: str | None = None
    trust_remote_code: bool = False
    weights: Weights = "safetensors"

    def __str__(self) -> str:
        return self.model


def locate(model: str) -> str:
    """Turn the config's `model` into what transformers takes: an absolute folder, or a name on the hub."""
    if model == BUNDLED:
        return str(ASSETS / BUNDLED)
    folder = Path(model).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise LacoskitError(f"model: {model} is a folder without a config.json, so not a model")
        return str(folder.resolve())
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise LacoskitError(f"model: there is no folder {model}")
    return model


def width_of(model: str) -> int | None:
    """The width of a model's states, as its configuration on this machine tells it; None where it does not.

    Families have different names for it (transformers' `attribute_map`), and transformers takes seconds to import.
    """
    try:
        settings = json.loads((Path(locate(model)) / "config.json").read_text(encoding="utf-8"))
    except (LacoskitError, OSError, ValueError):  # which loading tells
        return None
    return next((settings[name] for name in WIDTHS if isinstance(settings.get(name), int)), None)
