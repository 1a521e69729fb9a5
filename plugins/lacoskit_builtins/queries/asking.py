"""What a language model is asked, in the language of the document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from lacoskit_builtins.queries.languages import LANGUAGES

ANY_LANGUAGE = (
    "Write one question that the following text answers, in the language of the text. Write nothing but the question."
)


@dataclass(frozen=True)
class Asking:
    """Makes prompts for a tokenizer: in its chat template if it has one, else as a text to go on with."""

    tokenizer: Any
    instruction: str | None
    """With {text} in the place of the document, and maybe {title}; None: the language's own."""
    max_tokens: int
    """Tokens of a document that are shown; the rest is cut."""

    def prompt(self, text: str, title: str, language: str | None) -> str:
        """The whole text that the model is given."""
        shown = self._cut(text)
        phrases = LANGUAGES.get(language) if language else None
        question = phrases.question if phrases else "Question:"
        if self.instruction is not None:
            filled = {"{text}": shown, "{title}": title}  # at once: a document may hold these words itself
            asked = re.sub(r"\{(?:text|title)\}", lambda found: filled[found.group()], self.instruction)
        else:
            asked = f"{phrases.instruction if phrases else ANY_LANGUAGE}\n\n{shown}"
        if getattr(self.tokenizer, "chat_template", None):
            message = [{"role": "user", "content": asked}]
            return str(self.tokenizer.apply_chat_template(message, add_generation_prompt=True, tokenize=False))
        return asked if self.instruction is not None else f"{asked}\n\n{question}"

    def _cut(self, text: str) -> str:
        tokens = self.tokenizer(text, add_special_tokens=False, truncation=True, max_length=self.max_tokens + 1)
        if len(tokens["input_ids"]) <= self.max_tokens:
            return text
        shown = self.tokenizer.decode(tokens["input_ids"][: self.max_tokens], skip_special_tokens=True)
        return str(shown).rstrip("\ufffd")  # half a character, where a token is a part of one
