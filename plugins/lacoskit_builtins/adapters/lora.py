"""Train a low-rank addition to each of some Linear layers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor, nn

from lacoskit import Adapter, LacoskitError, Options, Placement, hookimpl
from lacoskit_builtins.bitsandbytes_support import silence  # PEFT imports bitsandbytes wherever it is installed
from lacoskit_builtins.fused_lora import fuse

QUERY_KEY_VALUE = frozenset(
    "query_key_value query key value q_proj k_proj v_proj qkv_proj Wqkv c_attn q_lin k_lin v_lin q k v".split()
)
"""What the layers that make queries, keys and values are called: BLOOM, BERT and XLM-R, Llama and Qwen, and others."""

_DEPRECATED_IN_TRANSFORMERS = ".*is_gradient_checkpointing.*"
"""PEFT asks the model for it by its old name; there is nothing that a user could do about it."""


class LoraOptions(Options):
    """Low-rank additions to frozen Linear layers (Hu et al., 2106.09685)."""

    rank: PositiveInt = 16
    """The rank of each addition."""
    alpha: PositiveFloat = 32.0
    """The addition is scaled by alpha / rank."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """The share of a layer's inputs that the addition does not see in training."""
    targets: Literal["attention", "all-linear"] | tuple[str, ...] = "all-linear"
    """The layers: those that make queries, keys and values, every Linear, or a list of module names."""
    rank_stabilized: bool = False
    """Scale by alpha / sqrt(rank) instead (rsLoRA, 2312.03732)."""
    dora: bool = False
    """Train the length of each weight column apart from its direction (DoRA, 2402.09353)."""


def attach(model: nn.Module, options: LoraOptions) -> nn.Module:
    """Wrap the model in PEFT's; B starts at zero, so the vectors are the base model's at first."""
    silence()
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        task_type=TaskType.FEATURE_EXTRACTION,
        r=options.rank,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=_targets(model, options.targets),
        use_rslora=options.rank_stabilized,
        use_dora=options.dora,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _DEPRECATED_IN_TRANSFORMERS, FutureWarning)
        wrapped: nn.Module = get_peft_model(model, config)
    fuse(wrapped)
    return wrapped


def save(model: Any, folder: Path) -> None:
    """Write adapter_config.json and adapter_model.safetensors."""
    # "auto" would look up the base model's vocabulary on the hub
    model.save_pretrained(str(folder), save_embedding_layers=False)


def load(model: nn.Module, folder: Path) -> nn.Module:
    """Wrap a base model with a saved adapter, for use."""
    silence()
    from peft import PeftModel

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", _DEPRECATED_IN_TRANSFORMERS, FutureWarning)
        wrapped: nn.Module = PeftModel.from_pretrained(model, str(folder))
    fuse(wrapped)
    return wrapped


def merge(model: Any) -> nn.Module:
    """Add the products to the weights and return the base model."""
    plain: nn.Module = model.merge_and_unload()
    return plain


@contextmanager
def merged(model: nn.Module) -> Iterator[None]:
    """Add the products to copies of the weights while the block runs; then the weights themselves are put back.

    Taking the products away again would not do: floating-point sums do not come apart into the same bits.
    """
    layers: list[Any] = [module for module in model.modules() if _can_be_merged(module)]
    kept: list[tuple[Any, Tensor]] = []
    try:
        with torch.no_grad():
            for layer in layers if _room_for_copies(layers) else []:
                weight = layer.get_base_layer().weight
                kept.append((layer, weight.data))
                weight.data = weight.data.clone()
                layer.merge()
        yield
    finally:
        for layer, original in kept:
            layer.get_base_layer().weight.data = original
            layer.merged_adapters.clear()
            layer._caches.clear()  # where DoRA remembers how to take itself away again


def _can_be_merged(module: nn.Module) -> bool:
    """Whether it is a layer with an addition to a plain weight: neither quantized, nor sharded, nor merged for good."""
    from peft.tuners.lora.layer import Linear

    if not isinstance(module, Linear) or module.merged or module.disable_adapters or any(module.lora_bias.values()):
        return False
    weight = module.get_base_layer().weight
    plain = type(weight) is nn.Parameter and type(weight.data) is Tensor and not hasattr(weight, "ds_id")
    return plain and weight.dtype == torch.float32  # in fewer bits, a small addition would be rounded away


def _room_for_copies(layers: Sequence[Any]) -> bool:
    """Whether the weights' copies take at most half of the free memory; the rest is for computing."""
    weights = [layer.get_base_layer().weight for layer in layers]
    for device in {weight.device for weight in weights}:
        needed = sum(weight.nbytes for weight in weights if weight.device == device)
        if 2 * needed > _free_memory(device):
            return False
    return True


def _free_memory(device: torch.device) -> int:
    if device.type == "cuda":
        kept_by_torch = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept_by_torch
    import psutil

    return int(psutil.virtual_memory().available)


def _targets(model: nn.Module, targets: str | tuple[str, ...]) -> str | list[str]:
    linears = {name.rpartition(".")[2] for name, module in model.named_modules() if _is_linear(module)}
    if targets == "all-linear":
        return "all-linear"
    wanted = QUERY_KEY_VALUE if targets == "attention" else set(targets)
    found = sorted(name for name in linears if name in wanted)
    missing = [] if targets == "attention" else sorted(set(targets) - {*linears})
    if missing or not found:
        what = (
            f"no Linear layer named {', '.join(missing)}"
            if missing
            else "no layers of attention that are known by name"
        )
        raise LacoskitError(f"adapter.targets: this model has {what}; its Linear layers: {', '.join(sorted(linears))}")
    return found


def _is_linear(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear) or type(module).__name__ == "Conv1D"  # what GPT-2 calls a Linear


def refuse(options: LoraOptions, placement: Placement) -> str | None:
    """DoRA begins with the lengths of the base's weight columns, and needs the weights themselves in every pass.

    Weights that are streamed have no values yet when the adapter is attached; int8 ones are numbers without their
    scales. On a CPU, PEFT loses the scales of bitsandbytes' 8-bit weights while it reads them.
    """
    instead = None
    if placement.quantizer == "int8" or (placement.quantizer == "bnb-8bit" and placement.device == "cpu"):
        instead = "quantizer.name=bnb-4bit"
    elif placement.fsdp:
        instead = "launch/zero3.yaml"
    if not options.dora or instead is None:
        return None
    what = "weights that FSDP2 shares out" if placement.fsdp else f"the weights of {placement.quantizer} here"
    return f"dora cannot be computed from {what}; use {instead}, or adapter.dora=false"


@hookimpl
def lacoskit_adapters() -> Sequence[Adapter[LoraOptions]]:
    """Offer `lora`."""
    return [
        Adapter(
            name="lora",
            options=LoraOptions,
            requires=("peft",),
            attach=attach,
            save=save,
            load=load,
            merge=merge,
            merged=merged,
            refuse=refuse,
        )
    ]
