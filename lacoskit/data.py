"""Examples, tokenised once, in batches that are a function of the seed and the step.

Since step `n` of a run always sees the same batch, resuming needs nothing but the number.
"""

from __future__ import annotations

import hashlib
import json
import logging
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lacoskit.components import PROMPT_ROLES, Example, Source
from lacoskit.errors import DataError, did_you_mean
from lacoskit.token_cache import ROLES, Work, token_tables
from lacoskit.tokens import TokenTable, spans
from lacoskit.turns import Turns

log = logging.getLogger("lacoskit.data")


@dataclass(frozen=True)
class Part:
    """The examples of one source among those of a run."""

    name: str
    weight: float
    first: int
    """The number of its first example."""
    count: int
    scored: bool
    """Whether each of them has a score."""


@dataclass(frozen=True)
class TrainingData:
    """Tokenised examples: texts by role, and which negatives belong to which example."""

    anchors: TokenTable
    positives: TokenTable
    negatives: TokenTable
    negative_starts: NDArray[np.int64]
    """int64 [examples + 1]: example i has the negatives from negative_starts[i] to negative_starts[i + 1]."""
    scores: NDArray[np.float32] | None
    """float32 [examples]; 0 in a part that is not scored, None if no part is."""
    sha256: str
    """Of all texts and scores, in order."""
    parts: tuple[Part, ...] = ()
    """The sources, one after the other; none: a single one."""

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
    examples: Sequence[Example], tokenizer: Any, max_length: int, prompts: Mapping[str, str], needs_scores: bool
) -> TrainingData:
    """Tokenise the examples of a single source; see `prepare_sources`."""
    return prepare_sources([Source(name="", examples=examples)], tokenizer, max_length, prompts, [needs_scores])


def prepare_sources(
    sources: Sequence[Source],
    tokenizer: Any,
    max_length: int,
    prompts: Mapping[str, str],
    needs_scores: Sequence[bool],
) -> TrainingData:
    """Tokenise examples by source and role, with the prompts that the sources name in the table `prompts`.

    A DataError if a source has no examples, names a prompt that is not there, or lacks scores that its loss needs.
    """
    data = joined(
        [
            _prepared(source, tokenizer, max_length, prompts, needed)
            for source, needed in zip(sources, needs_scores, strict=True)
        ]
    )
    if data.truncated:
        log.warning("%s of %s texts are longer than %s tokens and were cut (max_length)", *_grouped(data, max_length))
    return data


def _prepared(
    source: Source, tokenizer: Any, max_length: int, prompts: Mapping[str, str], needs_scores: bool
) -> TrainingData:
    told = _place(source.name)
    if not len(source.examples):
        raise DataError(f"{told}: there are no examples")
    if not source.weight > 0:
        raise DataError(f"{told}: a weight must be greater than 0, got {source.weight}")
    sha256, negative_starts, scores, unscored = _survey(source.examples)
    if needs_scores and unscored:
        raise DataError(
            f"{told}: {unscored:,} of {len(source.examples):,} examples have no score, and this loss needs one of "
            "each; name the column of scores (dataset.score), or use loss.name=multiple-negatives"
        )
    query, document = (_prompt(source, role, prompts) for role in PROMPT_ROLES)
    work = Work(source.examples, int(negative_starts[-1]), sha256, tokenizer, max_length, query, document)
    part = Part(source.name, source.weight, 0, len(source.examples), not unscored)
    return TrainingData(
        **token_tables(work),
        negative_starts=negative_starts,
        scores=None if unscored else scores,
        sha256=sha256,
        parts=(part,),
    )


def _place(name: str) -> str:
    return f"dataset: source {name}" if name else "dataset"


def _prompt(source: Source, role: str, prompts: Mapping[str, str]) -> str:
    name = source.prompts.get(role, role)
    if role in source.prompts and name not in prompts:
        raise DataError(f"source {source.name}: no prompt named {name!r}; {did_you_mean(name, prompts)}")
    return prompts.get(name, "")


