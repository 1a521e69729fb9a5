"""The kinds of query that can be made from a document without a model, one function each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

from lacoskit_builtins.queries.phrases import Phrases
from lacoskit_builtins.queries.sentences import after_first_sentence
from lacoskit_builtins.queries.statistics import Statistics
from lacoskit_builtins.queries.text import NUMBER, WORD, YEAR, places_alone, script_of

GAP = "____"
TELLING = 6
"""How many of a document's terms, from the most telling on, queries are about."""
KEYWORDS = (2, 4)
"""How many keywords a query has, at least and at most."""
SHORTEST_TITLE = 3
SHORTEST_REST = 40
"""Characters that have to be left of a document without its first sentence (Chinese: half as many)."""
BRACKETS = ("“”", "«»", "「」", "()", "（）")
"""What has to be closed in a sentence that becomes a query."""
SENTENCE = (25, 240)
"""Characters of a sentence that becomes a query, at least and at most (Chinese: half as many)."""


@dataclass(frozen=True)
class Query:
    """A query, its kind and phrase; what of the document answers it if not all; its subject if it is not the query."""

    text: str
    kind: str
    number: int = 0
    answer: str = ""
    subject: str = ""
    may_quote: bool = False


@dataclass(frozen=True)
class Sources:
    """What there is to make queries from."""

    title: str
    title_is_shared: bool
    """Whether other documents have the same title, as the paragraphs of one article."""
    text: str
    sentences: list[str]
    terms: list[str]
    """The most telling first."""
    phrases: Phrases | None
    statistics: Statistics
    cut_first_sentence: bool

    @property
    def width(self) -> float:
        """How much a character says: Chinese says in one what others say in two or three."""
        return 0.5 if self.phrases is not None and self.phrases.script == "han" else 1.0

    def fits(self, sentence: str) -> bool:
        """Whether a sentence is neither too short nor too long for a query."""
        least, most = SENTENCE
        closed = all(sentence.count(pair[0]) == sentence.count(pair[1]) for pair in BRACKETS)
        balanced = closed and sentence.count('"') % 2 == 0
        return balanced and least * self.width <= len(sentence) <= most * self.width

    def places(self, sentence: str, term: str) -> list[int]:
        """Where a term stands alone, not within a longer word; in Chinese: where one side of it is surely an end."""
        small = self.phrases.function_words if self.phrases is not None else frozenset()
        return places_alone(sentence, term, small)


def from_title(sources: Sources, count: int, random: Random) -> Iterator[Query]:
    """The title, bare or in a phrase, together with a term where other documents have the same title.

    None where it is in another script than the text.
    """
    title = " ".join(sources.title.replace("_", " ").split())
    if len(title) < SHORTEST_TITLE * sources.width or script_of(title) != script_of(sources.text):
        return
    terms = [term for term in sources.terms[:TELLING] if term not in title and title not in term]
    if sources.title_is_shared and sources.phrases is not None and terms:
        term, number = random.choice(terms), random.randrange(len(sources.phrases.two_entities))
        text = sources.phrases.two_entities[number].format(entity=title, other=term)
        yield Query(text, "title-and-entity", number, subject=f"{title}, {term}")
        return
    templates = sources.phrases.title if sources.phrases is not None else ("{title}",)
    number = random.randrange(len(templates))
    yield Query(templates[number].format(title=title), "title", number, subject=title, may_quote=True)


def from_first_sentence(sources: Sources, count: int, random: Random) -> Iterator[Query]:
    """The first sentence; what answers it is the rest (Lee et al. 2019, inverse cloze task)."""
    if len(sources.sentences) < 2:
        return
    abbreviations = sources.phrases.abbreviations if sources.phrases is not None else frozenset()
    first, rest = sources.sentences[0], after_first_sentence(sources.text, abbreviations)
    if len(rest) < SHORTEST_REST * sources.width or not sources.fits(first):
        return
    if sources.cut_first_sentence:
        yield Query(first, "first-sentence", answer=rest)
    else:
        yield Query(first, "first-sentence", may_quote=True)


