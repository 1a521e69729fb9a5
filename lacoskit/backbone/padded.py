"""Run any Hugging Face model on packed rows by padding them for the pass."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PaddedBackbone(nn.Module):
    """A Hugging Face model that takes and returns real tokens only.

    The padding stands on the right whatever the tokenizer says: under a causal mask no real token sees it, and
    position ids, counted from the left, are those of the text alone.
    """

    def __init__(self, model: nn.Module, pad_id: int) -> None:
        super().__init__()
        self.model = model
        self.pad_id = pad_id

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Map token ids int64 [tokens], text after text, and lengths int64 [texts] to states [tokens, width]."""
        longest = int(lengths.max())
        real = torch.arange(longest, device=ids.device) < lengths.unsqueeze(1)
        padded = ids.new_full(real.shape, self.pad_id)
        padded[real] = ids
        output = self.model(input_ids=padded, attention_mask=real.long(), return_dict=True)
        states: Tensor = output.last_hidden_state[real]
        return states

    def slots(self, lengths: Tensor) -> int:
        """How many token positions a pass over these texts computes, padding included."""
        return len(lengths) * int(lengths.max())
