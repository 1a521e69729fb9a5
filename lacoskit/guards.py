"""What stops a run: weights that do not move, figures that are not finite, memory that is full."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import DistributedType
from torch import Tensor

from lacoskit.config import RunConfig
from lacoskit.data import Batch
from lacoskit.encoder import Encoder
from lacoskit.errors import Interrupted, TrainingError
from lacoskit.gradients import Step
from lacoskit.layout import checkpoints
from lacoskit.run import Run
from lacoskit.sharding import is_sharded, share_of
from lacoskit.storage import enough_space

CHECKSUM_BYTES = 2**24
"""Bytes of a weight summed at once."""


def refuse_non_finite(run: Run, step: int, computed: Step, norm: Any, batch: Batch) -> None:
    """Stop before a step that would spoil the weights, naming the texts it came from."""
    scaled = run.accelerator.scaler is not None  # float16's scaler skips a step whose gradient overflows
    length = math.nan if norm is None else float(norm)  # DeepSpeed keeps it to itself
    loss = computed.loss.item()
    if computed.reached and math.isfinite(loss) and (scaled or norm is None or math.isfinite(length)):
        return
    broken, texts = _not_finite(run, batch, computed.vectors)
    kept = checkpoints(run.output)[-1:]
    advice = f"The last good checkpoint is {kept[0]}." if kept else "There is no checkpoint yet (train.save_every)."
    raise TrainingError(
        f"step {step + 1}: {_where(run, loss, length, computed.reached)}. {advice} A lower "
        "train.learning_rate or train.dtype=float32 may help. "
        f"{'Texts whose vectors are not finite' if broken else 'Texts of the batch'} ({len(texts):,}, of which three "
        "or fewer are shown):" + "".join(f"\n    {text[:100]!r}" for text in texts[:3])
    )


def _where(run: Run, loss: float, length: float, reached: bool) -> str:
    """How far what is not finite got."""
    stopped = "the run stopped before they reached the weights"
    if not reached:
        return f"the loss is {loss:g}, and it or its gradient is not finite; {stopped}"
    if run.accelerator.distributed_type == DistributedType.DEEPSPEED:
        stopped = "DeepSpeed had then taken the step, so the weights in memory are spoiled, and were not saved"
    return f"the loss is {loss:g} and the gradient's norm {length:g}; {stopped}"


class Movement:
    """Sees to it that training changes every weight that it should.

    LoRA's A has a gradient of exactly 0 in the first step, since B is 0: what has not moved then must in the second.
    Nothing is said of steps so small, as at the start of a long warm-up, that rounding may swallow them.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self.still = {name: _checksum(weight) for name, weight in encoder.trained().items()}
        self.steps = 0

    def check(self, learning_rate: float) -> None:
        """Compare after a step; a TrainingError names what two steps have left as it was."""
        if not self.still:
            return
        self.steps += 1
        trained = self.encoder.trained()
        self.still = {name: old for name, old in self.still.items() if _checksum(trained[name]) == old}
        if self.steps == 1 or any(learning_rate < _swallowed(trained[name]) for name in self.still):
            return
        if self.still:
            names = ", ".join(list(self.still)[:5]) + (", ..." if len(self.still) > 5 else "")
            raise TrainingError(
                f"two steps have not moved {len(self.still)} of {len(trained)} trained tensors: {names}. They are not "
                "part of what is computed, or the optimizer does not have them; the adapter should leave them frozen."
            )


@contextmanager
def one_message(config: RunConfig) -> Iterator[None]:
    """Turn what a user can mend, or has done, into a message: a full disk or GPU, Ctrl-C outside of the steps."""
    try:
        with enough_space(Path(config.output)):
            yield
    except KeyboardInterrupt:
        what = "stopped while no step was at hand, so no checkpoint was saved; earlier ones are still there"
        raise Interrupted(what, signal.SIGINT) from None
    except torch.OutOfMemoryError as error:
        train = config.train
        raise TrainingError(
            f"the GPU's memory is full. Lower train.chunk_tokens (now {train.chunk_tokens}) or max_length (now "
            f"{config.max_length}), or set train.checkpoint_activations=true"
            + ("" if config.quantizer else "; quantizer.name=bnb-8bit or bnb-4bit makes the weights smaller")
        ) from error


def _not_finite(run: Run, batch: Batch, vectors: Tensor) -> tuple[bool, list[str]]:
    """The texts of a step whose vectors are not finite; all its texts where every vector is, or none."""
    chosen = [run.example(int(i)) for i in batch.examples]
    texts = [example.anchor for example in chosen] + [example.positive for example in chosen]
    texts += [text for example in chosen for text in example.negatives]
    finite = torch.isfinite(vectors).all(dim=1)[torch.cat([batch.anchors, batch.positives, batch.negatives])].tolist()
    broken = [text for text, good in zip(texts, finite, strict=True) if not good]
    return (True, broken) if 0 < len(broken) < len(texts) else (False, texts)


def _checksum(weight: Any) -> int:
    bits = _held(weight).contiguous().view(torch.uint8).flatten()
    total = 0
    for part in torch.split(bits, CHECKSUM_BYTES):  # a table of embeddings at once would take 16 times its memory
        total += int((part * torch.arange(1, len(part) + 1, device=part.device)).sum().item())
    return total


def _swallowed(weight: Any) -> float:
    """A step that may be lost when it is added to the weight's largest element; Adam's are near the learning rate."""
    held = _held(weight)
    return 8 * torch.finfo(held.dtype).eps * float(held.abs().max()) if held.numel() else math.inf


def _held(weight: Any) -> Tensor:
    return share_of(weight).values if is_sharded(weight) else weight.detach()
