"""Files of scored pairs: as tasks of a run, and as they stand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def sts_tasks(files: Iterable[str | Path]) -> dict[str, Any]:
    """A task for each file of sentence1, sentence2, score, by the name of the file."""
    return {Path(file).name.partition(".")[0]: {"name": "sts", "files": [str(file)]} for file in files}


def scored_pairs(file: str | Path) -> list[tuple[str, str, float]]:
    """The rows of a file of sentence1, sentence2, score."""
    from lacoskit import read_rows

    columns = ("sentence1", "sentence2", "score")
    rows = read_rows(Path(file), columns)
    return [(row.text("sentence1"), row.text("sentence2"), row.number("score")) for row in rows]
