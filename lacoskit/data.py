"""Examples, tokenised once, in batches that are a function of the seed and the step.

Since step `n` of a run always sees the same batch, resuming needs nothing but the number.
"""

from __future__ import annotations

import hashlib
import json
import logging
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lacoskit.components import Example
from lacoskit.errors import DataError
from lacoskit.token_cache import Source, token_tables
from lacoskit.tokens import TokenTable, spans

log = logging.getLogger("lacoskit.data")


@dataclass(frozen=True)
class TrainingData:
    """Tokenised examples: texts by role, and which negatives belong to which example."""

    anchors: TokenTable
    positives: TokenTable
    negatives: TokenTable
    negative_starts: NDArray[np.int64]
    """int64 [examples + 1]: example i has the negatives from negative_starts[i] to negative_starts[i + 1]."""
    scores: NDArray[np.float32] | None
    sha256: str
    """Of all texts and scores, in order."""

    def __len__(self) -> int:
        return len(self.anchors)

    @property
    def truncated(self) -> int:
        """How many texts were cut."""
        return self.anchors.truncated + self.positives.truncated + self.negatives.truncated

    @property
    def texts(self) -> int:
        """How many texts there are in all roles."""
        return len(self.anchors) + len(self.positives) + len(self.negatives)


def prepare(
    examples: Sequence[Example], tokenizer: Any, max_length: int, prompts: dict[Any, str], needs_scores: bool
) -> TrainingData:
    """Tokenise examples by role; a DataError if there are none, or scores that are needed are missing."""
    if not len(examples):
        raise DataError("dataset: there are no examples")
    sha256, negative_starts, scores, unscored = _survey(examples)
    if needs_scores and unscored:
        raise DataError(
            f"dataset: {unscored:,} of {len(examples):,} examples have no score, and this loss needs one of each; name "
            "the column of scores (dataset.score), or use loss.name=multiple-negatives"
        )
    query, document = prompts.get("query", ""), prompts.get("document", "")
    source = Source(examples, int(negative_starts[-1]), sha256, tokenizer, max_length, query, document)
    tables = token_tables(source)
    data = TrainingData(**tables, negative_starts=negative_starts, scores=None if unscored else scores, sha256=sha256)
    if data.truncated:
        log.warning("%s of %s texts are longer than %s tokens and were cut (max_length)", *_grouped(data, max_length))
    return data


def _survey(examples: Sequence[Example]) -> tuple[str, NDArray[np.int64], NDArray[np.float32], int]:
    """What one pass tells: the fingerprint, where negatives start, the scores, and how many have none.

    Numbers are kept, texts are not: the examples may be more than memory holds.
    """
    digest = hashlib.sha256()
    starts, scores = array("q", [0]), array("d")
    unscored = 0
    for example in examples:
        digest.update(_line(example))
        starts.append(starts[-1] + len(example.negatives))
        unscored += example.score is None
        scores.append(0.0 if example.score is None else example.score)
    return digest.hexdigest(), np.array(starts, np.int64), np.array(scores).astype(np.float32), unscored


def _grouped(data: TrainingData, max_length: int) -> tuple[str, str, str]:
    return f"{data.truncated:,}", f"{data.texts:,}", f"{max_length:,}"


