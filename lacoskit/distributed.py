"""Several processes that train as one: joined, vectors gathered, gradients exchanged when a step is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import (
    DistributedDataParallelKwargs,
    DistributedType,
    FullyShardedDataParallelPlugin,
    InitProcessGroupKwargs,
    set_seed,
)
from torch import Tensor, nn

from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.errors import LacoskitError
from lacoskit.placement import dtype_of, placement
from lacoskit.together import PATIENCE


def start(config: RunConfig) -> Accelerator:
    """Join the other processes. Comes before the model: under ZeRO-3 a model is sharded as it loads."""
    deepspeed = os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true"
    fsdp = os.environ.get("ACCELERATE_USE_FSDP") == "true"
    launched = ("RANK" in os.environ or deepspeed) and not torch.cuda.is_available()
    # Without a GPU, DeepSpeed has to be told the backend, or each process takes itself for the only one.
    backend = {"backend": "gloo"} if launched else {}
    # One process measures, merges and writes for hours while the others wait; NCCL would end the run after ten minutes.
    joining = InitProcessGroupKwargs(timeout=PATIENCE, **backend)
    precision = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}[dtype_of(config)]
    if not launched:  # a second run in a notebook may have another dtype
        AcceleratorState._reset_state()
    accelerator = Accelerator(
        cpu=launched and not deepspeed,  # or accelerate joins the processes, but never exchanges their gradients
        mixed_precision=precision,
        project_dir=config.output,
        # Buffers never change; and a process that repeats a step alone would send them once more than the others.
        kwargs_handlers=[joining, DistributedDataParallelKwargs(broadcast_buffers=False)],
    )
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        plugin = accelerator.state.deepspeed_plugin.deepspeed_config
        plugin["train_micro_batch_size_per_gpu"] = max(1, config.train.batch_size // accelerator.num_processes)
        plugin["gradient_accumulation_steps"] = 1
        plugin["gradient_clipping"] = config.train.max_grad_norm or 0.0
    if fsdp:
        _use_fsdp(accelerator)
    set_seed(config.seed)
    return accelerator


def wrap(accelerator: Accelerator, encoder: nn.Module, optimizer: Any) -> tuple[Any, Any]:
    """Wrap the encoder, as it is called, and its optimizer for the processes at work."""
    if accelerator.distributed_type == DistributedType.FSDP:  # sharded before its weights were read
        return encoder, accelerator.prepare_optimizer(optimizer)
    model, optimizer = accelerator.prepare(encoder, optimizer)
    return model, optimizer


def placement_of(accelerator: Accelerator, config: RunConfig) -> Placement:
    """Describe the run to its components."""
    stage = 0
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        stage = int(accelerator.state.deepspeed_plugin.zero_stage)
    fsdp = accelerator.distributed_type == DistributedType.FSDP
    return placement(config, accelerator.device.type, accelerator.num_processes, stage, fsdp)


def gather_vectors(vectors: Tensor, texts_of_process: Sequence[int]) -> Tensor:
    """Return the vectors [texts, width] of all processes, in their order; gradients flow to this process's own.

    Every process then computes the whole loss, so the gradient of its own vectors is complete without a second
    exchange, and DDP's mean of the gradients, times the number of processes, is that of one process on the whole batch.
    """
    if len(texts_of_process) == 1:
        return vectors
    rank = torch.distributed.get_rank()
    padded = vectors.new_zeros(max(texts_of_process), vectors.shape[1])
    padded[: len(vectors)] = vectors.detach()
    received = [torch.empty_like(padded) for _ in texts_of_process]
    torch.distributed.all_gather(received, padded)
    parts = [part[:texts] for part, texts in zip(received, texts_of_process, strict=True)]
    parts[rank] = vectors
    return torch.cat(parts)


def any_process(accelerator: Accelerator, flag: bool) -> bool:
    """Whether the flag is set on at least one process."""
    return bool(largest(accelerator, int(flag)))


def largest(accelerator: Accelerator, value: int) -> int:
    """The largest of the processes' values."""
    if accelerator.num_processes == 1:
        return value
    shared = torch.tensor([value], device=accelerator.device)
    torch.distributed.all_reduce(shared, torch.distributed.ReduceOp.MAX)
    return int(shared.item())


def smallest(accelerator: Accelerator, value: int) -> int:
    """The smallest of the processes' values."""
    return -largest(accelerator, -value)


@contextmanager
def exchanging(accelerator: Accelerator, model: Any, last: bool) -> Iterator[None]:
    """Say whether a forward and backward pass in the block is the last of a step, after which gradients are exchanged.

    DeepSpeed is told by the boundary of its accumulation, which accelerate passes on: without it, ZeRO-1 and ZeRO-2
    take each pass for a step of its own, and train on wrong gradients in silence.
    """
    if last:
        yield
    elif accelerator.distributed_type == DistributedType.DEEPSPEED:
        accelerator.gradient_state._set_sync_gradients(False)
        try:
            yield
        finally:
            accelerator.gradient_state._set_sync_gradients(True)
    elif accelerator.distributed_type == DistributedType.FSDP:
        model.set_requires_gradient_sync(False)
        try:
            yield
        finally:
            model.set_requires_gradient_sync(True)
    else:
        with accelerator.no_sync(model):
            yield


def _use_fsdp(accelerator: Accelerator) -> None:
    """Take FSDP2 as the launch file has it; accelerate itself turns it on for GPUs only."""
    if accelerator.distributed_type != DistributedType.FSDP:
        accelerator.state.fsdp_plugin = FullyShardedDataParallelPlugin()
        for state in (PartialState(), accelerator.state):
            state.distributed_type = DistributedType.FSDP
    if accelerator.state.fsdp_plugin.fsdp_version != 2:
        raise LacoskitError("FSDP 1 cannot shard quantized weights; set fsdp_version: 2, as launch/fsdp2.yaml does")