def about_terms(sources: Sources, count: int, random: Random) -> Iterator[Query]:
    """Questions about a name or term, about two of them, or about one and a year of the same sentence."""
    if sources.phrases is None:
        return
    telling = sources.terms[:TELLING]
    wanted = random.sample(telling, min(count, len(telling)))
    for term in wanted:
        phrases = sources.phrases
        others = [other for other in telling if other not in term and term not in other]
        beside = " ".join(sentence for sentence in sources.sentences if sources.places(sentence, term))
        years = YEAR.findall(beside)
        shapes = [phrases.entity, *([phrases.two_entities] * 2 if others else []), *([phrases.year] if years else [])]
        templates = random.choice(shapes)
        number = random.randrange(len(templates))
        kind = "entity" if templates is phrases.entity else "entities" if templates is phrases.two_entities else "year"
        other, year = random.choice(others or [""]), random.choice(years or [""])
        subject = {"entity": [term], "entities": sorted([term, other]), "year": [term, year]}[kind]
        text = templates[number].format(entity=term, other=other, year=year)
        yield Query(text, kind, number, subject=", ".join(subject))


def from_keywords(sources: Sources, count: int, random: Random) -> Iterator[Query]:
    """Some of the words or terms that tell most, in the order of the text, as one types them into a search."""
    if sources.phrases is None:
        return
    telling = _keywords(sources)
    for _ in range(count):
        many = min(random.randint(*KEYWORDS), len(telling))
        if many >= KEYWORDS[0]:
            drawn = random.sample(telling, many)
            chosen = [word for word in drawn if not any(word in other for other in drawn if other != word)]
            yield Query(" ".join(sorted(chosen, key=sources.text.find)), "keywords")


def with_a_gap(sources: Sources, count: int, random: Random) -> Iterator[Query]:
    """A sentence in which a name, a term or a number is missing."""
    if sources.phrases is None:
        return
    usable = [sentence for sentence in sources.sentences if sources.fits(sentence)]
    for sentence in random.sample(usable, min(count, len(usable))):
        names = [term for term in sources.terms if _can_be_taken(term, sentence, sources)]
        numbers = NUMBER.findall(sentence)
        number_missing = bool(numbers) and (not names or random.random() < 0.4)
        if not number_missing and not names:
            continue
        missing = random.choice(numbers if number_missing else names)
        templates = sources.phrases.gap_number if number_missing else sources.phrases.gap_name
        number = random.randrange(len(templates))
        gapped = _replaced(sentence, missing, GAP, sources)
        kind = "cloze-number" if number_missing else "cloze"
        yield Query(templates[number].format(sentence=gapped), kind, number)


RECIPES: Mapping[str, Callable[[Sources, int, Random], Iterator[Query]]] = {
    "title": from_title,
    "first-sentence": from_first_sentence,
    "entity": about_terms,
    "keywords": from_keywords,
    "cloze": with_a_gap,
}


def _can_be_taken(term: str, sentence: str, sources: Sources) -> bool:
    """Whether a sentence without a term is still most of a sentence, and does not tell the term elsewhere."""
    left = _replaced(sentence, term, "", sources)
    return left != sentence and term not in left and len(left) > len(sentence) / 2


def _replaced(sentence: str, term: str, by: str, sources: Sources) -> str:
    for place in reversed(sources.places(sentence, term)):
        sentence = sentence[:place] + by + sentence[place + len(term) :]
    return sentence


def _keywords(sources: Sources) -> list[str]:
    """Names, and words by tf-idf without the small ones; in some languages, terms alone."""
    phrases, statistics = sources.phrases, sources.statistics
    assert phrases is not None
    if phrases.keywords == "terms":
        return sources.terms[: 2 * TELLING]
    found: dict[str, float] = {}
    spelled: dict[str, str] = {}
    for word in WORD.findall(sources.text):
        word = re.sub(r"['’]s$", "", word)
        low = word.lower()
        if len(word) > 2 and low not in phrases.function_words and word not in phrases.not_names:
            found[low] = found.get(low, 0.0) + statistics.rarity(word)
            spelled.setdefault(low, word)
    words = [spelled[low] for low in sorted(found, key=lambda low: (-found[low], low))]
    names = sources.terms[: TELLING // 2]
    return [*names, *[word for word in words[:TELLING] if not any(word in name for name in names)]]
