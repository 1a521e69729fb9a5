"""The gradient of a step, the same for any batch size, with the activations of a bounded number of tokens in memory.

`train.batch_size` says how many texts a text is contrasted with, `train.chunk_tokens` how much memory that may take.
A step embeds its texts chunk by chunk, computes the loss and its gradient on the vectors alone, and takes that gradient
back through the chunks: those that fitted have kept their graph, the others are embedded again with the same dropout
(cached gradients: Gao et al., 2101.06983). The longest texts come first, so what does not fit fails in the first step.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from accelerate.utils import DistributedType
from torch import Tensor

from lacoskit.components import VectorBatch
from lacoskit.data import Batch
from lacoskit.distributed import any_process, exchanging, gather_vectors, largest, smallest
from lacoskit.randomness import RandomState
from lacoskit.run import Run
from lacoskit.tokens import AT_ONCE, chunks_by_length

log = logging.getLogger("lacoskit")

T = TypeVar("T")

FULL = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""How a full memory is told where it is not by torch.OutOfMemoryError: on a CPU, and by the libraries of CUDA."""


@dataclass(frozen=True)
class Step:
    """What a step has computed, besides the gradient that it has left in the weights."""

    loss: Tensor
    """Of the whole batch, float32."""
    vectors: Tensor
    """Of the texts of all processes, float32 [texts, width], as the batch's layout counts them."""
    slots: int
    """Token positions of this process, padding included."""
    reached: bool = True
    """False where the weights have no gradient of it, since that of the vectors, or the loss, is not finite."""


@dataclass(frozen=True)
class _Chunk:
    """Texts `start` to `stop` of a batch, which are embedded together."""

    start: int
    stop: int
    counts: bool = True
    """False for a chunk that is there so that all processes have the same number: its gradient is 0."""


@dataclass(frozen=True)
class _Plan:
    """How a batch is embedded: its chunks, of which the first `kept` keep their graph."""

    chunks: list[_Chunk]
    kept: int


