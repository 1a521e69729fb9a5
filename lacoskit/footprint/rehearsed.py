"""What the parts of a step take, found by going through them with a run's own modules and no memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lacoskit.backbone.attention import as_on_a_gpu
from lacoskit.components import Placement, VectorBatch
from lacoskit.config import RunConfig
from lacoskit.footprint.depth import DEEP, DEPTHS, are_alike, extended, layers_of, with_layers
from lacoskit.footprint.rehearsal import Rehearsal
from lacoskit.footprint.skeleton import give_shapes, skeleton
from lacoskit.location import width_of
from lacoskit.needs import teacher_of


@dataclass(frozen=True)
class Weights:
    """Bytes of the weights of one whole encoder, by what they are."""

    embedding: int
    layers: int
    other: int
    trained: int
    """Weights that training changes, float32; not counted in the others."""
    units: tuple[int, ...]
    """Of the modules that are gathered together where weights are sharded, in the order of a pass."""
    largest: int
    """Of the largest module."""
    elements: int
    """Of all weights, as they are held."""
    forms: Mapping[str, str]
    """The dtype in which most of the embedding, the layers and the rest are held."""

    @property
    def frozen(self) -> int:
        """Bytes of all that is not trained."""
        return self.embedding + self.layers + self.other


@dataclass(frozen=True)
class Pass:
    """Bytes that a pass takes over what is there before it."""

    kept: float
    """For its backward pass, the vectors included."""
    forward: float
    """At most, forward."""
    backward: float
    """At most, backward, with what was kept and the gradients of the weights, where there are none before."""
    gradients: float
    """Of these, the weights' gradients."""
    again: float
    """At most, backward, with what was kept, where the weights have gradients already, to which these are added."""
    evaluated: float
    """At most, forward without a graph."""


