"""The files by which other programs open an output folder: sentence-transformers, and PEFT."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from lacoskit.base import arguments_elsewhere
from lacoskit.components import PROMPT_ROLES, Placement
from lacoskit.config import RunConfig
from lacoskit.encoder import Encoder
from lacoskit.errors import PluginError
from lacoskit.layout import ADAPTER, LAST_WRITTEN
from lacoskit.location import locate
from lacoskit.storage import write_json

log = logging.getLogger("lacoskit")


def write_for_sentence_transformers(encoder: Encoder, folder: Path, placement: Placement) -> None:
    """Write its files in the form that its versions from 2 to 6 read; the base is opened as in the run."""
    from transformers import BitsAndBytesConfig

    config = encoder.config
    loading: dict[str, Any] = {}
    if (folder / ADAPTER).is_file():
        # The base is opened as it was in training, whatever dtype its own config names.
        loading = {"dtype": placement.dtype}
        if config.quantizer is not None:
            quantization = arguments_elsewhere(config, placement).get("quantization_config")
            if isinstance(quantization, BitsAndBytesConfig):
                loading |= {"quantization_config": quantization.to_dict(), "device_map": _any_device(placement)}
    transformer = {"max_seq_length": config.max_length, "do_lower_case": False}
    write_json(folder / "sentence_bert_config.json", transformer | ({"model_kwargs": loading} if loading else {}))
    prompts = {**dict.fromkeys(PROMPT_ROLES, ""), **config.prompts}
    about = {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    write_json(folder / "config_sentence_transformers.json", about)
    write_json(folder / LAST_WRITTEN, _modules(encoder, folder))


def _modules(encoder: Encoder, folder: Path) -> list[dict[str, Any]]:
    """Write the pooler as sentence-transformers reads it, and list the modules.

    In place of a pooler that it does not have, a type stands that it refuses to open: without, it would take the mean.
    """
    pooler = encoder.config.pooler
    if pooler.component.saved_as is None:
        log.warning(
            "sentence-transformers has no pooler equal to %s and will refuse to open this folder; lacoskit.load does",
            pooler.name,
        )
        types = ["sentence_transformers.models.Transformer", f"lacoskit.poolers.{pooler.name}"]
    else:
        _write_pooling(encoder, folder, pooler.component.saved_as)
        types = [f"sentence_transformers.models.{name}" for name in ("Transformer", "Pooling", "Normalize")]
    paths = ["", "1_Pooling", "2_Normalize"][: len(types)]
    return [
        {"idx": i, "name": str(i), "path": path, "type": type_}
        for i, (path, type_) in enumerate(zip(paths, types, strict=True))
    ]


def _write_pooling(encoder: Encoder, folder: Path, mode: str) -> None:
    (folder / "1_Pooling").mkdir()
    (folder / "2_Normalize").mkdir()
    known = ("cls_token", "max_tokens", "mean_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    modes = {f"pooling_mode_{name}": name.removesuffix("_token").removesuffix("_tokens") == mode for name in known}
    if not any(modes.values()):
        raise PluginError(f"pooler {encoder.config.pooler.name}: sentence-transformers has no pooling mode {mode!r}")
    config = {"word_embedding_dimension": encoder.dimensions, **modes, "include_prompt": True}
    write_json(folder / "1_Pooling" / "config.json", config)


def _any_device(placement: Placement) -> Any:
    return {"": "cpu"} if placement.device == "cpu" else "auto"


def name_revision(config: RunConfig, folder: Path) -> None:
    """Have PEFT open the revision of the base that was trained on; the adapter itself does not know which it is."""
    if config.revision is None:
        return
    about = json.loads((folder / ADAPTER).read_text(encoding="utf-8"))
    write_json(folder / ADAPTER, about | {"revision": config.revision})
    if not Path(locate(config.model)).is_dir():
        log.warning(
            "sentence-transformers opens an adapter on the newest revision of %s, not on %s as PEFT and lacoskit do; "
            "save.merge=true saves the whole model",
            config.model,
            config.revision,
        )
