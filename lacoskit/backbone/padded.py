"""Run any Hugging Face model on packed rows by padding them for the pass."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from lacoskit.backbone.loading import is_tied
from lacoskit.errors import LacoskitError, NotTold


class PaddedBackbone(nn.Module):
    """A Hugging Face model that takes and returns real tokens only.

    The padding stands on the right whatever the tokenizer says: under a causal mask no real token sees it, and
    position ids, counted from the left, are those of the text alone. Where transformers runs FlashAttention, it takes
    the padding out by the mask itself. With `checkpoint_activations`, training keeps what goes into each layer and
    computes the rest again for backward.
    """

    pads = True
    """Whether a text takes as many positions as the longest beside it."""

    def __init__(self, model: nn.Module, pad_id: int, checkpoint_activations: bool = False) -> None:
        super().__init__()
        self.model = model
        self.pad_id = pad_id
        if checkpoint_activations:
            _checkpoint(model)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], text after text, and lengths int64 [texts] to states [tokens, width]."""
        output, real = self._output(ids, lengths)
        states: Tensor = output.last_hidden_state[real]
        return states

    def layers(self, ids: Tensor, lengths: Tensor) -> Iterator[Tensor]:
        """Yield the states [tokens, width] of the embedding and after each layer: transformers' `hidden_states`.

        A NotTold where the model does not return them.
        """
        output, real = self._output(ids, lengths, output_hidden_states=True)
        found = getattr(output, "hidden_states", None)
        if not found:
            raise NotTold(f"{type(_pretrained(self.model)).__name__} does not return the states of its layers")
        return (states[real] for states in found)

    def _output(self, ids: Tensor, lengths: Tensor, **options: Any) -> tuple[Any, Tensor]:
        """What the model returns for padded texts, and which positions are tokens: bool [texts, positions]."""
        longest = int(lengths.max())
        real = torch.arange(longest, device=ids.device) < lengths.unsqueeze(1)
        padded = ids.new_full(real.shape, self.pad_id)
        padded[real] = ids
        return self.model(input_ids=padded, attention_mask=real.long(), return_dict=True, **options), real

    @property
    def attention(self) -> str:
        """Which attention the model runs, by transformers' name: `sdpa`, `flash_attention_2` or `eager`."""
        return str(_pretrained(self.model).config._attn_implementation)

    def exact(self) -> list[nn.Parameter]:
        """The weights that stay in float32 whatever the compute dtype: none."""
        return []

    def units(self) -> list[list[nn.Module]]:
        """The modules that a pass calls one after the other: the embedding of tokens, and each layer."""
        inner: Any = next(module for module in self.model.modules() if isinstance(module, PreTrainedModel))
        kinds = set(inner._no_split_modules or ())
        layers = [module for module in inner.modules() if type(module).__name__ in kinds]
        embedding = inner.get_input_embeddings()
        inside = {id(module) for layer in layers for module in layer.modules()}
        # one whose weight other modules have too cannot be gathered apart from them
        apart = id(embedding) not in inside and not any(is_tied(inner, weight) for weight in embedding.parameters())
        return [*([[embedding]] if apart else []), *([layer] for layer in layers)]

    def slots(self, lengths: Tensor) -> int:
        """How many token positions a pass over these texts computes, padding included."""
        return len(lengths) * int(lengths.max())


def _pretrained(model: nn.Module) -> Any:
    """The Hugging Face model inside a model, without what an adapter wraps around it."""
    return next((module for module in model.modules() if isinstance(module, PreTrainedModel)), model)


def _checkpoint(model: nn.Module) -> None:
    """Have transformers checkpoint each layer; it does so in training only."""
    inside = _pretrained(model)
    if not getattr(inside, "supports_gradient_checkpointing", False):
        raise LacoskitError(
            f"train.checkpoint_activations: {type(inside).__name__} does not support it; leave it false"
        )
    # the second is the older name, which warns where there is the newer
    enable = getattr(inside, "activation_checkpointing_enable", None) or inside.gradient_checkpointing_enable
    enable({"use_reentrant": False})
    # which transformers asks for on behalf of reentrant checkpoints: it would compute gradients of frozen layers
    inside.disable_input_require_grads()
