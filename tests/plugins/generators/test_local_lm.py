"""Queries that a language model writes: the same in any batch, as transformers alone would write them, cleaned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lacoskit_builtins.generators.local_lm import LocalLmOptions, build, check
from lacoskit_builtins.queries.asking import ANY_LANGUAGE, Asking
from lacoskit_builtins.queries.cleaning import clean_query
from lacoskit_builtins.queries.languages import LANGUAGES
from pydantic import ValidationError

from lacoskit import Document, LacoskitError, locate


@pytest.fixture(scope="module")
def causal(tiny_bloom: Path) -> Path:
    """A random BLOOM: the folder holds no head, which is the embedding itself."""
    return tiny_bloom


def _options(model: Any, **more: Any) -> LocalLmOptions:
    return LocalLmOptions(model=str(model), max_query_tokens=8, max_document_tokens=24, batch_size=4, **more)


def _queries(model: Any, documents: list[Document], seed: int = 0, **more: Any) -> list[str]:
    return [pair.query for pair in build(_options(model, **more), documents, seed)(documents)]


@pytest.mark.parametrize("temperature", [0.0, 0.9])
def test_a_query_does_not_depend_on_its_batch_nor_on_the_order(
    causal: Path, documents: list[Document], temperature: float
) -> None:
    write = build(_options(causal, temperature=temperature), documents, 3)
    together = list(write(documents))
    alone = [pair for document in reversed(documents) for pair in write([document])]
    assert together == alone[::-1]
    assert [pair.document for pair in together] == [document.id for document in documents]


def test_greedy_is_what_transformers_writes_alone(causal: Path, documents: list[Document]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(causal)
    model = AutoModelForCausalLM.from_pretrained(causal, dtype=torch.float32).eval()
    asking = Asking(tokenizer, None, 24)
    for document, query in zip(documents[:4], _queries(causal, documents[:4]), strict=True):
        prompt = tokenizer(asking.prompt(document.text, "", document.id), return_tensors="pt")
        output = model.generate(**prompt, max_new_tokens=8, do_sample=False)
        text = tokenizer.decode(output[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
        assert query == clean_query(text.lstrip().partition("\n")[0])


def test_several_queries_are_drawn_by_the_seed(causal: Path, documents: list[Document]) -> None:
    drawn = {"temperature": 1.5, "per_document": 3}
    first = _queries(causal, documents, 1, **drawn)
    assert len(first) == 3 * len(documents)
    assert len(set(first)) > len(documents)
    assert first == _queries(causal, documents, 1, **drawn) != _queries(causal, documents, 2, **drawn)


def test_the_least_choice_is_the_greedy_one(causal: Path, documents: list[Document]) -> None:
    assert _queries(causal, documents, temperature=2.0, top_k=1) == _queries(causal, documents)


def test_the_bundled_model_writes_and_its_name_and_revision_are_kept(documents: list[Document]) -> None:
    (pair,) = build(_options("nano-bloom"), documents, 0)(documents[:1])
    assert (pair.source, pair.type, pair.language) == ("nano-bloom@local", "question", "en")
    assert pair.text == documents[0].text


class _Tokenizer:
    """Splits at spaces."""

    chat_template: str | None = None
    words: list[str]

    def __call__(self, text: str, max_length: int, **unused: Any) -> dict[str, Any]:
        self.words = text.split()[:max_length]
        return {"input_ids": list(range(len(self.words)))}

    def decode(self, ids: list[int], **unused: Any) -> str:
        return " ".join(self.words[place] for place in ids)

    def apply_chat_template(self, messages: Any, **unused: Any) -> str:
        return f"<user>{messages[0]['content']}<model>"


def test_a_document_is_asked_about_in_its_language_and_cut() -> None:
    asking = Asking(_Tokenizer(), None, 3)
    assert asking.prompt("un deux", "", "fr") == f"{LANGUAGES['fr'].instruction}\n\nun deux\n\nQuestion :"
    assert asking.prompt("eins zwei drei vier", "", None) == f"{ANY_LANGUAGE}\n\neins zwei drei\n\nQuestion:"


def test_a_chat_model_is_asked_by_its_template() -> None:
    tokenizer = _Tokenizer()
    tokenizer.chat_template = "any"
    asked = Asking(tokenizer, None, 9).prompt("hello", "", "en")
    assert asked == f"<user>{LANGUAGES['en'].instruction}\n\nhello<model>"
    own = Asking(tokenizer, "Title {title}: {text}?", 9)
    assert own.prompt("a {title}", "T", "en") == "<user>Title T: a {title}?<model>"


@pytest.mark.parametrize(
    ("written", "query"),
    [
        ("\n\n Who was it? \nNext", "Who was it?"),
        ('1. "Who was it?"', "Who was it?"),
        ("Query: Question: «Qui ?»", "Qui ?"),
        ("问题：“谁来了？”", "谁来了？"),
        ("प्रश्न: कौन आया?", "कौन आया?"),
        ("- **Who?**", "Who?"),
        ("'A' and 'B'?", "'A' and 'B'?"),
        ("  \n ", ""),
    ],
)
def test_what_is_not_the_query_is_taken_off(written: str, query: str) -> None:
    assert clean_query(written) == query


def test_options_that_cannot_work_are_errors() -> None:
    with pytest.raises(ValidationError, match="are all the same at temperature 0"):
        LocalLmOptions(per_document=2)
    with pytest.raises(ValidationError, match=r"has no \{text\}"):
        LocalLmOptions(instruction="Ask something.")


def test_a_model_that_is_not_there_or_no_language_model_is_told(tmp_path: Path, tiny_model: Any) -> None:
    (told,) = check(LocalLmOptions(model=str(tmp_path / "none")))
    assert "there is no folder" in told
    assert check(LocalLmOptions(model="nano-bloom")) == []
    with pytest.raises(LacoskitError, match="cannot be loaded as a language model"):
        build(LocalLmOptions(model="nobody/nothing"), [], 0)
    assert Path(locate("nano-bloom")).is_dir()
