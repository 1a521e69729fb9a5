"""Several processes that train as one: where a run is placed, vectors gathered, sharded weights made whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, DistributedType, InitProcessGroupKwargs, set_seed
from torch import Tensor, nn

from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.placement import dtype_of, placement


def start(config: RunConfig) -> Accelerator:
    """Join the other processes. Comes before the model: under ZeRO-3 a model is sharded as it loads."""
    deepspeed = os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true"
    launched = ("RANK" in os.environ or deepspeed) and not torch.cuda.is_available()
    # Without a GPU, DeepSpeed has to be told the backend, or each process takes itself for the only one.
    gloo = [InitProcessGroupKwargs(backend="gloo")] if launched else []
    precision = {"float32": "no", "bfloat16": "bf16", "float16": "fp16"}[dtype_of(config)]
    if not launched:  # a second run in a notebook may have another dtype
        AcceleratorState._reset_state()
    accelerator = Accelerator(
        cpu=launched and not deepspeed,  # or accelerate joins the processes, but never exchanges their gradients
        mixed_precision=precision,
        project_dir=config.output,
        # Buffers never change; and a process that repeats a step alone would send them once more than the others.
        kwargs_handlers=[*gloo, DistributedDataParallelKwargs(broadcast_buffers=False)],
    )
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        plugin = accelerator.state.deepspeed_plugin.deepspeed_config
        plugin["train_micro_batch_size_per_gpu"] = max(1, config.train.batch_size // accelerator.num_processes)
        plugin["gradient_accumulation_steps"] = 1
        plugin["gradient_clipping"] = config.train.max_grad_norm or 0.0
    set_seed(config.seed)
    return accelerator


def placement_of(accelerator: Accelerator, config: RunConfig) -> Placement:
    """Describe the run to its components."""
    stage = 0
    if accelerator.distributed_type == DistributedType.DEEPSPEED:
        stage = int(accelerator.state.deepspeed_plugin.zero_stage)
    return placement(config, accelerator.device.type, accelerator.num_processes, stage)


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
    else:
        with accelerator.no_sync(model):
            yield


@contextmanager
def whole(weights: Iterable[nn.Parameter], changed: bool = False) -> Iterator[None]:
    """Make weights that ZeRO-3 has sharded whole on every process while the block runs.

    With `changed`, what the block writes into them on the main process is what all processes go on with.
    """
    sharded = [weight for weight in weights if hasattr(weight, "ds_id")]
    if not sharded:
        yield
        return
    import deepspeed

    with deepspeed.zero.GatheredParameters(sharded, modifier_rank=0 if changed else None):
        yield


@contextmanager
def whole_model(model: Any) -> Iterator[None]:
    """Make a model that ZeRO-3 has sharded whole on every process, so that each can run it alone in the block.

    Outside, a module's forward gathers its weights from all processes, and waits forever if one does not take part.
    """
    if not any(hasattr(weight, "ds_id") for weight in model.parameters()):
        yield
        return
    import deepspeed

    with deepspeed.zero.unwrap_model_for_generation(model):
        yield


@contextmanager
def unsharded_loading() -> Iterator[None]:
    """Let a model load whole in one process of a ZeRO-3 run, to check what was saved."""
    from transformers.integrations import deepspeed as integration

    remembered: Any = getattr(integration, "_hf_deepspeed_config_weak_ref", None)
    integration.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        integration._hf_deepspeed_config_weak_ref = remembered
