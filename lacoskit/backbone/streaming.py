"""A base model built without its weights, which then come from its files tensor by tensor, each in its final form.

Of every tensor a process reads the rows that it will hold, and packs them at once: a quantized layer's into fewer bits.
So a machine's memory never holds more than its own shares and the file at hand.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lacoskit.backbone.loading import attention_of, base_config, cannot_load, frozen_base, is_tied
from lacoskit.bar import progress_bar
from lacoskit.errors import LacoskitError
from lacoskit.location import PICKLED, ModelFiles, locate
from lacoskit.sharding import is_sharded, share_of, unsharded_loading

PIECE = 2**25
"""Bytes of a tensor that are read, and packed, at once."""

SHOWN_FROM = 10**8
"""From this many weights on, a bar shows how far reading is."""

Convert = Callable[[str, nn.Module], "nn.Module | None"]
"""What a quantizer makes of a layer, by its name; None where the layer stays as it is."""


@dataclass(frozen=True)
class _Slot:
    """Where a tensor of the files goes: into parameters (or a buffer) of a layer, row by row."""

    layer: Any
    names: tuple[str, ...]
    shape: torch.Size
    pack: Callable[[Tensor], Mapping[str, Tensor]]


class StreamedModel:
    """A base model whose weights are still to come: `model` has their shapes and dtypes, `read` brings the values."""

    def __init__(self, files: ModelFiles, dtype: str, convert: Convert | None = None, flash: bool = False) -> None:
        self.files = files
        self.model = without_weights(files, getattr(torch, dtype), flash)
        parameters = self.model.named_parameters(remove_duplicate=False)
        self._names = {**dict(parameters), **dict(_persistent_buffers(self.model))}
        self._slots = _slots(self.model, convert)

    def weights(self) -> list[nn.Parameter]:
        """The parameters that `read` will fill."""
        parameters = (slot.layer._parameters.get(name) for slot in self._different() for name in slot.names)
        return [parameter for parameter in parameters if parameter is not None]

    def _different(self) -> list[_Slot]:
        """The slots, each once; tied weights have one under several names."""
        return list({id(slot): slot for slot in self._slots.values()}.values())

    def make_room(self, device: torch.device, modules: Iterable[nn.Module] | None = None) -> None:
        """Give the parameters, or those of some modules that have none yet, memory on a device, with no values yet."""
        chosen = None if modules is None else {id(weight) for module in modules for weight in module.parameters()}
        for weight in self.weights():
            if (chosen is None or id(weight) in chosen) and not is_sharded(weight):
                weight.data = torch.empty(weight.shape, dtype=weight.dtype, device=device)

    def read(self, progress: bool | None = None) -> None:
        """Fill the parameters, or the shares of them that this process holds, from the model's files."""
        from safetensors import SafetensorError

        rename, filled = _renaming(self.model, self._names), dict[int, str]()
        total = sum(slot.shape.numel() for slot in self._different())
        shown = _worthwhile(total) if progress is None else progress
        try:
            with torch.no_grad(), progress_bar("reading weights", total, shown) as advance:
                for path in _files(self.files):
                    with _opened(path) as tensors:
                        for key, tensor in tensors.items():
                            name = rename(key)
                            slot = self._slots.get(name)
                            if slot is None or filled.get(id(slot)) == name:
                                continue
                            if id(slot) in filled:  # tied weights, of which files may hold every one
                                self._compare(slot, key, tensor)
                                continue
                            self._fill(slot, key, tensor)
                            filled[id(slot)] = name
                            advance(slot.shape.numel())
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise cannot_load("model", self.files, error) from error
        missing = [name for name, slot in self._slots.items() if id(slot) not in filled]
        if missing:
            some = ", ".join(sorted(missing)[:3])
            raise LacoskitError(f"model {self.files} cannot be loaded: its files hold no weights for {some}")

    def _compare(self, slot: _Slot, key: str, tensor: _Rows) -> None:
        """See that a weight that is tied to one that has been read has the same values."""
        held = [share_of(getattr(slot.layer, name)).values for name in slot.names]
        before = [values.clone() for values in held]
        self._fill(slot, key, tensor)
        if not all(map(torch.equal, before, held)):
            raise ValueError(f"{key} differs from the weight that config.json ties it to (tie_word_embeddings)")

    def _fill(self, slot: _Slot, key: str, tensor: _Rows) -> None:
        if tensor.shape != slot.shape:
            shapes = f"{list(tensor.shape)} in the file and {list(slot.shape)} in the model"
            raise ValueError(f"{key} has the shape {shapes}")
        shares = {name: share_of(getattr(slot.layer, name)) for name in slot.names}
        touched = [share.rows for share in shares.values() if share.rows[0] < share.rows[1]]
        if not touched:
            return
        first, last = min(rows[0] for rows in touched), max(rows[1] for rows in touched)
        step = max(1, PIECE // max(1, slot.shape[1:].numel() * tensor.itemsize))
        device = next(iter(shares.values())).values.device
        for start in range(first, last, step):
            packed = slot.pack(tensor.rows(start, min(start + step, last)).to(device))
            for name, share in shares.items():
                share.write(packed[name], start)


def _worthwhile(weights: int) -> bool:
    """Whether a bar helps: a large model, a terminal, and one process that writes on it."""
    return weights >= SHOWN_FROM and sys.stderr.isatty() and os.environ.get("RANK", "0") == "0"


class _Rows:
    """A tensor in a file, of which rows can be read."""

    def __init__(self, shape: Any, itemsize: int, rows: Callable[[int, int], Tensor]) -> None:
        self.shape = torch.Size(shape)
        self.itemsize = itemsize
        self.rows = rows


def without_weights(files: ModelFiles, dtype: torch.dtype, flash: bool) -> Any:
    """Build the model with parameters of the right shapes that take no memory; its buffers have their values."""
    from accelerate import init_empty_weights
    from transformers import AutoModel

    try:
        settings = base_config(files)
        with unsharded_loading(), init_empty_weights(include_buffers=False):
            attention = attention_of(settings) if flash else {}
            trust = {"trust_remote_code": files.trust_remote_code}
            model = AutoModel.from_config(settings, dtype=dtype, **attention, **trust)
        model.tie_weights(recompute_mapping=False)  # which building without memory has undone
    except (OSError, ValueError) as error:
        raise cannot_load("model", files, error) from error
    return frozen_base(model).eval()


def _slots(model: Any, convert: Convert | None) -> dict[str, _Slot]:
    """Convert layers, and say where each tensor goes, by the name that it has in the model as it was built."""
    slots: dict[str, _Slot] = {}
    tied: dict[int, _Slot] = {}
    uses: list[tuple[Any, str, _Slot]] = []
    embedding = token_embedding(model)
    for path, layer in list(model.named_modules()):
        converted: Any = None
        if convert is not None and convertible(layer, embedding):
            converted = convert(path, layer)
        if converted is not None:
            parent, _, name = path.rpartition(".")
            setattr(model.get_submodule(parent), name, converted)
        prefix = f"{path}." if path else ""
        for name, tensor in [*layer.named_parameters(recurse=False), *_persistent_buffers(layer, recurse=False)]:
            if converted is not None and name == "weight":
                packed = tuple(n for n, _ in converted.named_parameters(recurse=False) if n != "bias")
                slots[prefix + name] = _Slot(converted, packed, tensor.shape, converted.pack)
            elif id(tensor) in tied:
                slots[prefix + name] = tied[id(tensor)]
                uses.append((layer, name, tied[id(tensor)]))
            else:
                into = layer if converted is None else converted
                slots[prefix + name] = tied[id(tensor)] = _Slot(into, (name,), tensor.shape, _as_it_is(name))
    for slot in {id(slot): slot for slot in slots.values()}.values():
        _give_placeholders(slot)
    for layer, name, slot in uses:
        layer._parameters[name] = slot.layer._parameters[slot.names[0]]
    return slots


def token_embedding(model: Any) -> nn.Module | None:
    """The embedding of tokens; None if other modules have its weight too, and would not know that it is quantized."""
    embedding: nn.Module = model.get_input_embeddings()
    weight = next(embedding.parameters(), None)
    return embedding if weight is None or not is_tied(model, weight) else None


def convertible(layer: nn.Module, embedding: nn.Module | None) -> bool:
    """Whether a layer is a plain Linear, or the plain embedding of tokens.

    Other embeddings are small, and models reach into some of them; a layer with a forward of its own does more.
    """
    plain = type(layer).forward in (nn.Linear.forward, nn.Embedding.forward)
    return plain and (isinstance(layer, nn.Linear) or layer is embedding)


def _give_placeholders(slot: _Slot) -> None:
    """Replace parameters without a device by ones that adapters can be put on: one element that poses as all.

    Adapters are put where the layer is that they belong to, so it has to be somewhere.
    """
    for name in slot.names:
        empty = slot.layer._parameters.get(name)
        if empty is not None:
            posing = torch.zeros(1, dtype=empty.dtype).expand(empty.shape)
            slot.layer._parameters[name] = nn.Parameter(posing, requires_grad=False)


def _as_it_is(name: str) -> Callable[[Tensor], Mapping[str, Tensor]]:
    return lambda rows: {name: rows}


def _persistent_buffers(module: nn.Module, recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
    saved = module.state_dict(keep_vars=True).keys()
    return ((name, buffer) for name, buffer in module.named_buffers(recurse=recurse) if name in saved)


def _renaming(model: Any, names: Mapping[str, Any]) -> Callable[[str], str]:
    """How tensors in files are called in the model, as transformers has it; what it would rearrange is refused."""
    from transformers.conversion_mapping import get_model_conversion_mapping
    from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key

    mapping = get_model_conversion_mapping(model)
    renamings = [entry for entry in mapping if isinstance(entry, WeightRenaming)]
    converters = [entry for entry in mapping if isinstance(entry, WeightConverter)]

    def rename(key: str) -> str:
        name: str
        name, rearranged = rename_source_key(key, renamings, converters, model.base_model_prefix, dict(names))
        if rearranged is not None and name in names:
            raise LacoskitError(
                f"model: weights of this architecture ({model.config.model_type}) are rearranged as they are read, "
                "which can only be done with the whole model in memory; use quantizer.name=bnb-8bit or quantizer=null"
            )
        return name

    return rename


def _files(files: ModelFiles) -> Iterator[Path]:
    """The files of weights, in order; each is downloaded, where it is on the hub, when its turn comes."""
    from transformers.utils import cached_file

    location = locate(files.model)
    single = PICKLED if files.weights == PICKLED else "model.safetensors"

    def fetch(name: str, must_exist: bool = True) -> Path | None:
        found = cached_file(location, name, revision=files.revision, _raise_exceptions_for_missing_entries=must_exist)
        return None if found is None else Path(found)

    index = fetch(f"{single}.index.json", must_exist=False)
    parts = [single] if index is None else json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()
    for name in sorted(set(parts)):
        path = fetch(name)
        assert path is not None
        yield path


@contextmanager
def _opened(path: Path) -> Iterator[dict[str, _Rows]]:
    """The tensors of a file, of which only what is asked for is read."""
    if path.suffix == ".safetensors":
        from safetensors import safe_open

        with safe_open(path, framework="pt") as file:
            yield {key: _in_safetensors(file.get_slice(key)) for key in file.keys()}  # noqa: SIM118 - it is no dict
    else:
        pickled = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        yield {key: _in_memory(tensor) for key, tensor in pickled.items()}


def _in_safetensors(tensor: Any) -> _Rows:
    shape = tensor.get_shape()
    part = (lambda start, stop: tensor[start:stop]) if shape else (lambda start, stop: tensor[...])
    return _Rows(shape, 4, part)


def _in_memory(tensor: Tensor) -> _Rows:
    part = (lambda start, stop: tensor[start:stop]) if tensor.dim() else (lambda start, stop: tensor)
    return _Rows(tensor.shape, tensor.element_size(), part)
