"""Queries that a causal language model writes, on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, NonNegativeFloat, PositiveInt, field_validator, model_validator

from lacoskit import Document, Generator, LacoskitError, Options, Pair, hookimpl, locate
from lacoskit_builtins.queries.asking import Asking
from lacoskit_builtins.queries.cleaning import clean_query
from lacoskit_builtins.queries.detection import detect_language
from lacoskit_builtins.queries.writing import Drawing, LanguageModel


class LocalLmOptions(Options):
    """A causal language model of transformers, asked for one question after another, on this machine.

    It is asked in the language of the document, by its chat template where it has one. Take a model that follows
    instructions in your languages, and let `filter` see to what it has written.
    """

    model: str = "bigscience/bloomz-560m"
    """A folder, or a name on the hub; its weights have to be safetensors."""
    revision: str | None = None
    """The commit, tag or branch of the model on the hub."""
    trust_remote_code: bool = False
    """Run code that comes with the model. Only for models whose code you have read."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """The dtype of weights and computing; auto: bfloat16 on a GPU that is made for it, float16 on others, else
    float32."""
    instruction: str | None = None
    """What the model is asked, with {text} in the place of the document, and maybe {title}; null: one question that the
    text answers, in the language of the document."""
    per_document: PositiveInt = 1
    """Queries for each document; more than one have to be drawn."""
    temperature: NonNegativeFloat = 0.0
    """0: the likeliest token each time; else the higher, the more is left to chance, by the seed."""
    top_k: PositiveInt = 50
    """How many of the likeliest tokens are drawn from."""
    max_document_tokens: PositiveInt = 384
    """Tokens of a document that the model is shown."""
    max_query_tokens: PositiveInt = 48
    """Tokens of a query, at most."""
    batch_size: PositiveInt = Field(default=16)
    """Queries that are written side by side, the longest prompts first."""

    @field_validator("instruction")
    @classmethod
    def _shows_the_text(cls, instruction: str | None) -> str | None:
        if instruction is not None and "{text}" not in instruction:
            raise ValueError("the instruction has no {text}, so the model would not see the document")
        return instruction

    @model_validator(mode="after")
    def _several_are_drawn(self) -> LocalLmOptions:
        if self.per_document > 1 and not self.temperature:
            raise ValueError("several queries for a document are all the same at temperature 0; try temperature: 0.8")
        return self


def check(options: LocalLmOptions) -> Sequence[str]:
    """Look for the model's folder."""
    try:
        locate(options.model)
    except LacoskitError as error:
        return [str(error)]
    return []


def build(
    options: LocalLmOptions, documents: Sequence[Document], seed: int
) -> Callable[[Sequence[Document]], Iterable[Pair]]:
    """Load the model; return what writes the queries of a block."""
    model, tokenizer = _load(options)
    room = getattr(model.config, "max_position_embeddings", None)
    shown = options.max_document_tokens
    if isinstance(room, int):  # the instruction takes up to about 128 tokens
        shown = max(16, min(shown, room - options.max_query_tokens - 128))
    drawing = Drawing(options.temperature, options.top_k)
    writer = LanguageModel(model, tokenizer, options.batch_size, options.max_query_tokens, drawing)
    name = f"{options.model}@{options.revision or getattr(model.config, '_commit_hash', None) or 'local'}"
    return Asker(options, Asking(tokenizer, options.instruction, shown), writer, seed, name).write


@dataclass(frozen=True)
class Asker:
    """Asks a model for the queries of documents."""

    options: LocalLmOptions
    asking: Asking
    writer: LanguageModel
    seed: int
    name: str
    """The model and its revision."""

    def write(self, documents: Sequence[Document]) -> Iterator[Pair]:
        """Yield the pairs of documents in their order."""
        asked = [
            (document, document.language or detect_language(document.text), number)
            for document in documents
            for number in range(self.options.per_document)
        ]
        written = self.writer.write(
            [self.asking.prompt(document.text, document.title, language) for document, language, _ in asked],
            [f"{self.seed} {document.id} {number}" for document, _, number in asked],
        )
        for (document, language, _), text in zip(asked, written, strict=True):
            yield Pair(
                query=clean_query(text),
                text=document.text,
                document=document.id,
                type="question",
                source=self.name,
                language=language,
            )


def _load(options: LocalLmOptions) -> tuple[Any, Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()
    cuda = torch.cuda.is_available()
    dtype = options.dtype
    if dtype == "auto":
        dtype = "float32" if not cuda else "bfloat16" if torch.cuda.is_bf16_supported(False) else "float16"
    where = {"revision": options.revision, "trust_remote_code": options.trust_remote_code}
    try:
        tokenizer = AutoTokenizer.from_pretrained(locate(options.model), padding_side="left", **where)
        model = AutoModelForCausalLM.from_pretrained(
            locate(options.model), dtype=getattr(torch, dtype), use_safetensors=True, **where
        )
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split())
        raise LacoskitError(f"generator.model: {options.model} cannot be loaded as a language model: {told}") from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return model.to("cuda" if cuda else "cpu").eval(), tokenizer


@hookimpl
def lacoskit_generators() -> Sequence[Generator[LocalLmOptions]]:
    """Offer `local-lm`."""
    return [Generator(name="local-lm", options=LocalLmOptions, build=build, check=check)]
