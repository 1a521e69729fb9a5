"""Find a base model and load it, safetensors only, with its tokenizer."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.errors import LacoskitError
from lacoskit.location import PICKLED, ModelFiles, locate

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger("lacoskit")


def load_tokenizer(files: ModelFiles) -> Any:
    """Load the tokenizer; one without a padding token gets its end token, since padding is masked and never seen."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(**_where(files))
    except (OSError, ValueError) as error:
        raise cannot_load("the tokenizer of model", files, error) from error
    if tokenizer.pad_token is None:
        substitute = tokenizer.eos_token or tokenizer.unk_token
        if substitute is None:
            raise LacoskitError(
                f"model: the tokenizer of {files} has no padding token, nor an end token to take for it; save it with "
                "one: tokenizer.add_special_tokens({'pad_token': '<pad>'})"
            )
        log.warning("the tokenizer of %s has no padding token; %s serves as one", files, substitute)
        tokenizer.pad_token = substitute
    # sentence-transformers weighs positions from the left, padding included: only on the right is that right
    tokenizer.padding_side = "right"
    return tokenizer


def load_base(files: ModelFiles, dtype: str, arguments: Mapping[str, Any], flash: bool = False) -> nn.Module:
    """Load the model without its head; `arguments` are the quantizer's. Weights are frozen, in `dtype`.

    With `flash`, the model gets FlashAttention 2 if it knows it; else the best that transformers chooses by itself.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel
    from transformers.utils import logging as transformers_logging

    if not sys.stderr.isatty():
        transformers_logging.disable_progress_bar()
    try:
        attention = attention_of(base_config(files)) if flash else {}
        base: nn.Module = AutoModel.from_pretrained(
            **_where(files),
            dtype=getattr(torch, dtype),
            use_safetensors=files.weights != PICKLED,
            weights_only=True,
            **{**attention, **arguments},
        )
    except (OSError, ValueError, SafetensorError) as error:  # the last: a file of weights that is not whole
        raise cannot_load("model", files, error) from error
    return frozen_base(base)


def base_config(files: ModelFiles) -> Any:
    """The model's own configuration, as transformers reads it."""
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(**_where(files))


def is_tied(model: nn.Module, weight: Any) -> bool:
    """Whether several modules of a model have the same weight."""
    return sum(weight is own for module in model.modules() for own in module._parameters.values()) > 1


def frozen_base(base: nn.Module) -> nn.Module:
    """Take away what token states do not depend on, and freeze the rest."""
    from torch import nn

    if isinstance(getattr(base, "pooler", None), nn.Module):
        delattr(base, "pooler")
        base.register_module("pooler", None)  # BERT's head for next-sentence prediction
    settings: Any = base.config
    settings.use_cache = False  # keys and values are for generating text
    return base.requires_grad_(False)


def flash_is_installed(device: str, dtype: str) -> bool:
    """Whether the package flash_attn can run here: installed, on a GPU, in half precision."""
    from transformers.utils import is_flash_attn_2_available

    return device == "cuda" and dtype != "float32" and bool(is_flash_attn_2_available())


def attention_of(config: Any) -> dict[str, str]:
    """What to tell transformers of attention: it takes FlashAttention only when asked, and sdpa or eager by itself."""
    from transformers import MODEL_MAPPING

    known = MODEL_MAPPING.get(type(config), None)  # none where the model's code comes with it
    return {"attn_implementation": "flash_attention_2"} if getattr(known, "_supports_flash_attn", False) else {}


def cannot_load(what: str, files: ModelFiles, error: Exception) -> LacoskitError:
    """What to tell a user whose model, or its tokenizer, could not be opened."""
    reason = " ".join(str(error).split())[:300]
    if not Path(locate(files.model)).is_dir():
        reason += f". Is {files} its name on the hub, and can the hub be reached? A folder works without it."
    return LacoskitError(f"{what} {files} cannot be loaded: {reason}")


def _where(files: ModelFiles) -> dict[str, Any]:
    return {
        "pretrained_model_name_or_path": locate(files.model),
        "revision": files.revision,
        "trust_remote_code": files.trust_remote_code,
    }
