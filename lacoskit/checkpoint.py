"""Checkpoints: what a run needs in order to go on to the same weights, whole or not there at all.

A checkpoint holds the trained weights, the optimizer and the random number generators; never the frozen base. The
batches and the learning rate are functions of the step. Tensors are safetensors, the rest is JSON; DeepSpeed keeps its
sharded states in its own format.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import DistributedType
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lacoskit.encoder import Encoder
from lacoskit.errors import RunFolderError
from lacoskit.layout import BEST, CHECKPOINTS, best_weights, checkpoints
from lacoskit.optimizer_state import (
    load_whole_deepspeed_state,
    load_whole_state,
    whole_deepspeed_state,
    whole_state,
)
from lacoskit.sharding import in_full, put, share_of
from lacoskit.storage import UNFINISHED, enough_space, sync, write_json, write_tensors


def save(
    output: Path,
    step: int,
    encoder: Encoder,
    optimizer: Any,
    accelerator: Accelerator,
    state: Mapping[str, Any],
    keep: int,
) -> Path:
    """Write the checkpoint of a step, all of it or nothing, then remove the oldest beyond `keep`."""
    target = output / CHECKPOINTS / f"step-{step:08d}"
    unfinished = target.with_name(UNFINISHED + target.name)
    with enough_space(output / CHECKPOINTS):
        if accelerator.is_main_process:
            for left in target.parent.glob(f"{UNFINISHED}step-*"):  # by a process that died while it saved
                shutil.rmtree(left)
            unfinished.mkdir(parents=True)
        accelerator.wait_for_everyone()
        _save_weights(unfinished, encoder, optimizer, accelerator)
        write_json(unfinished / f"random-{accelerator.process_index}.json", _random_state())
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            scaler = accelerator.scaler.state_dict() if accelerator.scaler is not None else None
            way = {"processes": accelerator.num_processes, **_sharding(encoder)}
            write_json(unfinished / "state.json", {"step": step, "scaler": scaler, **way, **state})
            shutil.rmtree(target, ignore_errors=True)
            unfinished.rename(target)
            sync(target.parent)
            for old in checkpoints(output)[:-keep]:
                shutil.rmtree(old.rename(old.with_name(UNFINISHED + old.name)))  # never a half of one under its name
            _drop_unnamed(output)
    accelerator.wait_for_everyone()
    return target


def restore(folder: Path, encoder: Encoder, optimizer: Any, accelerator: Accelerator) -> dict[str, Any]:
    """Load a checkpoint into what it was saved from; return the state that was saved with it."""
    state: dict[str, Any] = _read_json(folder / "state.json")
    _restore_weights_and_optimizer(folder, encoder, optimizer, accelerator, state)
    if accelerator.scaler is not None and state["scaler"]:
        accelerator.scaler.load_state_dict(state["scaler"])
    own = folder / f"random-{accelerator.process_index}.json"
    if own.is_file():  # absent when the run goes on with more processes than before
        _set_random_state(_read_json(own))
    return state


def save_best(output: Path, step: int, encoder: Encoder, accelerator: Accelerator) -> None:
    """Keep the trained weights of now as those of the best step, beside those that the checkpoints name."""
    trained = in_full(encoder.trained(), accelerator.is_main_process)
    with enough_space(output / CHECKPOINTS):
        if accelerator.is_main_process:
            (output / CHECKPOINTS).mkdir(exist_ok=True)
            kept = best_weights(output, step)
            unfinished = kept.with_name(UNFINISHED + kept.name)
            write_tensors(trained, unfinished)
            unfinished.replace(kept)
            _drop_unnamed(output, kept)
    accelerator.wait_for_everyone()


def _drop_unnamed(output: Path, *kept: Path) -> None:
    """Remove weights of best steps but those to keep and those that a checkpoint names."""
    try:
        named = [_read_json(folder / "state.json").get("best") for folder in checkpoints(output)]
    except RunFolderError:  # a damaged one, which only who goes on from it has to hear of
        return
    needed = {*kept, *(best_weights(output, best["step"]) for best in named if best)}
    for path in (output / CHECKPOINTS).glob(f"{BEST}-*.safetensors"):
        if path not in needed:
            path.unlink()


def restore_weights(path: Path, encoder: Encoder) -> None:
    """Load trained weights from a file into the encoder; a RunFolderError if they are not this encoder's."""
    saved = _read_tensors(path)
    trained = encoder.trained()
    if saved.keys() != trained.keys() or any(saved[name].shape != share_of(trained[name]).whole for name in saved):
        odd = sorted(saved.keys() ^ trained.keys())[:3] or ["shapes"]
        raise RunFolderError(f"{path} was saved from another model or adapter: {', '.join(odd)} differ")
    for name, weight in trained.items():
        put(weight, saved[name])


