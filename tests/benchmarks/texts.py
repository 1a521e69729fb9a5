"""Texts to measure with: real ones where files are given, else generated ones of the same lengths.

The lengths, in tokens of the bundled model, are those of NLI data in 15 languages (20,000 examples).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

NLI_QUANTILES = {  # 0, 5, 25, 50, 75, 95, 99 and 100 %
    "anchor": (4, 11, 20, 31, 49, 160, 374, 512),
    "positive": (3, 6, 11, 15, 22, 78, 162, 493),
    "negative": (3, 7, 11, 16, 23, 85, 174, 387),
}
_AT = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


def nli_triplets(count: int, files: Sequence[str] = ()) -> list[tuple[str, str, str]]:
    """`count` triplets of anchor, positive and negative, the same for the same arguments."""
    generator = random.Random(0)
    if not files:
        return [tuple(_text(_drawn(NLI_QUANTILES[role], generator), generator) for role in NLI_QUANTILES)
                for _ in range(count)]  # type: ignore[misc]  # fmt: skip
    from lacoskit import find_files, plugins
    from lacoskit.components import Dataset

    nli = plugins.installed().select(Dataset, "nli")
    options = nli.options(files=[str(path) for path in find_files(files)], hard_negatives=True)
    examples = [e for e in nli.load(options) if e.negatives]
    generator.shuffle(examples)
    if len(examples) < count:
        raise SystemExit(f"{count:,} triplets were asked for, and the files have {len(examples):,}")
    return [(e.anchor, e.positive, e.negatives[0]) for e in examples[:count]]


def retrieval_rows(count: int, passages: int = 8) -> list[tuple[str, ...]]:
    """Rows of a query of 32 tokens and passages of 20 to 400, generated."""
    generator = random.Random(0)
    return [
        (_text(32, generator), *(_text(generator.randint(20, 400), generator) for _ in range(passages)))
        for _ in range(count)
    ]


def rows_of_length(count: int, tokens: int) -> list[tuple[str, str, str]]:
    """`count` triplets of texts of so many tokens, generated."""
    generator = random.Random(0)
    return [(_text(tokens, generator), _text(tokens, generator), _text(tokens, generator)) for _ in range(count)]


def _drawn(quantiles: Sequence[int], generator: random.Random) -> int:
    at = generator.random()
    upper = next(i for i in range(1, len(_AT)) if at <= _AT[i])
    share = (at - _AT[upper - 1]) / (_AT[upper] - _AT[upper - 1])
    return round(quantiles[upper - 1] + share * (quantiles[upper] - quantiles[upper - 1]))


_WORDS: list[str] = []


def _text(tokens: int, generator: random.Random) -> str:
    """Words of one token each."""
    if not _WORDS:
        from lacoskit.backbone import ModelFiles, load_tokenizer

        tokenizer: Any = load_tokenizer(ModelFiles("nano-bloom"))
        known = [tokenizer.decode([i]) for i in range(300, len(tokenizer))]
        _WORDS.extend(word for word in known if word.startswith(" ") and word[1:].isalpha())
    return "".join(generator.choices(_WORDS, k=tokens)).strip()