class Rehearsed:
    """A run's encoder whose passes can be tried at any size."""

    def __init__(self, config: RunConfig, placement: Placement) -> None:
        self.config = config
        self.placement = placement
        self.encoder = skeleton(config, placement)
        self._rehearsal = Rehearsal()
        self._tried: dict[tuple[int, int], Pass] = {}
        with self._as_in_the_run():
            give_shapes(self.encoder)
        self._trained = list(self.encoder.trained().values())
        for weight in self._trained:
            self._rehearsal.watch(weight)
        self.weights = weights_of(self.encoder)
        self.shapes = [weight.shape for weight in self._trained]
        self._layers = layers_of(config)
        self._shallow: tuple[Rehearsed, ...] = ()
        alike = are_alike(self.weights, self._layers) and not config.adapter.component.trains_matrices
        if alike and self._layers > DEEP:
            self._shallow = tuple(_with_layers(config, placement, layers) for layers in DEPTHS)

    def try_pass(self, texts: int, tokens: int) -> Pass:
        """A pass of so many texts of so many tokens each, forward and backward."""
        if (texts, tokens) not in self._tried:
            if self._shallow:
                few, more = (one.try_pass(texts, tokens) for one in self._shallow)
                self._tried[texts, tokens] = extended((few, more), self._layers, self.weights.trained)
            else:
                self._tried[texts, tokens] = self._pass(texts, tokens)
        return self._tried[texts, tokens]

    def between(self, texts: int, tokens: int) -> Pass:
        """The same without trying it, if larger and smaller ones were tried: on the line between, so never too little.

        What a pass takes is the most of several things, each of which grows in proportion to the texts.
        """
        sizes = sorted(size for size, length in self._tried if length == tokens)
        below = max((size for size in sizes if size <= texts), default=None)
        above = min((size for size in sizes if size >= texts), default=None)
        if below is None or above is None or below == above:
            return self.try_pass(texts, tokens)
        share = (texts - below) / (above - below)
        low, high = vars(self._tried[below, tokens]), vars(self._tried[above, tokens])
        return Pass(**{name: low[name] + share * (high[name] - low[name]) for name in low})

    def _pass(self, texts: int, tokens: int) -> Pass:
        rehearsal, encoder = self._rehearsal, self.encoder
        given = torch.zeros(texts * tokens, dtype=torch.int64), torch.full((texts,), tokens)
        with self._as_in_the_run():
            encoder.train()
            ids, lengths = map(rehearsal.pose, given)
            before = rehearsal.restart()
            vectors = encoder(ids, lengths)
            kept, forward = rehearsal.live - before, rehearsal.peak - before
            gradient = torch.empty_like(vectors)
            rehearsal.restart()
            (vectors * gradient).sum().backward()
            backward, gradients = rehearsal.peak - before, rehearsal.gradients_at_peak
            again = rehearsal.peak_without - before
            del vectors, gradient
            for weight in self._trained:
                weight.grad = None
            rehearsal.gradients = 0
            with torch.no_grad():
                before = rehearsal.restart()
                encoder(ids, lengths)
                evaluated = rehearsal.peak - before
        return Pass(kept, forward, backward, gradients, again, evaluated)

    def try_loss(self, examples: int, texts_an_example: int, processes: int) -> tuple[int, int]:
        """What the vectors of a step and their gradients take while there, and at most, with the loss's own."""
        rehearsal = self._rehearsal
        width = self.encoder.width
        rows = examples * texts_an_example
        given = torch.arange(rows), torch.arange(rows - 2 * examples) % examples, torch.arange(examples).float()
        with self._as_in_the_run(), torch.autocast("cpu", enabled=False):
            loss_of = self.config.loss.component.build(self.config.loss.options)
            before = rehearsal.restart()
            own = torch.empty(rows // processes, width).requires_grad_()
            others = torch.empty(rows - rows // processes, width)
            vectors = torch.cat([own, others]) if processes > 1 else own
            places, owner, scores = map(rehearsal.pose, given)
            cut = [examples, examples, rows - 2 * examples]
            anchors, positives, negatives = torch.split(vectors[places], cut)
            roles = {"anchors": anchors, "positives": positives, "negatives": negatives, "negative_of": owner}
            loss = loss_of(VectorBatch(**roles, scores=scores, teacher=self._taught(cut, owner)))
            del anchors, positives, negatives, roles
            (gradient,) = torch.autograd.grad(loss, own)
            most = rehearsal.peak - before
            held = own.nbytes + gradient.nbytes + (vectors.nbytes if processes > 1 else 0)
        return held, most

    def _taught(self, texts: Sequence[int], owner: Tensor) -> VectorBatch | None:
        """Vectors of anchors, positives and negatives as a teacher's are, where the loss names one.

        As wide as the encoder's, unless the teacher's configuration is on this machine.
        """
        reference = teacher_of(self.config.loss)
        if reference is None:
            return None
        width = width_of(reference.removeprefix("base:")) or self.encoder.width
        anchors, positives, negatives = (torch.empty(number, width) for number in texts)
        return VectorBatch(anchors=anchors, positives=positives, negatives=negatives, negative_of=owner)

    @contextmanager
    def _as_in_the_run(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._rehearsal)
            if self.placement.device == "cuda":
                stack.enter_context(as_on_a_gpu())
                stack.enter_context(_NotOnTheCpu())
            yield


def _with_layers(config: RunConfig, placement: Placement, layers: int) -> Rehearsed:
    with with_layers(config, layers) as shallow:
        return Rehearsed(shallow, placement)


class _NotOnTheCpu(TorchFunctionMode):
    """Code that asks a tensor whether it is on the CPU is told that it is not: a GPU need not be there."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.Tensor.is_cpu.__get__:  # type: ignore[attr-defined]
            return False
        return func(*args, **(kwargs or {}))


def weights_of(encoder: Any) -> Weights:
    """Tell the weights of an encoder apart, on whatever device."""
    model = encoder.backbone.model
    embedding = next(m for m in model.modules() if isinstance(m, nn.Embedding))
    seen: set[int] = set()
    parts: dict[str, list[nn.Parameter]] = {"embedding": [], "layers": [], "other": [], "trained": []}
    largest = 0
    for module in encoder.modules():
        own = [weight for weight in module.parameters(recurse=False) if id(weight) not in seen]
        seen.update(map(id, own))
        largest = max(largest, sum(weight.nbytes for weight in own))
        kind = "embedding" if module is embedding else "layers" if any(w.dim() > 1 for w in own) else "other"
        for weight in own:
            parts["trained" if weight.requires_grad else kind].append(weight)
    units = tuple(sum(_bytes(module) for module in unit) for unit in encoder.backbone.units())
    elements = sum(weight.numel() for part in parts.values() for weight in part)
    sizes = {name: sum(weight.nbytes for weight in part) for name, part in parts.items()}
    return Weights(**sizes, units=units, largest=largest, elements=elements, forms=_forms(parts))


def _forms(parts: Mapping[str, list[nn.Parameter]]) -> dict[str, str]:
    largest = {name: max(part, key=lambda weight: weight.nbytes) for name, part in parts.items() if part}
    return {name: str(weight.dtype).removeprefix("torch.") for name, weight in largest.items()}


def _bytes(module: nn.Module) -> int:
    return sum(weight.nbytes for weight in module.parameters())