def _save_weights(folder: Path, encoder: Encoder, optimizer: Any, accelerator: Accelerator) -> None:
    """Write the trained weights and the optimizer's state, whole; DeepSpeed's own files too, exact to the bit."""
    deepspeed = accelerator.distributed_type == DistributedType.DEEPSPEED
    trained = encoder.trained()
    whole: dict[str, Any] | None
    if deepspeed:
        accelerator.save_state(str(folder / "deepspeed"), exclude_frozen_parameters=True)
        whole = whole_deepspeed_state(optimizer, trained)
    else:
        whole = whole_state(optimizer)
    weights = in_full(trained, accelerator.is_main_process)
    if whole is None or not accelerator.is_main_process:
        return
    structure, tensors = pack(whole)
    write_tensors(weights, folder / "trained.safetensors")
    write_tensors(tensors, folder / "optimizer.safetensors")
    write_json(folder / "optimizer.json", structure)


def _restore_weights_and_optimizer(
    folder: Path, encoder: Encoder, optimizer: Any, accelerator: Accelerator, state: Mapping[str, Any]
) -> None:
    deepspeed = accelerator.distributed_type == DistributedType.DEEPSPEED
    now = {"processes": accelerator.num_processes, **_sharding(encoder)}
    shared_alike = all(state.get(key, value) == value for key, value in now.items())  # older ones name fewer
    if deepspeed and (folder / "deepspeed").is_dir() and shared_alike:
        accelerator.load_state(str(folder / "deepspeed"), load_module_strict=False)
        return
    if not (folder / "trained.safetensors").is_file():
        raise RunFolderError(
            f"{folder} was saved by {state.get('processes')} processes under DeepSpeed, and an 8-bit optimizer's state "
            "cannot be divided otherwise; go on with as many processes and the same launch file (optimizer.name=adamw, "
            "from the start of a run, has no such limit)"
        )
    restore_weights(folder / "trained.safetensors", encoder)
    tensors = _read_tensors(folder / "optimizer.safetensors")
    whole = unpack(_read_json(folder / "optimizer.json"), tensors)
    if deepspeed:
        weights = _read_tensors(folder / "trained.safetensors")
        load_whole_deepspeed_state(optimizer, whole, encoder.trained(), weights)
    else:
        load_whole_state(optimizer, whole)


def _sharding(encoder: Encoder) -> dict[str, Any]:
    """How the processes share out weights and states: DeepSpeed's own files fit no other way than that they are of."""
    return {"zero_stage": encoder.placement.zero_stage, "fsdp": encoder.placement.fsdp}


def pack(value: Any) -> tuple[Any, dict[str, Tensor]]:
    """Split a state dict into JSON values and tensors, so that it can be saved without pickle."""
    tensors: dict[str, Tensor] = {}
    names: dict[tuple[Any, ...], str] = {}  # 8-bit optimizers share one table of values among all their states

    def packed(value: Any) -> Any:
        if isinstance(value, Tensor):
            place = (value.device, value.data_ptr(), value.shape, value.stride(), value.dtype)
            name = names.setdefault(place, str(len(names)))
            tensors[name] = value.detach()
            return {"tensor": name}
        if isinstance(value, Mapping) and all(isinstance(key, int | str) for key in value):
            return {"mapping": [[key, packed(item)] for key, item in value.items()]}
        if isinstance(value, list | tuple):
            return {type(value).__name__: [packed(item) for item in value]}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TypeError(f"a {type(value).__name__} in the optimizer's state cannot be saved without pickle")

    return packed(value), tensors


def unpack(value: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Undo `pack`."""
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "mapping":
        return {key: unpack(item, tensors) for key, item in content}
    items = [unpack(item, tensors) for item in content]
    return tuple(items) if kind == "tuple" else items


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise RunFolderError(
            f"{path} cannot be read: {error}; remove its folder to go on from the checkpoint before"
        ) from None


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFolderError(
            f"{path} cannot be read: {error}; remove its folder to go on from the checkpoint before"
        ) from None


def _random_state() -> dict[str, Any]:
    version, numbers, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state()
    cuda = [state.tolist() for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_available() else []
    return {
        "python": [version, list(numbers), gauss],
        "numpy": [kind, np.asarray(keys).tolist(), position, has_gauss, cached],
        "torch": torch.get_rng_state().tolist(),
        "cuda": cuda,
    }


def _set_random_state(state: Mapping[str, Any]) -> None:
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    kind, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((kind, np.array(keys, np.uint32), position, has_gauss, cached))
    torch.set_rng_state(torch.tensor(state["torch"], dtype=torch.uint8))
    if torch.cuda.is_available() and len(state["cuda"]) == torch.cuda.device_count():
        torch.cuda.set_rng_state_all([torch.tensor(s, dtype=torch.uint8) for s in state["cuda"]])
