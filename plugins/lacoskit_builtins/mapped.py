"""Texts and examples that are not held in memory: a temporary file, mapped, and numbers that say where each text is."""

from __future__ import annotations

import mmap
import operator
import tempfile
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from lacoskit import Example


class MappedTexts(Sequence[str]):
    """Texts in a file without a name, which goes with the object; 8 bytes of memory a text."""

    def __init__(self, texts: Iterable[str]) -> None:
        offsets = array("q", [0])
        with tempfile.TemporaryFile(prefix="lacoskit-") as file:
            for text in texts:
                offsets.append(offsets[-1] + file.write(text.encode("utf-8")))
            file.flush()
            self._bytes: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b""
        self._offsets: NDArray[np.int64] = np.array(offsets, np.int64)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = _within(index, len(self))
        text: str = self._bytes[self._offsets[place] : self._offsets[place + 1]].decode("utf-8")
        return text


class MappedExamples(Sequence[Example]):
    """Examples as numbers of texts.

    anchors, positives: int64 [examples]; negatives: int64 [any number], of example i those from negative_starts[i]
    (int64 [examples + 1]) on; scores: float64 [examples], NaN for none.
    """

    def __init__(
        self,
        texts: Sequence[str],
        anchors: NDArray[np.int64],
        positives: NDArray[np.int64],
        negatives: NDArray[np.int64] | None = None,
        negative_starts: NDArray[np.int64] | None = None,
        scores: NDArray[np.float64] | None = None,
    ) -> None:
        self.texts = texts
        self.anchors = anchors
        self.positives = positives
        self.negatives = np.zeros(0, np.int64) if negatives is None else negatives
        self.negative_starts = np.zeros(len(anchors) + 1, np.int64) if negative_starts is None else negative_starts
        self.scores = scores

    def __len__(self) -> int:
        return len(self.anchors)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = _within(index, len(self))
        texts, negatives = self.texts, self.negatives[self.negative_starts[place] : self.negative_starts[place + 1]]
        score = float("nan") if self.scores is None else float(self.scores[place])
        return Example(
            texts[int(self.anchors[place])],
            texts[int(self.positives[place])],
            tuple(texts[int(number)] for number in negatives),
            None if score != score else score,
        )

    def __eq__(self, other: object) -> bool:
        """Whether these are the examples of another sequence."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(operator.eq, self, other))

    __hash__ = None  # type: ignore[assignment]


def mapped(examples: Iterable[Example]) -> MappedExamples:
    """Examples that come one by one, kept in a file."""
    anchors, positives, negatives = array("q"), array("q"), array("q")
    starts, scores = array("q", [0]), array("d")

    def texts() -> Iterable[str]:
        count = 0
        for example in examples:
            anchors.append(count)
            positives.append(count + 1)
            count += 2
            negatives.extend(range(count, count + len(example.negatives)))
            count += len(example.negatives)
            starts.append(len(negatives))
            scores.append(float("nan") if example.score is None else example.score)
            yield from (example.anchor, example.positive, *example.negatives)

    kept = MappedTexts(texts())
    numbers = (np.array(each, np.int64) for each in (anchors, positives, negatives, starts))
    of_anchors, of_positives, of_negatives, first_negatives = numbers
    return MappedExamples(kept, of_anchors, of_positives, of_negatives, first_negatives, np.array(scores, np.float64))


def _within(index: int, count: int) -> int:
    place = operator.index(index)
    place += count if place < 0 else 0
    if not 0 <= place < count:
        raise IndexError(f"no number {index} among {count}")
    return place
