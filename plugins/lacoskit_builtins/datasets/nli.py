"""Natural language inference: a premise and what follows from it are a pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from lacoskit import Dataset, Example, Options, Row, check_files, find_files, hookimpl, parse_rows, read_rows
from lacoskit_builtins.hub import hub_rows

LABELS = ("entailment", "neutral", "contradiction")
"""In the order of their numbers on the hub."""

HUB = {"snli": "stanfordnlp/snli", "multinli": "nyu-mll/multi_nli", "xnli": "facebook/xnli"}


class NliOptions(Options):
    """Entailment pairs of SNLI, MultiNLI, XNLI or your own files.

    The same premise's contradictions are hard negatives if asked for.
    """

    files: tuple[str, ...] = ()
    """Local files (JSONL, CSV, TSV, Parquet; patterns allowed) to read instead of the hub."""
    sets: tuple[Literal["snli", "multinli", "xnli"], ...] = ("snli", "multinli")
    """The sets to load from the hub."""
    languages: tuple[str, ...] = ("en",)
    """The languages of XNLI."""
    split: str = "train"
    """The split of the sets on the hub."""
    premise: str = "premise"
    """The column of premises."""
    hypothesis: str = "hypothesis"
    """The column of hypotheses."""
    label: str = "label"
    """The column of labels: entailment, neutral, contradiction, or 0, 1, 2; rows with -1 or - are left out."""
    hard_negatives: bool = False
    """Take the hypotheses that contradict the premise as negatives of its pairs."""
    max_examples: PositiveInt | None = None
    """Stop after this many examples."""
    max_skipped: Annotated[float, Field(ge=0, le=1)] = 0.01
    """The share of unusable rows above which loading fails."""


def load(options: NliOptions) -> list[Example]:
    """Group the rows by premise and return each entailment pair once, in the order of the rows."""
    labelled = parse_rows(_rows(options), lambda row: _parse(row, options), options.max_skipped)
    entailed: dict[str, dict[str, None]] = {}  # a dict keeps the order and drops repetitions
    contradicting: dict[str, dict[str, None]] = {}
    for premise, hypothesis, label in labelled:
        if label == "entailment" and hypothesis != premise:
            entailed.setdefault(premise, {})[hypothesis] = None
        elif label == "contradiction" and options.hard_negatives:
            contradicting.setdefault(premise, {})[hypothesis] = None
    examples = [
        Example(premise, hypothesis, tuple(text for text in contradicting.get(premise, ()) if text not in hypotheses))
        for premise, hypotheses in entailed.items()
        for hypothesis in hypotheses
    ]
    return examples[: options.max_examples]


def check(options: NliOptions) -> Sequence[str]:
    """Look for the files and their columns."""
    return check_files(options.files, (options.premise, options.hypothesis, options.label))


def _rows(options: NliOptions) -> Iterator[Row]:
    columns = (options.premise, options.hypothesis, options.label)
    if options.files:
        for path in find_files(options.files):
            yield from read_rows(path, columns)
        return
    for name in options.sets:
        for subset in options.languages if name == "xnli" else (None,):
            yield from hub_rows(HUB[name], subset, options.split, columns)


def _parse(row: Row, options: NliOptions) -> tuple[str, str, str] | None:
    label = row.values.get(options.label)
    if isinstance(label, str) and label.lower() in LABELS:
        label = label.lower()
    elif str(label) in {"0", "1", "2"}:
        label = LABELS[int(str(label))]
    elif str(label) in {"-1", "-"}:  # the annotators of SNLI did not agree
        return None
    else:
        raise ValueError(f"the label {label!r} is none of {', '.join(LABELS)}, 0, 1, 2")
    return row.text(options.premise), row.text(options.hypothesis), label


@hookimpl
def lacoskit_datasets() -> Sequence[Dataset[NliOptions]]:
    """Offer `nli`."""
    return [Dataset(name="nli", options=NliOptions, requires=("datasets",), load=load, check=check)]
