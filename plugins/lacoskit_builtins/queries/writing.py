"""Text that a causal language model writes after prompts: batched, padded on the left, and drawn by a seed if asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True)
class Drawing:
    """How a token is chosen: the likeliest at temperature 0, else one of the `top_k` likeliest, by chance."""

    temperature: float
    top_k: int


@dataclass(frozen=True)
class LanguageModel:
    """A causal language model of transformers, and how it writes."""

    model: Any
    tokenizer: Any
    batch_size: int
    max_new_tokens: int
    drawing: Drawing

    @torch.inference_mode()
    def write(self, prompts: Sequence[str], keys: Sequence[str]) -> list[str]:
        """What the model writes after each prompt, up to a line break.

        What is drawn for a prompt depends on its key and not on the batch it is in (apart from rounding).
        """
        order = sorted(range(len(prompts)), key=lambda place: (-len(prompts[place]), place))
        written = [""] * len(prompts)
        for start in range(0, len(order), self.batch_size):
            places = order[start : start + self.batch_size]
            answers = self._batch([prompts[place] for place in places], [keys[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                written[place] = answer
        return written

    def _batch(self, prompts: list[str], keys: list[str]) -> list[str]:
        from transformers import LogitsProcessorList, StoppingCriteriaList

        chat = bool(getattr(self.tokenizer, "chat_template", None))  # which writes the special tokens itself
        batch = self.tokenizer(prompts, return_tensors="pt", padding=True, add_special_tokens=not chat)
        ids, mask = batch["input_ids"].to(self.model.device), batch["attention_mask"].to(self.model.device)
        prompt_length = ids.shape[1]
        chosen = [_Draw(self.drawing, keys, prompt_length)] if self.drawing.temperature else []
        output = self.model.generate(
            input_ids=ids,
            attention_mask=mask,
            max_new_tokens=self.max_new_tokens,
            do_sample=False,
            num_beams=1,
            temperature=None,
            top_k=None,
            top_p=None,
            pad_token_id=self.tokenizer.pad_token_id,
            logits_processor=LogitsProcessorList(chosen),
            stopping_criteria=StoppingCriteriaList([_AtLineBreak(self.tokenizer, prompt_length)]),
        )
        texts: list[str] = self.tokenizer.batch_decode(output[:, prompt_length:], skip_special_tokens=True)
        return texts


class _AtLineBreak:
    """Ends a text at the first line break after something else."""

    def __init__(self, tokenizer: Any, prompt_length: int) -> None:
        self.tokenizer = tokenizer
        self.prompt_length = prompt_length

    def __call__(self, input_ids: Tensor, scores: Any, **unused: Any) -> Tensor:
        texts = self.tokenizer.batch_decode(input_ids[:, self.prompt_length :], skip_special_tokens=True)
        return torch.tensor(["\n" in text.lstrip() for text in texts], device=input_ids.device)


class _Draw:
    """Draws by the largest sum of a logit and noise (Gumbel-max), the noise of each text from its own generator."""

    def __init__(self, drawing: Drawing, keys: Sequence[str], prompt_length: int) -> None:
        self.drawing = drawing
        self.generators = [torch.Generator().manual_seed(_seed(key)) for key in keys]

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        count = min(self.drawing.top_k, scores.shape[-1])
        best, places = scores.float().topk(count, dim=-1)
        uniform = torch.stack([torch.rand(count, generator=generator) for generator in self.generators])
        noise = -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-7)))
        drawn = (best / self.drawing.temperature + noise.to(best.device)).argmax(dim=-1, keepdim=True)
        chosen = torch.full_like(scores, -torch.inf)
        return chosen.scatter(-1, places.gather(-1, drawn), 0.0)


def _seed(key: str) -> int:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1
