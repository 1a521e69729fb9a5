"""The output folder: written so that sentence-transformers and PEFT open it, read back, and compared with memory.

Nothing is believed to be saved until a fresh object, loaded from the disk, gives the same vectors as the model in
memory and other vectors than the untrained base.
"""

from __future__ import annotations

import gc
import json
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lacoskit.backbone import load_base, load_tokenizer
from lacoskit.base import arguments_elsewhere, read_base
from lacoskit.components import Placement
from lacoskit.config import RunConfig, read_yaml
from lacoskit.encoder import Encoder, assemble, build_encoder, build_without_base, width_of
from lacoskit.errors import RunFolderError, TrainingError
from lacoskit.layout import ADAPTER, CONFIG, LAST_WRITTEN, POOLER, RUN, why_not_opened
from lacoskit.location import BUNDLED, ModelFiles
from lacoskit.opened_elsewhere import name_revision, write_for_sentence_transformers
from lacoskit.placement import placement_here, with_room
from lacoskit.sharding import put, unsharded_loading
from lacoskit.storage import UNFINISHED, enough_space, write_json, write_tensors, write_whole

log = logging.getLogger("lacoskit")

PROBES = (
    "The cat sleeps on the warm roof.",
    "Un chat dort.",
    "Dos músicos tocan la guitarra en la plaza mientras llueve.",
    "O preço do café subiu três por cento este ano.",
    "القطار يصل إلى المحطة في الساعة الخامسة.",
    "बच्चे नदी के पास खेल रहे हैं।",
    "Họ không đồng ý với kế hoạch mới của thành phố.",
    "科学家发现了一颗新的行星。",
)
"""Texts whose vectors tell whether two encoders are the same."""


FLOAT32_OF_4_BITS = 8
"""How many times as large a weight becomes, at most, when it is made plain."""


@dataclass(frozen=True)
class Verification:
    """The largest differences between coordinates of probe texts' unit vectors."""

    from_memory: float
    """Between what was loaded from the folder and the model that was written; must be almost 0."""
    from_base: float
    """Between what was loaded and the untrained base; must not be 0."""
    limit: float
    """What `from_memory` may be: rounding of the compute dtype."""


def load(path: str | Path, **train: Any) -> Encoder:
    """Open an output folder as an encoder, ready for `encode`.

    Keyword arguments replace keys of the config's `train` section, as in `load(path, dtype="float32")`.
    """
    folder = Path(path).expanduser()
    problem = why_not_opened(folder)
    if problem:
        raise RunFolderError(problem)
    saved = read_yaml(folder / CONFIG)
    changed = saved | {"train": saved.get("train", {}) | train}
    config = RunConfig.model_validate(changed, context={"source": str(folder / CONFIG)})
    return _open(folder, config, placement_here(config))


def probe(encoder: Encoder) -> NDArray[np.float32]:
    """The vectors of the probe texts."""
    return encoder.encode(PROBES, progress=False)


def own_weights(encoder: Encoder) -> dict[str, nn.Parameter]:
    """The weights that the encoder has not got from its base model: the trained ones, and the pooler's."""
    weights = encoder.named_parameters()
    return {name: weight for name, weight in weights if weight.requires_grad or name.startswith("pooler.")}


def write(
    encoder: Encoder,
    output: Path,
    untrained: NDArray[np.float32],
    vectors: NDArray[np.float32] | None = None,
    weights: Mapping[str, Tensor] | None = None,
) -> Verification:
    """Write what makes the folder an encoder, check it, and only then move it into place.

    `untrained` are the probe vectors of the base model. With `save.merge` the adapter is merged into the encoder in
    memory too. A TrainingError if the folder gives other vectors than the encoder, or the untrained ones.

    One process writes an encoder that is sharded over several: it gets its probe vectors and its own weights whole.
    """
    new = output / f"{UNFINISHED}save"
    with enough_space(output):
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        memory, rounded = probe(encoder) if vectors is None else vectors, encoder.config.quantizer is not None
        config, placement = encoder.config, encoder.placement
        whole = encoder if weights is None else _unsharded(encoder, weights)
        with unsharded_loading():  # merging, and other programs' forms, read a whole base model
            written = _write_model(whole, new)
        alone = (new / ADAPTER).is_file()
        if rounded and not alone:  # plain layers do not round their inputs: other vectors, rightly
            memory = probe(written)
        write_for_sentence_transformers(written, new, placement)
        (new / CONFIG).write_text(config.as_yaml(), encoding="utf-8")
        if weights is not None and alone:
            result = _verify_adapter(encoder, new, weights, _difference(memory, untrained))
        else:
            result = _verify(written, placement, new, memory, untrained)
        for path in sorted(new.iterdir(), key=lambda path: path.name == LAST_WRITTEN):
            _replace(path, output / path.name)
        new.rmdir()
    return result


