"""Hold Linear weights as int8, row by row, as LLM.int8 does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import NonNegativeFloat
from torch import nn

from lacoskit import Options, Placement, Quantizer, hookimpl
from lacoskit_builtins.bitsandbytes_support import dequantize, device_map, forget_inputs, silence, skipped


class Bnb8bitOptions(Options):
    """int8 Linear layers of bitsandbytes (LLM.int8, 2208.07339).

    Half the memory of 16 bits; embeddings keep the compute dtype.
    """

    threshold: NonNegativeFloat = 0.0
    """Input columns with a value above this are multiplied in 16 bits; 0: none, which is about twice as fast. LLM.int8
    used 6.0."""
    skip_modules: tuple[str, ...] = ()
    """Names of modules that keep their dtype."""


def load_arguments(options: Bnb8bitOptions, placement: Placement) -> Mapping[str, Any]:
    """Ask transformers for Linear8bitLt; embeddings keep the compute dtype."""
    from transformers import BitsAndBytesConfig

    silence()
    forget_inputs()
    config = BitsAndBytesConfig(
        load_in_8bit=True,
        llm_int8_threshold=options.threshold,
        llm_int8_skip_modules=list(options.skip_modules) or None,
    )
    return {"quantization_config": config, **device_map(placement)}


def outline(name: str, layer: nn.Module, options: Bnb8bitOptions, placement: Placement) -> nn.Module | None:
    """Return what counts as the layer that transformers makes of a Linear."""
    if not isinstance(layer, nn.Linear) or skipped(name, options.skip_modules):
        return None
    from lacoskit_builtins.bitsandbytes_outlines import Outline8bit

    silence()
    forget_inputs()
    return Outline8bit(layer, options.threshold, placement.device == "cuda")


def refuse(options: Bnb8bitOptions, placement: Placement) -> str | None:
    """ZeRO-3 cannot shard Linear8bitLt: each rank would keep all of it, or train on garbage."""
    if placement.zero_stage == 3:
        return (
            "bnb-8bit cannot be sharded by DeepSpeed ZeRO-3; use quantizer.name=int8 or bnb-4bit, which can, or ZeRO-2 "
            "(launch/zero2.yaml)"
        )
    if placement.fsdp:
        return "bnb-8bit cannot be sharded by FSDP2; use quantizer.name=int8, which can"
    if placement.trains_base:
        return (
            f"8-bit weights are frozen, but this adapter trains them; use adapter.name=lora, or quantizer=null"
            f"{'' if placement.trains_matrices else ', or quantizer.name=int8, whose biases can be trained'}"
        )
    return None


@hookimpl
def lacoskit_quantizers() -> Sequence[Quantizer[Bnb8bitOptions]]:
    """Offer `bnb-8bit`."""
    return [
        Quantizer(
            name="bnb-8bit",
            options=Bnb8bitOptions,
            requires=("bitsandbytes",),
            load_arguments=load_arguments,
            outline=outline,
            refuse=refuse,
            dequantize=dequantize,
        )
    ]
