"""Hold Linear weights in 4 bits, block by block, as QLoRA does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from torch import nn

from lacoskit import Options, Placement, Quantizer, hookimpl
from lacoskit_builtins.bitsandbytes_support import dequantize, device_map, keep_layout, silence, skipped


class Bnb4bitOptions(Options):
    """4-bit Linear layers of bitsandbytes (QLoRA, 2305.14314).

    A quarter of the memory of 16 bits; embeddings keep the compute dtype.
    """

    type: Literal["nf4", "fp4"] = "nf4"
    """The 16 values a weight can have: spaced for normally distributed weights (nf4), or a 4-bit float (fp4)."""
    double_quantization: bool = True
    """Quantize the scales of the blocks too: 0.4 bits a weight less."""
    compute_dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """The dtype of the matrix products; auto: the run's."""
    quant_storage: Literal["auto", "uint8", "float32", "bfloat16", "float16"] = "auto"
    """What the packed bytes pose as; auto: uint8, or the run's dtype under ZeRO-3, which cannot shard uint8."""
    skip_modules: tuple[str, ...] = ()
    """Names of modules that keep their dtype."""


def load_arguments(options: Bnb4bitOptions, placement: Placement) -> Mapping[str, Any]:
    """Ask transformers for Linear4bit; embeddings keep the compute dtype."""
    from transformers import BitsAndBytesConfig

    silence()
    keep_layout()
    storage = placement.dtype if placement.zero_stage == 3 else "uint8"
    config = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type=options.type,
        bnb_4bit_use_double_quant=options.double_quantization,
        bnb_4bit_compute_dtype=placement.dtype if options.compute_dtype == "auto" else options.compute_dtype,
        bnb_4bit_quant_storage=storage if options.quant_storage == "auto" else options.quant_storage,
        llm_int8_skip_modules=list(options.skip_modules) or None,
    )
    return {"quantization_config": config, **device_map(placement)}


def outline(name: str, layer: nn.Module, options: Bnb4bitOptions, placement: Placement) -> nn.Module | None:
    """Return what counts as the layer that transformers makes of a Linear."""
    if not isinstance(layer, nn.Linear) or skipped(name, options.skip_modules):
        return None
    from lacoskit_builtins.bitsandbytes_outlines import Outline4bit

    silence()
    keep_layout()
    dtype = placement.dtype if options.compute_dtype == "auto" else options.compute_dtype
    return Outline4bit(layer, options.type, options.double_quantization, dtype)


def refuse(options: Bnb4bitOptions, placement: Placement) -> str | None:
    """Under ZeRO-3 the packed bytes have to pose as the run's dtype."""
    if placement.zero_stage == 3 and options.quant_storage not in {"auto", placement.dtype}:
        return f"under ZeRO-3 quantizer.quant_storage has to be {placement.dtype}, the run's dtype; leave it out"
    if placement.fsdp:
        return "bnb-4bit under FSDP2 may change packed bytes that look like NaN; use quantizer.name=int8, or ZeRO-3"
    if placement.trains_base:
        return (
            f"4-bit weights are frozen, but this adapter trains them; use adapter.name=lora, or quantizer=null"
            f"{'' if placement.trains_matrices else ', or quantizer.name=int8, whose biases can be trained'}"
        )
    return None


@hookimpl
def lacoskit_quantizers() -> Sequence[Quantizer[Bnb4bitOptions]]:
    """Offer `bnb-4bit`."""
    return [
        Quantizer(
            name="bnb-4bit",
            options=Bnb4bitOptions,
            requires=("bitsandbytes",),
            load_arguments=load_arguments,
            outline=outline,
            refuse=refuse,
            dequantize=dequantize,
        )
    ]
