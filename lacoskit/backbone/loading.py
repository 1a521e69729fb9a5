"""Find a base model and load it, safetensors only, with its tokenizer."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.errors import LacoskitError
from lacoskit.location import locate

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger("lacoskit")


def load_tokenizer(model: str, revision: str | None, trust_remote_code: bool) -> Any:
    """Load the tokenizer; one without a padding token gets its end token, since padding is masked and never seen."""
    from transformers import AutoTokenizer

    location = locate(model)
    try:
        tokenizer = AutoTokenizer.from_pretrained(location, revision=revision, trust_remote_code=trust_remote_code)
    except (OSError, ValueError) as error:
        raise _cannot_load("the tokenizer of model", model, error) from error
    if tokenizer.pad_token is None:
        substitute = tokenizer.eos_token or tokenizer.unk_token
        if substitute is None:
            raise LacoskitError(
                f"model: the tokenizer of {model} has no padding token, nor an end token to take for it; save it with "
                "one: tokenizer.add_special_tokens({'pad_token': '<pad>'})"
            )
        log.warning("the tokenizer of %s has no padding token; %s serves as one", model, substitute)
        tokenizer.pad_token = substitute
    # sentence-transformers weighs positions from the left, padding included: only on the right is that right
    tokenizer.padding_side = "right"
    return tokenizer


def load_base(
    model: str,
    revision: str | None,
    trust_remote_code: bool,
    dtype: str,
    arguments: Mapping[str, Any],
    flash: bool = False,
) -> nn.Module:
    """Load the model without its head; `arguments` are the quantizer's. Weights are frozen, in `dtype`.

    With `flash`, the model gets FlashAttention 2 if it knows it; else the best that transformers chooses by itself.
    """
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModel
    from transformers.utils import logging as transformers_logging

    if not sys.stderr.isatty():
        transformers_logging.disable_progress_bar()
    location = locate(model)
    try:
        attention = {}
        if flash:
            settings: Any = AutoConfig.from_pretrained(location, revision=revision, trust_remote_code=trust_remote_code)
            attention = _attention(settings)
        base: nn.Module = AutoModel.from_pretrained(
            location,
            revision=revision,
            trust_remote_code=trust_remote_code,
            dtype=getattr(torch, dtype),
            use_safetensors=True,
            **{**attention, **arguments},
        )
    except (OSError, ValueError, SafetensorError) as error:  # the last: a file of weights that is not whole
        raise _cannot_load("model", model, error) from error
    if isinstance(getattr(base, "pooler", None), torch.nn.Module):
        delattr(base, "pooler")
        base.register_module(
            "pooler", None
        )  # BERT's head for next-sentence prediction: token states do not depend on it
    settings = base.config
    settings.use_cache = False  # keys and values are for generating text
    return base.requires_grad_(False)


def flash_is_installed(device: str, dtype: str) -> bool:
    """Whether the package flash_attn can run here: installed, on a GPU, in half precision."""
    from transformers.utils import is_flash_attn_2_available

    return device == "cuda" and dtype != "float32" and bool(is_flash_attn_2_available())


def _attention(config: Any) -> dict[str, str]:
    """What to tell transformers of attention: it takes FlashAttention only when asked, and sdpa or eager by itself."""
    from transformers import MODEL_MAPPING

    known = MODEL_MAPPING.get(type(config), None)  # none where the model's code comes with it
    return {"attn_implementation": "flash_attention_2"} if getattr(known, "_supports_flash_attn", False) else {}


def _cannot_load(what: str, model: str, error: Exception) -> LacoskitError:
    reason = " ".join(str(error).split())[:300]
    if not Path(locate(model)).is_dir():
        reason += f". Is {model} its name on the hub, and can the hub be reached? A folder works without it."
    return LacoskitError(f"{what} {model} cannot be loaded: {reason}")
