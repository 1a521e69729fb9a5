"""A sentence encoder: backbone, adapter and pooler put together, and texts put through them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from lacoskit.ahead import one_ahead
from lacoskit.backbone import Backbone, choose, load_tokenizer
from lacoskit.bar import progress_bar, worthwhile
from lacoskit.base import open_base, without_values
from lacoskit.components import PackedStates, Placement
from lacoskit.config import RunConfig
from lacoskit.tokens import AT_ONCE, TokenTable, chunks_by_length, tokenize

WINDOW = 8_192
"""Texts that `encode` tokenises, and sorts by length, at once; while it computes some, the next are tokenised."""

MERGE_FROM = 1_000
"""Tokens from which it pays to merge an adapter for a pass: merging costs what about 70 tokens cost, and saves a fifth
of each token's cost (measured with LoRA of rank 16 on a CPU)."""

_PASSES: WeakKeyDictionary[nn.Module, threading.RLock] = WeakKeyDictionary()
"""A lock for each encoder, so that no thread meets weights that another one has half merged."""


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
        self.chunk_tokens: int | None = None
        """What a run has found to fit in training, or was told: `encode` then computes no more tokens at once."""

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], and lengths int64 [texts], to vectors float32 [texts, width]."""
        with self._autocast():
            states = self.backbone(ids, lengths)
        vectors: Tensor = self.pooler(PackedStates(states, lengths)).float()
        return vectors

    @property
    def device(self) -> torch.device:
        """Where the weights are, or are computed with: a sharded run may keep its shares in the host's memory."""
        if self.placement.sharded:
            return torch.device(self.placement.device)
        return next(self.parameters()).device

    @property
    def tokens_at_once(self) -> int:
        """Token positions that `encode` computes at once."""
        most = AT_ONCE[self.device.type]
        return most if self.chunk_tokens is None else min(most, self.chunk_tokens)

    @property
    def width(self) -> int:
        """The number of dimensions of a vector before the pooler."""
        return width_of(self.backbone.model)

    def trained(self) -> dict[str, nn.Parameter]:
        """The weights that training changes, by name."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}

    @property
    def dimensions(self) -> int:
        """The number of dimensions of a vector; not for a run under ZeRO-3, where no module may be called alone."""
        state = torch.zeros(1, self.width, device=self.device)
        with torch.no_grad():
            vector: Tensor = self.pooler(PackedStates(state, torch.ones(1, dtype=torch.int64, device=self.device)))
        return vector.shape[1]

    def encode(
        self, texts: str | Sequence[str], prompt: str | None = None, progress: bool | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, float32 [texts, dimensions] ([dimensions] for one text), in the order of the texts.

        `texts` may be anything that gives texts when it is sliced; it is not copied as a whole. `prompt` names one of
        the config's prompts (as `query` or `document`). A text without any token gets zeros. `progress`: show a bar; by
        default on a terminal when there are many texts.
        """
        if isinstance(texts, str):
            single: NDArray[np.float32] = self.encode([texts], prompt, progress)[0]
            return single
        if progress is None:
            progress = worthwhile(len(texts))
        vectors: NDArray[np.float32] | None = None
        starts = range(0, len(texts), WINDOW)
        tables = self._tokenized((texts[start : start + WINDOW] for start in starts), prompt)
        with progress_bar("encoding", len(texts), progress) as advance:
            for start, table in zip(starts, one_ahead(tables) if len(starts) > 1 else tables, strict=True):
                part = self.encode_tokens(table, advance)
                if vectors is None:
                    vectors = np.zeros((len(texts), part.shape[1]), np.float32)
                vectors[start : start + len(part)] = part
        return np.zeros((0, self.dimensions), np.float32) if vectors is None else vectors

    def encode_windows(
        self,
        windows: Iterable[Sequence[str]],
        prompt: str | None = None,
        advance: Callable[[int], None] = lambda texts: None,
    ) -> Iterator[NDArray[np.float32]]:
        """Yield the unit vectors of each window of texts, as `encode` returns them: for what memory does not hold.

        The next window is taken and tokenised in a thread meanwhile. `advance` is told how many texts are done.
        """
        return (self.encode_tokens(table, advance) for table in one_ahead(self._tokenized(windows, prompt)))

    def encode_tokens(
        self, table: TokenTable, advance: Callable[[int], None] = lambda texts: None
    ) -> NDArray[np.float32]:
        """Return the unit vectors of tokenised texts, computed from the longest to the shortest."""
        vectors: NDArray[np.float32] | None = None
        with self._computing(table.tokens):
            for chosen in chunks_by_length(table.lengths, self.tokens_at_once, self.backbone.pads):
                ids, lengths = table.gather(chosen)
                tensors = (torch.from_numpy(array).to(self.device, torch.int64) for array in (ids, lengths))
                unit = F.normalize(self(*tensors), dim=1).cpu().numpy()
                if vectors is None:
                    vectors = np.zeros((len(table), unit.shape[1]), np.float32)
                vectors[chosen] = unit
                advance(len(chosen))
        return np.zeros((len(table), self.dimensions), np.float32) if vectors is None else vectors

    def encode_layers(self, texts: Sequence[str], prompt: str | None = None) -> NDArray[np.float32]:
        """Return unit vectors, float32 [layers + 1, texts, width]: mean states of the embedding and after each layer.

        Whatever the pooler is: only the last states are what it was made for. A text without any token gets zeros.
        """
        (table,) = self._tokenized([texts], prompt)
        vectors: NDArray[np.float32] | None = None
        with self._computing(table.tokens):
            for chosen in chunks_by_length(table.lengths, self.tokens_at_once, self.backbone.pads):
                arrays = (torch.from_numpy(array) for array in table.gather(chosen))
                ids, lengths = (array.to(self.device, torch.int64) for array in arrays)
                units = self._layer_means(ids, lengths)
                if vectors is None:
                    vectors = np.zeros((len(units), len(table), units.shape[2]), np.float32)
                vectors[:, chosen] = units
        return np.zeros((0, len(table), self.width), np.float32) if vectors is None else vectors

    def _layer_means(self, ids: Tensor, lengths: Tensor) -> NDArray[np.float32]:
        """The unit means of the states of each text and layer, [layers + 1, texts, width]."""
        text_of = torch.repeat_interleave(torch.arange(len(lengths), device=ids.device), lengths)
        with self._autocast():
            means = [
                states.new_zeros(len(lengths), states.shape[1], dtype=torch.float32).index_add_(
                    0, text_of, states.float()
                )
                for states in self.backbone.layers(ids, lengths)
            ]
        return F.normalize(torch.stack(means), dim=2).cpu().numpy()

    def _tokenized(self, windows: Iterable[Sequence[str]], prompt: str | None) -> Iterator[TokenTable]:
        known = self.config.prompts
        if prompt is not None and prompt not in known:
            raise ValueError(f"no prompt named {prompt!r}; the config has {', '.join(known) or 'none'}")
        before, longest = "" if prompt is None else known[prompt], self.config.max_length
        return (tokenize(self.tokenizer, window, longest, before) for window in windows)

    @contextmanager
    def _computing(self, tokens: int) -> Iterator[None]:
        """For a pass over so many tokens: no dropout, no gradient, and the adapter merged where that pays.

        Where weights are sharded a process holds but a part of each, to which nothing can be added.
        """
        merged: AbstractContextManager[None] = nullcontext()
        with _PASSES.setdefault(self, threading.RLock()), torch.no_grad():
            was_training = self.training
            self.eval()
            try:
                if tokens >= MERGE_FROM and not self.placement.sharded:
                    merged = self.config.adapter.component.merged(self.backbone.model)
                with merged:
                    yield
            finally:
                self.train(was_training)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.placement.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, getattr(torch, self.placement.dtype))