def _unsharded(encoder: Encoder, weights: Mapping[str, Tensor]) -> Encoder:
    """An encoder of this process alone with the given weights; where only they are saved, its base has no values."""
    placement = with_room(encoder.placement, 0)
    with unsharded_loading():
        build = build_without_base if _saves_adapter_alone(encoder.config) else build_encoder
        whole = build(encoder.config, placement)
    known = dict(whole.named_parameters())
    for name, value in weights.items():
        put(known[name], value)
    return whole


def _saves_adapter_alone(config: RunConfig) -> bool:
    return config.adapter.component.save is not None and not config.save.merge


def _open(folder: Path, config: RunConfig, placement: Placement) -> Encoder:
    if (folder / ADAPTER).is_file():
        encoder = build_encoder(_with_base_in_full(config, folder), placement, saved=folder)
    else:
        files = ModelFiles(str(folder), trust_remote_code=config.trust_remote_code)
        tokenizer = load_tokenizer(files)
        dtype = "float32" if config.adapter.component.trains_base else placement.dtype
        model = load_base(files, dtype, {})
        encoder = assemble(config, placement, model, tokenizer, width_of(model)).to(placement.device)
    if (folder / POOLER).is_file():
        from safetensors.torch import load_file

        encoder.pooler.load_state_dict(load_file(folder / POOLER))
    return encoder.requires_grad_(False).eval()


