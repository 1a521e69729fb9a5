"""Batches of examples that come one by one and are never counted: of a set that no disk or patience holds.

The order is that of the stream, shuffled within a buffer by the seed; when the stream ends it begins again. A step's
batch depends on the seed and the examples before it, so a run that goes on reads them again but tokenises none.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, overload

import numpy as np
import torch

from lacoskit.components import PROMPT_ROLES, Example
from lacoskit.data import Batch, Batches, Part, TrainingData, fingerprint
from lacoskit.errors import DataError
from lacoskit.tokens import TokenTable, hashes_of, tokenize


@dataclass(frozen=True)
class Texts:
    """How texts become tokens."""

    tokenizer: Any
    max_length: int
    prompts: Mapping[str, str]


class StreamedBatches(Batches):
    """`batches[step]`, quick for one step after the other; an earlier one reads the stream from its beginning."""

    def __init__(
        self,
        stream: Callable[[], Iterator[Example] | None],
        texts: Texts,
        needs_scores: bool,
        batch_size: int,
        buffer: int,
        seed: int,
        device: torch.device,
        rank: int = 0,
        processes: int = 1,
        window: Window | None = None,
    ) -> None:
        self.stream = stream
        self.texts = texts
        self.needs_scores = needs_scores
        self.batch_size = batch_size
        self.buffer = buffer
        self.seed = seed
        self.device = device
        self.rank = rank
        self.processes = processes
        self.window = Window() if window is None else window
        self._examples: Iterator[Example] = iter(())
        self._next = -1
        self.parts = (Part("", 1.0, 0, batch_size, needs_scores),)
        self._truncated = 0
        self.data = self._tokenized(self._window(0))

    @property
    def steps_per_epoch(self) -> int:
        """Nobody knows: more than a run can have."""
        return sys.maxsize

    @property
    def count(self) -> int | None:
        """Nobody knows."""
        return None

    @property
    def truncated(self) -> int:
        """How many of the texts that this process has tokenised were cut."""
        return self._truncated

    def by_source(self) -> list[dict[str, Any]]:
        """There is one, without figures."""
        return []

    def __getitem__(self, step: int) -> Batch:
        if step != self._next - 1:
            self.data = self._tokenized(self._window(step))
        (part,) = self.data.parts
        return self._batch(part, np.arange(self.batch_size))

    def _window(self, step: int) -> list[Example]:
        """The examples of a step."""
        if step < self._next or self._next < 0:
            self._examples, self._next = self._shuffled(), 0
        skipped = (step - self._next) * self.batch_size
        next(islice(self._examples, skipped, skipped), None)
        self.window.examples = list(islice(self._examples, self.batch_size))
        self._next = step + 1
        if self.needs_scores and any(example.score is None for example in self.window.examples):
            raise DataError("dataset: an example of the stream has no score, and this loss needs one of each")
        return self.window.examples

    def _shuffled(self) -> Iterator[Example]:
        """The examples again and again, each time all of them, the next drawn from those in the buffer."""
        generator = random.Random(self.seed)  # noqa: S311 - the same on every machine
        while True:
            waiting: list[Example] = []
            for example in self.stream() or ():
                if len(waiting) < self.buffer:
                    waiting.append(example)
                    continue
                place = generator.randrange(self.buffer)
                given, waiting[place] = waiting[place], example
                yield given
            if len(waiting) < min(self.batch_size, self.buffer):
                raise DataError(
                    f"dataset: {len(waiting):,} examples are too few for one batch of {self.batch_size:,}; lower "
                    "train.batch_size"
                )
            generator.shuffle(waiting)
            yield from waiting

    def _tokenized(self, examples: Sequence[Example]) -> TrainingData:
        """The data of a step; of texts that other processes embed, only what tells where they stand."""
        share = self.batch_size // self.processes
        mine = range(self.rank * share, (self.rank + 1) * share)
        query, document = (self.texts.prompts.get(role, "") for role in PROMPT_ROLES)
        scores = [example.score for example in examples]
        scored = all(score is not None for score in scores)
        return TrainingData(
            anchors=self._table([(e.anchor,) for e in examples], mine, query),
            positives=self._table([(e.positive,) for e in examples], mine, document),
            negatives=self._table([e.negatives for e in examples], mine, document),
            negative_starts=np.cumsum([0, *(len(e.negatives) for e in examples)], dtype=np.int64),
            scores=np.array(scores, np.float32) if scored else None,
            sha256=fingerprint(examples),
            parts=(Part("", 1.0, 0, len(examples), scored),),
        )

    def _table(self, texts: Sequence[Sequence[str]], mine: range, prompt: str) -> TokenTable:
        """Texts by example, of which those of this process are tokenised."""
        own = [text for example in mine for text in texts[example]]
        before = sum(len(texts[example]) for example in range(mine.start))
        everything = [text for some in texts for text in some]
        lengths = np.zeros(len(everything), np.int64)
        ids = np.zeros(0, np.int32)
        if own:
            table = tokenize(self.texts.tokenizer, own, self.texts.max_length, prompt)
            self._truncated += table.truncated
            ids, lengths[before : before + len(own)] = table.parts[0].ids, table.lengths
            if not table.lengths.min():
                raise DataError(f"dataset: the tokenizer makes nothing of {own[int(table.lengths.argmin())]!r}")
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        return TokenTable(ids, offsets, hashes=hashes_of(everything))


class Window(Sequence[Example]):
    """The examples of the last step that was asked for, as those of a source."""

    examples: list[Example]

    def __init__(self) -> None:
        self.examples = []

    def __len__(self) -> int:
        return len(self.examples)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        return self.examples[index]