def joined(data: Sequence[TrainingData]) -> TrainingData:
    """The examples of several sources, one source after the other; no text is copied."""
    if len(data) == 1:
        return data[0]
    firsts = np.cumsum([0, *map(len, data)])
    before = np.cumsum([0, *(len(each.negatives) for each in data)])
    starts = [each.negative_starts[:-1] + more for each, more in zip(data, before, strict=False)]
    scores = [np.zeros(len(each), np.float32) if each.scores is None else each.scores for each in data]
    tables = {role: TokenTable.chained([getattr(each, role) for each in data]) for role in ROLES}
    parts = tuple(
        Part(part.name, part.weight, int(first), part.count, part.scored)
        for each, first in zip(data, firsts, strict=False)
        for part in each.parts
    )
    named = [(part.name, part.weight, each.sha256) for part, each in zip(parts, data, strict=True)]
    return TrainingData(
        **tables,
        negative_starts=np.concatenate([*starts, before[-1:]]),
        scores=np.concatenate(scores) if any(part.scored for part in parts) else None,
        sha256=hashlib.sha256(json.dumps(named).encode()).hexdigest(),
        parts=parts,
    )


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
    source: str = ""
    """The name of the source that they all are of."""
    anchor_texts: Tensor | None = None
    """int64, as `anchors`: hashes of the texts of all processes, equal where the texts are; None if unknown."""
    positive_texts: Tensor | None = None
    negative_texts: Tensor | None = None

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
        self.parts = data.parts or (Part("", 1.0, 0, len(data), data.scores is not None),)
        for part in self.parts:
            if part.count < batch_size:
                few = f"{part.count:,} examples are too few for one batch of {batch_size:,}"
                raise DataError(f"{_place(part.name)}: {few}; lower train.batch_size")
        counts, weights = [part.count for part in self.parts], [part.weight for part in self.parts]
        self.turns = Turns(counts, weights, batch_size, seed)
        self.data = data
        self.batch_size = batch_size
        self.seed = seed
        self.device = device
        self.rank = rank
        self.processes = processes

    @property
    def steps_per_epoch(self) -> int:
        """How many batches are an epoch."""
        return self.turns.steps_per_epoch

    @property
    def count(self) -> int | None:
        """How many examples there are; None if they are not counted."""
        return len(self.data)

    @property
    def truncated(self) -> int:
        """How many texts were cut."""
        return self.data.truncated

    def by_source(self) -> list[dict[str, Any]]:
        """What each source has a part in the run by, for the first lines and run.json."""
        return [
            {"name": part.name, "examples": part.count, "weight": part.weight, "batches_per_epoch": batches}
            for part, batches in zip(self.parts, self.turns.in_an_epoch, strict=True)
        ]

    def __getitem__(self, step: int) -> Batch:
        number, own = self.turns[step]
        part = self.parts[number]
        return self._batch(part, part.first + own)

    def _batch(self, part: Part, chosen: NDArray[np.int64]) -> Batch:
        """Put the batch of these examples together."""
        shares = np.split(chosen, self.processes)
        layout = self._layout(shares)
        mine = shares[self.rank]
        roles = (
            (self.data.anchors, mine),
            (self.data.positives, mine),
            (self.data.negatives, self._all_negatives(mine)),
        )
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
            scores=torch.from_numpy(scores[chosen]).to(self.device) if scores is not None and part.scored else None,
            examples=chosen,
            source=part.name,
            **self._hashes(chosen),
        )

    def _hashes(self, chosen: NDArray[np.int64]) -> dict[str, Any]:
        """Which texts of the whole step are the same."""
        data = self.data
        found = {
            "anchor_texts": data.anchors.hashes(chosen),
            "positive_texts": data.positives.hashes(chosen),
            "negative_texts": data.negatives.hashes(self._all_negatives(chosen)),
        }
        return {name: None if hashes is None else self._tensor(hashes) for name, hashes in found.items()}

    def _all_negatives(self, examples: NDArray[np.int64]) -> NDArray[np.int64]:
        starts = self.data.negative_starts
        return spans(starts[examples], starts[examples + 1] - starts[examples])

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