def _with_base_in_full(config: RunConfig, folder: Path) -> RunConfig:
    """A relative path in the config counts from where the run was started; the adapter's file has it in full."""
    base = Path(json.loads((folder / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path") or "")
    known = config.model != BUNDLED and base.is_absolute() and base.is_dir()
    return config.model_copy(update={"model": str(base)}) if known else config


def _write_model(encoder: Encoder, folder: Path) -> Encoder:
    """Write adapter or model, tokenizer and a trained pooler; return the encoder that the folder should equal."""
    config, adapter = encoder.config, encoder.config.adapter.component
    if _saves_adapter_alone(config):
        assert adapter.save is not None
        adapter.save(encoder.backbone.model, folder)
        name_revision(config, folder)
    else:
        encoder = merged(encoder)
        model: Any = encoder.backbone.model
        if config.quantizer is not None and config.quantizer.component.opened_with is not None:
            model = encoder.backbone.model = _as_opened_elsewhere(encoder)
        exact = {id(weight) for weight in encoder.backbone.exact() if not weight.requires_grad}
        dtypes = {weight.dtype for weight in model.parameters() if id(weight) not in exact}
        model.config.dtype = dtypes.pop() if len(dtypes) == 1 else torch.float32
        model.save_pretrained(str(folder), safe_serialization=True)
    encoder.tokenizer.save_pretrained(str(folder))
    state = encoder.pooler.state_dict()
    if state:
        write_tensors(state, folder / POOLER)
    return encoder


def merged(encoder: Encoder) -> Encoder:
    """Fold the adapter into the base model; a quantized base becomes plain layers of the same weights first.

    These are made on the CPU where a GPU has no room for them; the encoder is then there as a whole.
    """
    adapter, quantizer = encoder.config.adapter.component, encoder.config.quantizer
    model = encoder.backbone.model
    if quantizer is None or quantizer.component.dequantize is None:
        encoder.backbone.model = adapter.merge(model)
    else:
        encoder.placement = with_room(encoder.placement, (1 + FLOAT32_OF_4_BITS) * _bytes(encoder))
        if adapter.save is None:
            model = quantizer.component.dequantize(model.to(encoder.placement.device))
        else:
            model = _onto_plain_base(encoder, quantizer.component.dequantize)
        encoder.backbone.model = adapter.merge(model)
        encoder.to(encoder.placement.device)
    return encoder


def _bytes(encoder: Encoder) -> int:
    return sum(weight.nbytes for weight in encoder.parameters())


def _as_opened_elsewhere(encoder: Encoder) -> nn.Module:
    """The plain model of an encoder in the form in which other programs shall open it."""
    import tempfile

    config, placement, model = encoder.config, encoder.placement, encoder.backbone.model
    arguments = arguments_elsewhere(config, placement)
    if not arguments:
        return model
    with tempfile.TemporaryDirectory() as folder:
        plain: Any = model
        plain.save_pretrained(folder, safe_serialization=True)
        files = ModelFiles(folder, trust_remote_code=config.trust_remote_code)
        return load_base(files, placement.dtype, arguments)


def _onto_plain_base(encoder: Encoder, dequantize: Any) -> nn.Module:
    """Rounding a merged weight to 8 or 4 bits again would lose much of what was trained: merge in the compute dtype."""
    import tempfile

    config, placement = encoder.config, encoder.placement
    adapter = config.adapter.component
    assert adapter.save is not None
    assert adapter.load is not None
    with tempfile.TemporaryDirectory() as folder:
        adapter.save(encoder.backbone.model, Path(folder))
        base = dequantize(read_base(config, placement)).to(getattr(torch, placement.dtype))
        return adapter.load(base, Path(folder))


def _verify_adapter(encoder: Encoder, folder: Path, weights: Mapping[str, Tensor], trained: float) -> Verification:
    """Read back what was written of a sharded encoder, whose base model may be too large for one process.

    Weights that are the same bits give the same vectors; `trained` is how far these are from the untrained ones.
    """
    placement = replace(encoder.placement, processes=1, zero_stage=0, fsdp=False, dtype="float32")
    with unsharded_loading():
        loaded = dict(build_without_base(encoder.config, placement, saved=folder).named_parameters())
    adapter = {name: value for name, value in weights.items() if not name.startswith("pooler.")}
    odd = [name for name, value in adapter.items() if not loaded[name].equal(value.float())]
    if odd:
        raise TrainingError(f"what was written to {folder} is not what the model in memory has: {', '.join(odd[:3])}")
    return _checked(folder, Verification(0.0, trained, 0.0))


def _verify(
    written: Encoder,
    placement: Placement,
    folder: Path,
    memory: NDArray[np.float32],
    untrained: NDArray[np.float32],
) -> Verification:
    """Open what was written, beside what the run holds where there is room, and compare.

    Another device rounds otherwise, and so never gives the untrained vectors: there, the weights are compared too.
    """
    where = with_room(placement, _bytes(written))
    moved = where.device != placement.device
    with unsharded_loading():
        fresh = _open(folder, written.config, where)
        loaded = probe(fresh)
    odd = _odd(written, fresh, folder) if moved else []
    del fresh
    gc.collect()
    limit = 1e-2 if placement.dtype != "float32" else 1e-4 if moved else 1e-5
    from_base = _difference(memory if moved else loaded, untrained)
    result = Verification(_difference(loaded, memory), from_base, limit)
    if odd:
        raise TrainingError(f"what was written to {folder} is not what the model in memory has: {', '.join(odd[:3])}")
    if not result.from_memory <= limit:
        raise TrainingError(
            f"what was written to {folder} gives other vectors than the model in memory: they differ by "
            f"{result.from_memory:.2g}, where {limit:g} is allowed"
        )
    return _checked(folder, result)


def _odd(written: Encoder, fresh: Encoder, folder: Path) -> list[str]:
    """The names of weights that came back from a folder as others than were written."""
    alone = (folder / ADAPTER).is_file()
    expected = own_weights(written) if alone else dict(written.named_parameters())
    found = dict(fresh.named_parameters())
    same = (name in found and found[name].equal(weight.detach().to(found[name])) for name, weight in expected.items())
    return [name for name, equal in zip(expected, same, strict=True) if not equal]


def _checked(folder: Path, result: Verification) -> Verification:
    if result.from_base == 0:
        raise TrainingError(f"what was written to {folder} gives the vectors of the untrained base: nothing was saved")
    return result


def _difference(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    return float(np.abs(first - second).max())


def _replace(new: Path, old: Path) -> None:
    if old.is_dir():
        shutil.rmtree(old)
    new.replace(old)


def write_report(output: Path, run: Mapping[str, Any], card: str) -> None:
    """Write run.json and the model card."""
    with enough_space(output):
        write_whole(output / "README.md", card)
        write_json(output / RUN, run)  # comes last: it says that the run is finished
