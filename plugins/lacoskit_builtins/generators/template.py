"""Queries made from fixed phrases and what a document holds: its title, its first sentence, names, gaps."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from lacoskit import Document, Generator, Options, Pair, hookimpl
from lacoskit_builtins.queries.detection import detect_language
from lacoskit_builtins.queries.finders import find_terms
from lacoskit_builtins.queries.languages import LANGUAGES
from lacoskit_builtins.queries.phrases import Phrases
from lacoskit_builtins.queries.recipes import RECIPES, Query, Sources
from lacoskit_builtins.queries.sentences import split_sentences
from lacoskit_builtins.queries.statistics import Statistics
from lacoskit_builtins.queries.text import in_one_line

Kind = Literal["title", "first-sentence", "entity", "keywords", "cloze"]


class TemplateOptions(Options):
    """Fixed phrases in ten languages, filled from each document; needs no model.

    Titles, first sentences, questions about names and terms, keywords, and sentences with a gap. The language is what
    the corpus says, else found from the script and the small words of each document; without phrases for it a document
    gets its title and first sentence only.
    """

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = ("title", "first-sentence", "entity", "keywords", "cloze")
    """The kinds of query to write; documents in a language without phrases get the first two."""
    per_kind: PositiveInt = 1
    """Queries of each kind, at most; of titles and first sentences there is one at most."""
    cut_first_sentence: bool = True
    """Take the first sentence out of the document where it is the query, so that its words alone do not find it."""


def build(
    options: TemplateOptions, documents: Sequence[Document], seed: int
) -> Callable[[Sequence[Document]], Iterable[Pair]]:
    """Count the words of the corpus; return what writes the queries of a block."""
    titles = Counter(document.title for document in documents)
    shared = frozenset(title for title, count in titles.items() if count > 1)
    return Writer(options, Statistics.of([document.text for document in documents]), shared, seed).write


@dataclass(frozen=True)
class Writer:
    """Writes queries; those of a document depend on the corpus, the options, the seed and its own id."""

    options: TemplateOptions
    statistics: Statistics
    shared_titles: frozenset[str]
    seed: int

    def write(self, documents: Sequence[Document]) -> Iterator[Pair]:
        """Yield the pairs of documents in their order."""
        for document in documents:
            code = document.language or detect_language(document.text)
            phrases = LANGUAGES.get(code) if code else None
            for query in self._queries(document, phrases):
                yield Pair(
                    query=in_one_line(query.text),
                    text=query.answer or document.text,
                    document=document.id,
                    type=query.kind,
                    source=f"{phrases.code if phrases else 'any'}-{query.kind}-{query.number}",
                    language=code,
                    subject=query.subject,
                    may_quote=query.may_quote,
                )

    def _queries(self, document: Document, phrases: Phrases | None) -> Iterator[Query]:
        sentences = split_sentences(document.text, phrases.abbreviations if phrases else frozenset())
        sources = Sources(
            title=document.title,
            title_is_shared=document.title in self.shared_titles,
            text=document.text,
            sentences=sentences,
            terms=find_terms(sentences, phrases, self.statistics) if phrases else [],
            phrases=phrases,
            statistics=self.statistics,
            cut_first_sentence=self.options.cut_first_sentence,
        )
        for kind in self.options.kinds:
            generator = random.Random(f"{self.seed} {document.id} {kind}")  # noqa: S311 - a seed that a run repeats
            yield from RECIPES[kind](sources, self.options.per_kind, generator)


@hookimpl
def lacoskit_generators() -> Sequence[Generator[TemplateOptions]]:
    """Offer `template`."""
    return [Generator(name="template", options=TemplateOptions, build=build)]
