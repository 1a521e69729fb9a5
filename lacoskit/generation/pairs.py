"""From documents to pairs: written block by block, judged, and put into a file with where each comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from lacoskit.components import Document, Pair
from lacoskit.errors import Interrupted, LacoskitError
from lacoskit.generation import audit, rules
from lacoskit.generation.config import GenerateConfig
from lacoskit.generation.documents import Corpus, read_documents
from lacoskit.generation.journal import Journal
from lacoskit.stopping import stop_requests
from lacoskit.storage import write_json, write_whole
from lacoskit.versions import version_of

BLOCK = 64
"""Documents whose pairs are written to the disk together: what an interruption costs at most."""

Progress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]
"""Shows a bar for a task of so many steps while a block runs; what it yields is told how many more are done."""


def make_pairs(config: GenerateConfig, progress: Progress) -> dict[str, Any]:
    """Write the pairs that a configuration asks for; returns what the audit file holds.

    An Interrupted, or a crash, leaves what was written so far; the same call goes on from there.
    """
    output = Path(config.output).expanduser()
    corpus = read_documents(config.documents)
    chosen = corpus.drawn(config.max_documents, config.seed)
    journal = Journal.beside(output, _about(config, corpus))
    written = _write_blocks(config, corpus, chosen, journal, progress)
    judged = rules.judge(_known(written, chosen, config))
    rules.apply_text_rules(judged, config.max_query)
    if config.filter is not None:
        _filter(judged, corpus, config, progress)
    rules.apply_limit(judged, config.max_pairs, config.seed)
    report = {
        "lacoskit": version_of("lacoskit"),
        "config": config.as_mapping(),
        "documents": {
            "read": len(corpus.documents) + corpus.repeated,
            "same text": corpus.repeated,
            "sha256": corpus.sha256,
            "with queries asked for": len(chosen),
        },
        **audit.figures(judged, config.seed),
    }
    left = rules.kept(judged)
    if not left:
        told = ", ".join(f"{rule} {count:,}" for rule, count in report["dropped"].items() if count)
        raise LacoskitError(f"no pair is left of {len(judged):,} that were written ({told or 'none at all'})")
    write_json(audit_file(output), report)
    write_whole(output, "".join(json.dumps(_row(one, config), ensure_ascii=False) + "\n" for one in left))
    journal.remove()
    return report


def audit_file(output: Path) -> Path:
    """Where the figures of an output file are."""
    return output.with_name(f"{output.stem}.audit.json")


def _about(config: GenerateConfig, corpus: Corpus) -> str:
    """The hash of all that decides what is written; the rules and the filter come later."""
    about = [version_of("lacoskit"), corpus.sha256, config.generator.as_mapping(), config.seed, config.max_documents]
    return hashlib.sha256(json.dumps([*about, BLOCK], sort_keys=True).encode()).hexdigest()


def _write_blocks(
    config: GenerateConfig, corpus: Corpus, chosen: Sequence[Document], journal: Journal, progress: Progress
) -> list[Pair]:
    """The pairs of all blocks: those that the journal has, and the others as the generator writes them."""
    blocks = [chosen[start : start + BLOCK] for start in range(0, len(chosen), BLOCK)]
    finished = journal.begin()
    written = [pair for block in finished for pair in block]
    if len(finished) == len(blocks):
        return written
    section = config.generator
    with progress("writing queries", len(chosen)) as advance, stop_requests() as asked:
        write = section.component.build(section.options, corpus.documents, config.seed)
        advance(BLOCK * len(finished))
        for number, block in enumerate(blocks[len(finished) :], len(finished)):
            if asked:
                done = f"{BLOCK * number:,} of {len(chosen):,} documents"
                raise Interrupted(f"stopped after {done}; the same command goes on from there", asked[0])
            pairs = list(write(block))
            journal.add(pairs)
            written += pairs
            advance(len(block))
    return written


def _known(pairs: list[Pair], chosen: Sequence[Document], config: GenerateConfig) -> list[Pair]:
    """The same pairs; a LacoskitError names a generator that writes pairs of documents that it was not given."""
    ids = {document.id for document in chosen}
    for pair in pairs:
        if pair.document not in ids:
            name = config.generator.name
            raise LacoskitError(f"generator {name} wrote a pair of a document that it was not given: {pair.document!r}")
    return pairs


def _filter(judged: Sequence[rules.Judged], corpus: Corpus, config: GenerateConfig, progress: Progress) -> None:
    from lacoskit.generation.round_trip import round_trip  # imports what searches, which may be heavy

    assert config.filter is not None
    pairs = [one.pair for one in rules.kept(judged)]
    with progress("searching", len(pairs)) as advance:
        ranks = round_trip(pairs, corpus.documents, config.filter, advance)
    rules.apply_rank(judged, ranks.tolist(), config.filter.top_k)


def _row(one: rules.Judged, config: GenerateConfig) -> dict[str, Any]:
    """A row as `triples` reads it; `source` tells all about where it comes from."""
    pair = one.pair
    source = {
        "document": pair.document,
        "generator": config.generator.name,
        "written_by": pair.source,
        "round_trip_rank": one.rank,
        "seed": config.seed,
    }
    return {
        "query": pair.query,
        "pos": [pair.text],
        "neg": [],
        **({"prompt": config.prompt} if config.prompt is not None else {}),
        "id": f"{pair.document}#{one.number}",
        "type": pair.type,
        "language": pair.language,
        "source": source,
    }
