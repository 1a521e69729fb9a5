"""Train a low-rank addition to each of some Linear layers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt
from torch import nn

from lacoskit import Adapter, LacoskitError, Options, hookimpl
from lacoskit_builtins.bitsandbytes_support import silence  # PEFT imports bitsandbytes wherever it is installed

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
    return wrapped


def merge(model: Any) -> nn.Module:
    """Add the products to the weights and return the base model."""
    merged: nn.Module = model.merge_and_unload()
    return merged


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


@hookimpl
def lacoskit_adapters() -> Sequence[Adapter[LoraOptions]]:
    """Offer `lora`."""
    return [
        Adapter(name="lora", options=LoraOptions, requires=("peft",), attach=attach, save=save, load=load, merge=merge)
    ]
