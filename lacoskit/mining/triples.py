"""From candidates to triples: rules applied, negatives chosen, rows written, and every candidate accounted for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lacoskit.mining import candidates
from lacoskit.mining.audit import Audit, plain
from lacoskit.mining.candidates import Block
from lacoskit.mining.collection import Collection
from lacoskit.mining.config import MineConfig
from lacoskit.mining.filters import RULES, Rules, choose, first_refusal
from lacoskit.mining.search import NONE


@dataclass(frozen=True)
class Writer:
    """Makes the rows of a collection's queries from blocks of candidates."""

    config: MineConfig
    collection: Collection
    audit: Audit = field(default_factory=Audit)

    def rows(self, folder: Path) -> Iterator[dict[str, Any]]:
        """Yield the rows, in the order of the queries."""
        for number in range(candidates.blocks_of(self.collection)):
            start, _ = candidates.range_of(number, self.collection)
            yield from self._block(candidates.read(folder, number), start)

    def write(self, folder: Path, path: Path) -> None:
        """Write the rows to a file, one JSON object a line."""
        with path.open("w", encoding="utf-8") as file:
            for row in self.rows(folder):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def _block(self, block: Block, start: int) -> Iterator[dict[str, Any]]:
        config = self.config
        rules = Rules(config.ranks, config.relative, config.margin, config.absolute)
        positives = np.nanmin(block.positive_scores, axis=1)
        there = block.numbers != NONE
        refused = {rule: mask & there for rule, mask in rules.refused(block.scores, positives).items()}
        first = first_refusal(refused)
        for rule, mask in refused.items():
            self.audit.alone[rule] += int(mask.sum())
        for row in range(len(first)):
            allowed = np.flatnonzero(there[row] & (first[row] == len(RULES)))
            seed = (config.seed, start + row)
            chosen = choose(allowed, block.scores[row], config.negatives, config.pick, seed)
            dropped = config.fewer == "drop" and len(chosen) < config.negatives
            self._count(block, row, first[row], allowed, chosen, start + row, "dropped" if dropped else "mined")
            if not dropped:
                yield self._row(block, row, chosen, start + row)
            self._count_query(len(chosen), dropped)

    def _row(self, block: Block, row: int, chosen: NDArray[np.int64], number: int) -> dict[str, Any]:
        query = self.collection.queries[number]
        scores = block.positive_scores[row]
        return {
            "query": query.text,
            "pos": list(query.positives),
            "neg": [self.collection.text(int(text)) for text in block.numbers[row, chosen]],
            "pos_scores": [plain(score) for score in scores[~np.isnan(scores)]],
            "neg_scores": [plain(score) for score in block.scores[row, chosen]],
            **({"prompt": self.config.prompt} if self.config.prompt is not None else {}),
        }

    def _count_query(self, negatives: int, dropped: bool) -> None:
        queries, wanted = self.audit.queries, self.config.negatives
        queries["read"] += 1
        queries["written"] += not dropped
        queries["with_fewer_negatives"] += negatives < wanted
        queries["with_none"] += not negatives

    def _count(
        self,
        block: Block,
        row: int,
        first: NDArray[np.int64],
        allowed: NDArray[np.int64],
        chosen: NDArray[np.int64],
        number: int,
        became: str,
    ) -> None:
        """Account for each candidate of a query once; `became` is the end of those that were chosen."""
        fates = self.audit.fates
        fates["positive"] += int(block.spared[row, 0])
        fates["itself"] += int(block.spared[row, 1])
        for index, rule in enumerate(RULES):
            places = np.flatnonzero((first == index) & (block.numbers[row] != NONE))
            fates[rule] += len(places)
            self._examples(rule, block, row, places, number)
        left = np.setdiff1d(allowed, chosen)
        fates["not-picked"] += len(left)
        fates[became] += len(chosen)
        self._examples("not-picked", block, row, left, number)
        self._examples(became, block, row, chosen, number)
        if became != "mined":
            return
        self.audit.sums["rank"] += int((chosen + 1).sum())
        self.audit.sums["score"] += float(block.scores[row, chosen].sum())
        self.audit.sums["positive"] += len(chosen) * float(np.nanmin(block.positive_scores[row]))

    def _examples(self, fate: str, block: Block, row: int, places: NDArray[np.int64], number: int) -> None:
        """Keep one example of a query, so that they are of different queries."""
        if not len(places):
            return
        place, query = int(places[0]), self.collection.queries[number]
        lowest = int(np.nanargmin(block.positive_scores[row]))
        self.audit.note(
            fate,
            {
                "query": query.text,
                "positive_text": query.positives[lowest],
                "positive": plain(block.positive_scores[row, lowest]),
                "text": self.collection.text(int(block.numbers[row, place])),
                "score": plain(block.scores[row, place]),
                "rank": place + 1,
            },
        )
