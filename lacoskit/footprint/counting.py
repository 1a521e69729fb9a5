"""What a run takes on each device, part by part, at the moment of a step at which that is most."""

from __future__ import annotations

from dataclasses import dataclass

from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.footprint.optimizing import state_of
from lacoskit.footprint.rehearsed import Pass, Rehearsed
from lacoskit.footprint.sharing import held_by_one
from lacoskit.footprint.texts import Texts
from lacoskit.tokens import AT_ONCE

GRAIN = 256
"""Chunks are counted in multiples of so many tokens."""


@dataclass(frozen=True)
class Part:
    """Something that takes memory, in bytes."""

    name: str
    size: int
    what: str


@dataclass(frozen=True)
class Footprint:
    """The memory of one process's tensors in training."""

    parts: tuple[Part, ...]
    moment: str
    """When it is most."""
    chunk_tokens: int
    step_tokens: int
    """Of the process."""
    bytes_a_token: int

    @property
    def peak(self) -> int:
        """Bytes at most."""
        return sum(part.size for part in self.parts)


class Counter:
    """Counts the footprint of one run for any `chunk_tokens`."""

    def __init__(
        self, config: RunConfig, placement: Placement, texts: Texts, rehearsed: Rehearsed | None = None
    ) -> None:
        self.config, self.placement, self.texts = config, placement, texts
        self.rehearsed = rehearsed or Rehearsed(config, placement)
        state = state_of(config, self.rehearsed.shapes, placement.device == "cuda")
        self.held = held_by_one(self.rehearsed.weights, state, placement)
        self.examples = config.train.batch_size
        self.own_texts = self.examples * texts.an_example // placement.processes
        self.vectors, self.loss = self.rehearsed.try_loss(self.examples, texts.an_example, placement.processes)

    @property
    def step_tokens(self) -> int:
        """Tokens of a step of one process."""
        return self.own_texts * self.texts.tokens

    def count(self, chunk_tokens: int, exact: bool = True) -> Footprint:
        """The footprint with so many tokens in memory at once; not exact, it may be more than it is."""
        at_once = min(self.own_texts, max(1, min(chunk_tokens, AT_ONCE[self.placement.device]) // self.texts.tokens))
        moments = self._moments(chunk_tokens, at_once, exact)
        moment = max(moments, key=lambda name: sum(moments[name]))
        activations, gradients, loss, working = (int(size) for size in moments[moment])
        held = self.held
        forms = self.rehearsed.weights.forms
        parts = (
            Part("embedding", held.embedding, forms.get("embedding", "")),
            Part("layers", held.layers, self._form_of_layers()),
            Part("norms, biases", held.other, forms.get("other", "")),
            Part("trained weights", held.trained, f"{self.config.adapter.name}, float32"),
            Part("gradients", gradients, "float32"),
            Part("optimizer", held.optimizer, self.config.optimizer.name),
            Part("activations", activations, f"{min(chunk_tokens, self.step_tokens):,} tokens"),
            Part("vectors, loss", loss, f"{self.examples * self.texts.an_example:,} texts"),
            Part("working memory", working, "of the largest layers"),
            Part("exchange", held.exchange, self._what_is_exchanged()),
        )
        return Footprint(
            tuple(part for part in parts if part.size),
            moment,
            chunk_tokens,
            self.step_tokens,
            int(self._pass(at_once, exact).kept / (at_once * self.texts.tokens)),
        )

    def _what_is_exchanged(self) -> str:
        return "gathered weights and buckets" if self.placement.sharded else "buckets of gradients"

    def _form_of_layers(self) -> str:
        form, quantizer = self.rehearsed.weights.forms.get("layers", ""), self.config.quantizer
        return f"{form}, {quantizer.name}" if quantizer and quantizer.name != form else form

    def largest_chunk(self, room: int) -> int | None:
        """The most tokens whose activations fit into so many bytes with all else; None if nothing fits."""
        low = max(GRAIN, self.texts.tokens)
        if self.count(low, exact=False).peak > room:
            return None
        if self.count(self.step_tokens, exact=False).peak <= room:
            return self.step_tokens
        tokens, most_at_once = self.texts.tokens, min(self.step_tokens, AT_ONCE[self.placement.device])
        self.rehearsed.try_pass(max(1, int((low * most_at_once) ** 0.5) // tokens), tokens)  # for nearer lines between
        steps, most = 0, self.step_tokens // GRAIN
        while most - steps > 1:
            middle = (steps + most) // 2
            fits = self.count(max(low, middle * GRAIN), exact=False).peak <= room
            steps, most = (middle, most) if fits else (steps, middle)
        return max(low, steps * GRAIN)

    def _moments(self, chunk_tokens: int, at_once: int, exact: bool) -> dict[str, tuple[float, float, float, float]]:
        """Activations, gradients, loss and working memory at each moment that may be the one that takes most."""
        passes = -(-self.own_texts // at_once)
        kept_passes = min(passes, max(1, chunk_tokens // (at_once * self.texts.tokens)))
        if self.placement.sharded and passes > 1:
            kept_passes = 0  # weights are released only once the pass that gathered them is through
        first = self._pass(at_once, exact)
        last = self._pass(self.own_texts - (passes - 1) * at_once, exact) if exact else first
        own = self.vectors / 2 if self.placement.processes == 1 else self.vectors
        gradients = self.held.gradients
        kept = first.kept * kept_passes - (first.kept - last.kept if kept_passes == passes else 0)
        moments: dict[str, tuple[float, float, float, float]] = {"the loss": (kept, 0.0, self.loss, 0.0)}
        if kept_passes:
            moments["the forward pass"] = (kept, 0.0, own, max(first.forward - first.kept, 0.0))
            # the last pass comes first; its gradients of the weights grow while what it has kept goes
            back = last if kept_passes == passes else first
            share = min(back.gradients, gradients)
            moments["the backward pass"] = (kept, share, 2 * self.vectors, back.backward - back.kept - back.gradients)
        if kept_passes > 1:
            working = first.again - first.kept
            moments["a further backward pass"] = (kept - back.kept, gradients, 2 * self.vectors, working)
        if passes > kept_passes:
            again = first if passes - kept_passes > 1 else last
            moments["a forward pass without graph"] = (kept, 0.0, own, again.evaluated)
            moments["computing a pass again"] = (again.kept, gradients, self.vectors, again.again - again.kept)
        moments["the optimizer's step"] = (0.0, gradients, self.vectors, self.held.step)
        return moments

    def _pass(self, texts: int, exact: bool) -> Pass:
        tokens = self.texts.tokens
        return self.rehearsed.try_pass(texts, tokens) if exact else self.rehearsed.between(texts, tokens)
