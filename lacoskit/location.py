"""Where base models are: in the package, in a folder, or on the hub."""

from __future__ import annotations

from pathlib import Path

from lacoskit.errors import LacoskitError

BUNDLED = "nano-bloom"
"""The name of the model that comes with the package."""

ASSETS = Path(__file__).resolve().parent / "assets"


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
