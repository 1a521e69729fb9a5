"""The base model: found, loaded with frozen weights as the quantizer says, and run on packed token rows."""

from lacoskit.backbone.loading import BUNDLED, load_base, load_tokenizer, locate
from lacoskit.backbone.padded import PaddedBackbone

__all__ = ["BUNDLED", "PaddedBackbone", "load_base", "load_tokenizer", "locate"]
