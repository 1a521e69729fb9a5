"""The pairs of finished blocks, on the disk until all are there, so that an interrupted run goes on with the next."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from lacoskit.components import Pair
from lacoskit.errors import LacoskitError
from lacoskit.storage import UNFINISHED


@dataclass(frozen=True)
class Journal:
    """A file of JSON lines: what decides the pairs, then the pairs of one block a line.

    A line counts once its end is there; what a cut-off one holds is written again.
    """

    path: Path
    about: str
    """The hash of all that decides the pairs."""

    @classmethod
    def beside(cls, output: Path, about: str) -> Journal:
        """The journal of an output file."""
        return cls(output.with_name(f"{UNFINISHED}{output.name}.blocks"), about)

    def begin(self) -> list[list[Pair]]:
        """The pairs of the blocks that are finished; a LacoskitError if the file is of another run."""
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.is_file() else []
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        if not lines:
            self.path.write_bytes(b"")
            self._append({"about": self.about})
            return []
        if json.loads(lines[0]) != {"about": self.about}:
            raise LacoskitError(
                f"{self.path} holds the pairs of an interrupted run with other documents or options; "
                "remove it to begin again, or name another output"
            )
        os.truncate(self.path, sum(map(len, lines)))
        return [[Pair(**pair) for pair in json.loads(line)] for line in lines[1:]]

    def add(self, pairs: Sequence[Pair]) -> None:
        """Write the pairs of the next block, and see that they are on the disk."""
        self._append([asdict(pair) for pair in pairs])

    def remove(self) -> None:
        """Remove the file: its pairs are elsewhere."""
        self.path.unlink(missing_ok=True)

    def _append(self, value: object) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps(value, ensure_ascii=False).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