def fingerprint(examples: Sequence[Example]) -> str:
    """The SHA-256 of texts and scores, in order."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(_line(example))
    return digest.hexdigest()


def _line(example: Example) -> bytes:
    parts = (example.anchor, example.positive, example.negatives, example.score)
    return json.dumps(parts, ensure_ascii=False).encode()  # JSON says where each text ends


@dataclass(frozen=True)
class Batch:
    """One process's texts of a step, and where the texts of all processes stand once their vectors are gathered."""

    ids: Tensor
    """int64 [tokens]: this process's texts, the longest first, so that texts side by side pad little."""
    lengths: Tensor
    """int64 [texts]"""
    token_counts: NDArray[np.int64]
    """The same on the host, which cuts by them."""
    order: Tensor
    """int64 [texts]: where each stands among this process's anchors, then positives, then negatives."""
    texts_of_process: tuple[int, ...]
    anchors: Tensor
    """int64 [examples]: rows of the gathered vectors."""
    positives: Tensor
    negatives: Tensor
    negative_of: Tensor
    scores: Tensor | None
    examples: NDArray[np.int64]
    """Which examples these are, of all processes."""

    def texts(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """The ids and lengths of this process's texts from `start` to `stop`, counted from the longest."""
        first, after = int(self.token_counts[:start].sum()), int(self.token_counts[:stop].sum())
        return self.ids[first:after], self.lengths[start:stop]


class Batches:
    """The batches of a run: `batches[step]`, the same for the same seed and step, whatever the number of processes."""

    def __init__(
        self, data: TrainingData, batch_size: int, seed: int, device: torch.device, rank: int = 0, processes: int = 1
    ) -> None:
        if batch_size % processes:
            raise DataError(f"train.batch_size: {batch_size} examples cannot be shared evenly by {processes} processes")
        if len(data) < batch_size:
            raise DataError(
                f"dataset: {len(data):,} examples are too few for one batch of {batch_size:,}; lower train.batch_size"
            )
        self.data = data
        self.batch_size = batch_size
        self.seed = seed
        self.device = device
        self.rank = rank
        self.processes = processes
        self.steps_per_epoch = len(data) // batch_size

    def __getitem__(self, step: int) -> Batch:
        epoch, place = divmod(step, self.steps_per_epoch)
        order = _shuffled(len(self.data), self.seed, epoch)
        chosen = order[place * self.batch_size : (place + 1) * self.batch_size]
        shares = np.split(chosen, self.processes)
        layout = self._layout(shares)
        mine = shares[self.rank]
        starts = self.data.negative_starts
        negatives = spans(starts[mine], starts[mine + 1] - starts[mine])
        roles = ((self.data.anchors, mine), (self.data.positives, mine), (self.data.negatives, negatives))
        parts = [table.gather(texts) for table, texts in roles]
        ids, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
        order = np.argsort(-counts, kind="stable")
        scores = self.data.scores
        return Batch(
            ids=self._tensor(ids[spans((np.cumsum(counts) - counts)[order], counts[order])]),
            lengths=self._tensor(counts[order]),
            token_counts=counts[order],
            order=self._tensor(order),
            texts_of_process=tuple(2 * len(share) + sum(len(self._negatives(i)) for i in share) for share in shares),
            **{name: self._tensor(np.array(rows_of, np.int64)) for name, rows_of in layout.items()},
            scores=None if scores is None else torch.from_numpy(scores[chosen]).to(self.device),
            examples=chosen,
        )

    def _layout(self, shares: Sequence[NDArray[np.int64]]) -> dict[str, list[int]]:
        """Where each role stands when the vectors of process 0, process 1, ... follow each other."""
        layout: dict[str, list[int]] = {"anchors": [], "positives": [], "negatives": [], "negative_of": []}
        row = 0
        for share in shares:
            first_example = len(layout["anchors"])
            layout["anchors"] += range(row, row + len(share))
            layout["positives"] += range(row + len(share), row + 2 * len(share))
            row += 2 * len(share)
            for place, example in enumerate(share):
                count = len(self._negatives(example))
                layout["negatives"] += range(row, row + count)
                layout["negative_of"] += [first_example + place] * count
                row += count
        return layout

    def _negatives(self, example: int) -> range:
        return range(int(self.data.negative_starts[example]), int(self.data.negative_starts[example + 1]))

    def _tensor(self, array: NDArray[Any]) -> Tensor:
        return torch.from_numpy(array.astype(np.int64, copy=False)).to(self.device, non_blocking=True)


@lru_cache(maxsize=2)
def _shuffled(count: int, seed: int, epoch: int) -> NDArray[np.int64]:
    return np.random.default_rng((seed, epoch)).permutation(count)