class Gradients:
    """Computes steps with at most `run.chunk_tokens` tokens' activations in memory; halves that where it is full."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.deepspeed = run.accelerator.distributed_type == DistributedType.DEEPSPEED

    def __call__(self, batch: Batch) -> Step:
        """Leave the gradient of the batch in the weights (DeepSpeed: take the step)."""
        while True:
            random = RandomState(batch.ids.device)
            step = self._attempt(batch)
            if step is not None:
                return step
            random.restore()
            self._halve(batch)

    def _attempt(self, batch: Batch) -> Step | None:
        """The step, or None in all processes if memory was full in one."""
        plan = self._plan(batch)
        embedded = self._fitting(lambda: self._embed(batch, plan), not self.run.placement.sharded)
        if embedded is None:
            return None
        own, kept, random = embedded
        own.requires_grad_()
        vectors = gather_vectors(own, batch.texts_of_process)
        loss = _loss(self.run, batch, vectors)
        (gradient,) = torch.autograd.grad(loss, own)
        if self.deepspeed and self._spoiled(loss, gradient):
            return Step(loss.detach(), vectors.detach(), 0, reached=False)
        # DDP and DeepSpeed take the mean of the processes, each of which has the gradient of its own vectors
        gradient = gradient[batch.order].mul_(self.run.accelerator.num_processes)
        # Once processes exchange gradients, one of them cannot turn back alone.
        alone = self.run.accelerator.num_processes == 1 and not self.deepspeed
        done = self._fitting(lambda: self._backward(batch, plan, gradient, kept, random), alone)
        slots = sum(self.run.encoder.backbone.slots(batch.lengths[c.start : c.stop]) for c in plan.chunks if c.counts)
        return Step(loss.detach(), vectors.detach(), slots) if done else None

    def _spoiled(self, loss: Tensor, gradient: Tensor) -> bool:
        """Whether a process has values that are not finite: DeepSpeed takes its step within the backward pass."""
        finite = bool(torch.isfinite(loss).all() and torch.isfinite(gradient).all())
        return any_process(self.run.accelerator, not finite)

    def _plan(self, batch: Batch) -> _Plan:
        run, pads = self.run, self.run.encoder.backbone.pads
        size = min(run.chunk_tokens, AT_ONCE[batch.ids.device.type])
        cut: list[_Chunk] = []
        kept = tokens = 0
        for texts in chunks_by_length(batch.token_counts, size, pads):
            counts = batch.token_counts[texts]
            tokens += int(counts[0] * len(counts) if pads else counts.sum())
            kept += tokens <= run.chunk_tokens or not cut
            cut.append(_Chunk(int(texts[0]), int(texts[-1]) + 1))
        # ZeRO-2 exchanges gradients with every backward pass, and where weights are sharded those of each layer with
        # every pass: all processes need the same number of them, or wait forever
        if self.run.placement.zero_stage >= 2 or self.run.placement.sharded:
            missing = largest(self.run.accelerator, len(cut)) - len(cut)
            cut += [_Chunk(len(batch.token_counts) - 1, len(batch.token_counts), counts=False)] * missing
            kept = smallest(self.run.accelerator, kept)
            if self.run.placement.sharded and len(cut) > 1:
                kept = 0  # a pass between a layer's forward and its backward keeps DeepSpeed from releasing its weights
        return _Plan(cut, kept)

    def _embed(self, batch: Batch, plan: _Plan) -> tuple[Tensor, list[Tensor], RandomState]:
        """Return the vectors of this process, those of the kept chunks with their graphs, and the others' dropout."""
        run, own, kept = self.run, None, []
        random = RandomState(batch.ids.device)
        for number, chunk in enumerate(plan.chunks):
            if number < plan.kept:
                with exchanging(run.accelerator, run.model, number + 1 == len(plan.chunks)):
                    vectors = run.model(*batch.texts(chunk.start, chunk.stop))
                kept.append(vectors)
                random = RandomState(batch.ids.device)
            else:
                with torch.no_grad():
                    vectors = run.encoder(*batch.texts(chunk.start, chunk.stop))
            if own is None:
                own = vectors.new_zeros(len(batch.order), vectors.shape[1])
            if chunk.counts:
                own[batch.order[chunk.start : chunk.stop]] = vectors.detach()
        assert own is not None  # no batch is without texts
        return own, kept, random

    def _backward(self, batch: Batch, plan: _Plan, gradient: Tensor, kept: list[Tensor], random: RandomState) -> bool:
        """Take the gradient of the vectors to the weights; processes exchange it once, with the last chunk."""
        run, accelerator = self.run, self.run.accelerator
        again = plan.chunks[plan.kept :]
        if kept:
            with exchanging(accelerator, run.model, not again):
                accelerator.backward(_dot(kept, gradient, plan.chunks[: plan.kept]))
            kept.clear()  # and the graphs with them
        with random.replayed():  # the chunks draw in the order in which they did
            for number, chunk in enumerate(again, start=1):
                with exchanging(accelerator, run.model, number == len(again)):
                    vectors = run.model(*batch.texts(chunk.start, chunk.stop))
                    accelerator.backward(_dot([vectors], gradient, [chunk]))
                del vectors  # or what the layers keep in its graph stands beside the next one
        return True

    def _fitting(self, work: Callable[[], T], can_repeat: bool) -> T | None:
        """What the work returns; None in all processes if memory was full in one and the step can be repeated."""
        if not can_repeat:
            return work()
        result = None
        try:
            result = work()
        except RuntimeError as error:
            if not _is_full_memory(error):
                raise
        return None if any_process(self.run.accelerator, result is None) else result

    def _halve(self, batch: Batch) -> None:
        longest = largest(self.run.accelerator, int(batch.token_counts[0]))
        if self.run.chunk_tokens <= longest:
            raise torch.OutOfMemoryError("a single text is too long for what memory is left")
        held = largest(self.run.accelerator, int(batch.token_counts.sum()))
        self.run.chunk_tokens = max(min(self.run.chunk_tokens, held) // 2, longest)
        self.run.optimizer.zero_grad()
        gc.collect()
        if batch.ids.is_cuda:
            torch.cuda.empty_cache()
        log.warning("memory was full: the step is repeated with train.chunk_tokens=%s", f"{self.run.chunk_tokens:,}")


def _dot(vectors: list[Tensor], gradient: Tensor, chunks: list[_Chunk]) -> Tensor:
    """A scalar whose gradient with respect to the vectors is the given one."""
    rows = torch.cat([gradient[chunk.start : chunk.stop] * float(chunk.counts) for chunk in chunks])
    return (torch.cat(vectors) * rows).sum()


def _loss(run: Run, batch: Batch, vectors: Tensor) -> Tensor:
    """The loss over the vectors of all processes, in float32."""
    roles = (batch.anchors, batch.positives, batch.negatives)
    with torch.autocast(vectors.device.type, enabled=False):
        # all taken at once, since each taking has a gradient as large as all vectors
        anchors, positives, negatives = torch.split(vectors[torch.cat(roles)], [len(role) for role in roles])
        loss: Tensor = run.losses[batch.source](
            VectorBatch(
                anchors=anchors,
                positives=positives,
                negatives=negatives,
                negative_of=batch.negative_of,
                scores=batch.scores,
                anchor_texts=batch.anchor_texts,
                positive_texts=batch.positive_texts,
                negative_texts=batch.negative_texts,
                teacher=run.taught(batch),
            )
        )
    return loss


def _is_full_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in FULL)
