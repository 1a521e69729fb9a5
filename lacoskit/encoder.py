"""A sentence encoder: backbone, adapter and pooler put together, and texts put through them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from lacoskit.backbone import Backbone, choose, flash_is_installed, load_base, load_tokenizer
from lacoskit.bar import progress_bar, worthwhile
from lacoskit.components import PackedStates, Placement
from lacoskit.config import RunConfig
from lacoskit.tokens import TokenTable, chunks_by_length, tokenize

TOKENS = {"cpu": 1_024, "cuda": 65_536}
"""Token positions that `encode` computes at once: on a CPU what its caches hold, which is over twice as fast."""


class Encoder(nn.Module):
    """Maps texts to vectors; made by `build_encoder` or `lacoskit.load`."""

    def __init__(
        self, backbone: Backbone, pooler: nn.Module, tokenizer: Any, config: RunConfig, placement: Placement
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.pooler = pooler
        self.tokenizer = tokenizer
        self.config = config
        self.placement = placement

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], and lengths int64 [texts], to vectors float32 [texts, width]."""
        with self._autocast():
            states = self.backbone(ids, lengths)
        vectors: Tensor = self.pooler(PackedStates(states, lengths)).float()
        return vectors

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device

    @property
    def width(self) -> int:
        """The number of dimensions of a vector before the pooler."""
        return width_of(self.backbone.model)

    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that training changes, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}

    def encode(
        self, texts: str | Sequence[str], prompt: str | None = None, progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, width] ([width] for a single text), in the order of the texts.

        `prompt` names one of the config's prompts (`query` or `document`). A text without any token gets zeros.
        `progress`: show a bar; by default on a terminal when there are many texts.
        """
        if isinstance(texts, str):
            single: NDArray[np.float32] = self.encode([texts], prompt, progress)[0]
            return single
        known: dict[Any, str] = dict(self.config.prompts)
        if prompt is not None and prompt not in known:
            raise ValueError(f"no prompt named {prompt!r}; the config has {', '.join(known) or 'none'}")
        table = tokenize(self.tokenizer, texts, self.config.max_length, known.get(prompt, ""))
        if progress is None:
            progress = worthwhile(len(texts))
        return self.encode_tokens(table, progress)

    def encode_tokens(self, table: TokenTable, progress: bool = False) -> NDArray[np.float32]:
        """Return the unit vectors of tokenised texts, computed from the longest to the shortest."""
        vectors: NDArray[np.float32] | None = None
        was_training = self.training
        self.eval()
        with torch.no_grad(), progress_bar("encoding", len(table), progress) as advance:
            for chosen in chunks_by_length(table.lengths, TOKENS[self.device.type]):
                ids, lengths = table.gather(chosen)
                tensors = (torch.from_numpy(array).to(self.device, torch.int64) for array in (ids, lengths))
                unit = F.normalize(self(*tensors), dim=1).cpu().numpy()
                if vectors is None:
                    vectors = np.zeros((len(table), unit.shape[1]), np.float32)
                vectors[chosen] = unit
                advance(len(chosen))
        self.train(was_training)
        return np.zeros((len(table), self.width), np.float32) if vectors is None else vectors

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.placement.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, getattr(torch, self.placement.dtype))


def build_encoder(config: RunConfig, placement: Placement, saved: Path | None = None) -> Encoder:
    """Load, quantize, adapt, pool: the one place that says in which order.

    With `saved`, the adapter of that folder is put on the base model, for use; without, a new one, for training.
    """
    tokenizer = load_tokenizer(config.model, config.revision, config.trust_remote_code)
    adapter = config.adapter.component
    arguments = {}
    if config.quantizer is not None:
        arguments = dict(config.quantizer.component.load_arguments(config.quantizer.options, placement))
    dtype = "float32" if adapter.trains_base else placement.dtype
    flash = flash_is_installed(placement.device, placement.dtype)
    model = load_base(config.model, config.revision, config.trust_remote_code, dtype, arguments, flash)
    width = width_of(model)
    if saved is None:
        model = adapter.attach(model, config.adapter.options)
    elif adapter.load is not None:
        model = adapter.load(model, saved)
    encoder = assemble(config, placement, model, tokenizer, width)
    _set_precision(encoder, placement)
    return encoder if arguments.get("device_map") else encoder.to(placement.device)


def assemble(config: RunConfig, placement: Placement, model: nn.Module, tokenizer: Any, width: int) -> Encoder:
    """Put a model and a new pooler together."""
    pooler = config.pooler.component.build(config.pooler.options, width)
    backbone = choose(model, tokenizer.pad_token_id, config.train.checkpoint_activations)
    return Encoder(backbone, pooler, tokenizer, config, placement)


def width_of(model: nn.Module) -> int:
    """The width of a Hugging Face model's last hidden states."""
    config: Any = model.config
    return int(config.get_text_config().hidden_size)


def _set_precision(encoder: Encoder, placement: Placement) -> None:
    """Hold what is trained in float32, since small steps would be lost otherwise, and the rest in the compute dtype."""
    frozen = getattr(torch, placement.dtype)
    exact = {id(weight) for weight in encoder.backbone.exact()}
    for weight in encoder.parameters():
        if weight.is_floating_point() and type(weight) is nn.Parameter:  # quantized weights have types of their own
            float32 = weight.requires_grad or id(weight) in exact
            weight.data = weight.data.to(torch.float32 if float32 else frozen)