def build_encoder(config: RunConfig, placement: Placement, saved: Path | None = None) -> Encoder:
    """Load, quantize, adapt, pool: the one place that says in which order.

    With `saved`, the adapter of that folder is put on the base model, for use; without, a new one, for training.
    """
    base = open_base(config, placement)
    encoder = _build_on(base.model, config, placement, saved)
    base.place(encoder, placement)
    return encoder


def build_without_base(config: RunConfig, placement: Placement, saved: Path | None = None) -> Encoder:
    """The same with a base model that has no values and takes no memory: enough to write, or read, an adapter."""
    return _build_on(without_values(config, placement), config, placement, saved)


def _build_on(model: nn.Module, config: RunConfig, placement: Placement, saved: Path | None) -> Encoder:
    tokenizer = load_tokenizer(config.files)
    adapter, width = config.adapter.component, width_of(model)
    if saved is None:
        model = adapter.attach(model, config.adapter.options)
    elif adapter.load is not None:
        model = adapter.load(model, saved)
    encoder = assemble(config, placement, model, tokenizer, width)
    set_precision(encoder, placement)
    return encoder


def assemble(config: RunConfig, placement: Placement, model: nn.Module, tokenizer: Any, width: int) -> Encoder:
    """Put a model and a new pooler together."""
    pooler = config.pooler.component.build(config.pooler.options, width)
    backbone = choose(model, tokenizer.pad_token_id, config.train.checkpoint_activations)
    return Encoder(backbone, pooler, tokenizer, config, placement)


def width_of(model: nn.Module) -> int:
    """The width of a Hugging Face model's last hidden states."""
    config: Any = model.config
    return int(config.get_text_config().hidden_size)


def set_precision(encoder: Encoder, placement: Placement) -> None:
    """Hold what is trained in float32, since small steps would be lost otherwise, and the rest in the compute dtype."""
    frozen = getattr(torch, placement.dtype)
    exact = {id(weight) for weight in encoder.backbone.exact()}
    for weight in encoder.parameters():
        if weight.is_floating_point() and type(weight) is nn.Parameter:  # quantized weights have types of their own
            float32 = weight.requires_grad or id(weight) in exact
            weight.data = weight.data.to(torch.float32 if float32 else frozen)
