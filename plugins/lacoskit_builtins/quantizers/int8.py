"""Hold Linear and Embedding weights as int8, block by block, in a form that can be sharded."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import torch
from pydantic import PositiveInt
from torch import nn

from lacoskit import Options, Placement, Quantizer, hookimpl
from lacoskit_builtins.bitsandbytes_support import device_map, silence
from lacoskit_builtins.int8_layers import Int8Embedding, Int8Linear

log = logging.getLogger("lacoskit.int8")


class Int8Options(Options):
    """int8 Linear layers and embeddings, block-wise uniform; DeepSpeed ZeRO-3 and FSDP2 share them out.

    About half the memory of 16 bits, embeddings included. Weights become 16 or 32 bits again for each product alone.
    """

    block_size: PositiveInt | None = None
    """Neighbours in a row that share a scale, such as 64; null: the whole row. Smaller blocks are nearer to the model's
    weights and take 4 bytes each."""
    embedding: bool = True
    """Quantize embeddings too: of bloom-560m they are 46 % of all weights."""
    products: Literal["auto", "dequantized", "int8"] = "auto"
    """How a layer multiplies: with its weights turned back into the compute dtype, or in int8, which rounds its inputs
    as well (layers of sizes that are multiples of 8); auto: dequantized, on a CPU up to 30 times faster and the more
    accurate."""
    skip_modules: tuple[str, ...] = ()
    """Names of modules that keep their dtype."""
    saved_as: Literal["plain", "bnb-8bit"] = "plain"
    """How programs that do not know this form, such as sentence-transformers, open what is saved: in the run's dtype,
    or as int8 of bitsandbytes, which rounds the weights a second time."""


def convert(name: str, layer: nn.Module, options: Int8Options, placement: Placement) -> nn.Module | None:
    """Return the int8 layer that takes the place of a Linear or an Embedding."""
    if any(f".{skipped}." in f".{name}." for skipped in options.skip_modules):
        return None
    if isinstance(layer, nn.Linear):
        products = "int8" if options.products == "int8" else "dequantized"
        log.info("int8 layers multiply %s weights (quantizer.products)", products)
        return Int8Linear(layer, options.block_size, options.products == "int8")
    if isinstance(layer, nn.Embedding) and options.embedding:
        return Int8Embedding(layer, options.block_size, getattr(torch, placement.dtype))
    return None


def dequantize(model: nn.Module) -> nn.Module:
    """Return the model with plain layers of the same weights, float32."""
    for parent in list(model.modules()):
        for name, layer in parent.named_children():
            if isinstance(layer, Int8Linear | Int8Embedding):
                setattr(parent, name, layer.plain(torch.float32))
    return model


def opened_with(options: Int8Options, placement: Placement) -> Mapping[str, Any]:
    """Ask for plain weights, or those of bitsandbytes."""
    if options.saved_as == "plain":
        return {}
    from transformers import BitsAndBytesConfig

    silence()
    config = BitsAndBytesConfig(load_in_8bit=True, llm_int8_threshold=0.0)
    return {"quantization_config": config, **device_map(placement)}


def refuse(options: Int8Options, placement: Placement) -> str | None:
    """The weights are frozen, and int8 products have one scale a row."""
    if placement.trains_matrices:
        return (
            "int8 weights are frozen, but this adapter trains them; use adapter.name=lora or bitfit, or quantizer=null"
        )
    if options.saved_as == "bnb-8bit" and importlib.util.find_spec("bitsandbytes") is None:
        return "quantizer.saved_as=bnb-8bit needs the package bitsandbytes; use saved_as=plain"
    if options.products == "int8" and options.block_size is not None:
        return "quantizer.products=int8 needs one scale a row; leave quantizer.block_size out"
    return None


@hookimpl
def lacoskit_quantizers() -> Sequence[Quantizer[Int8Options]]:
    """Offer `int8`."""
    return [
        Quantizer(
            name="int8",
            options=Int8Options,
            convert=convert,
            opened_with=opened_with,
            refuse=refuse,
            dequantize=dequantize,
        )
    ]
