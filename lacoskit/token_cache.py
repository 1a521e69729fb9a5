"""The token tables of a data set: opened where an earlier run has left them, built and kept otherwise.

An entry is a folder of one Arrow file a role, memory-mapped when read. It is written under another name and renamed
once it is whole, and its name is the hash of all that decides its contents, so what is found can be used.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from lacoskit.bar import progress_bar, worthwhile
from lacoskit.cache import NoCache, Unusable, cache_folder, kept, writing
from lacoskit.components import Example
from lacoskit.errors import DataError
from lacoskit.storage import sync, write_json
from lacoskit.tokens import CHUNK, TokenTable, hashes_of, tokenize
from lacoskit.versions import code_of, version_of

log = logging.getLogger("lacoskit.data")

FORMAT = 2
"""Of the entries; another one makes other keys."""

ROLES = ("anchors", "positives", "negatives")

PART = 2**24
"""Tokens from which on a part of a table is handed on: what building holds in memory, and a record batch of a file."""

ABOUT = "about.json"
SCHEMA = pa.schema([("ids", pa.large_list(pa.int32())), ("text", pa.int64())])
"""A row a text: its token ids, and the hash of the text itself, without its prompt."""
TOKENIZING = ("tokenizers", "transformers", "sentencepiece")
"""Packages whose version may change what a tokenizer gives."""

Tables = dict[str, TokenTable]


@dataclass(frozen=True)
class Work:
    """What is tokenised: examples, of which `sha256` is the hash, by a tokenizer, within `max_length` tokens."""

    examples: Sequence[Example]
    negatives: int
    """Of all examples."""
    sha256: str
    tokenizer: Any
    max_length: int
    query: str = ""
    """Stands before every anchor."""
    document: str = ""
    """Stands before every positive and negative."""

    @property
    def texts(self) -> Mapping[str, int]:
        """How many texts each role has."""
        return dict(zip(ROLES, (len(self.examples), len(self.examples), self.negatives), strict=True))


def token_tables(work: Work) -> Tables:
    """Return the tables of the roles, from the cache if they are there; a DataError if a text has no tokens.

    Of several processes that ask at once, one builds the entry and the others wait for it. Where the cache cannot be
    written, the tables are held in memory, and a warning says so.
    """
    try:
        entry = cache_folder() / "tokens" / _key(work)
        return kept(
            entry,
            lambda folder: _opened(folder, work),
            lambda folder: _write(folder, entry.name, work),
            f"tokens of {len(work.examples):,} examples",
        )
    except (NoCache, Unusable) as error:
        log.warning("tokens are held in memory, and made again by the next run: %s", error)
    parts: dict[str, list[TokenTable]] = {role: [] for role in ROLES}
    _tokenize(work, {role: part.append for role, part in parts.items()})
    return {role: TokenTable.chained(part) for role, part in parts.items()}


# Keys


def _key(work: Work) -> str:
    parts = [FORMAT, _identity(work.tokenizer), work.query, work.document, work.max_length, work.sha256]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _identity(tokenizer: Any) -> dict[str, Any]:
    """What decides the output of a tokenizer: its state, its settings, its code."""
    try:
        state = _backend_state(tokenizer) if tokenizer.is_fast else _saved_state(tokenizer)
        code = code_of(type(tokenizer), ("transformers",))
    except Exception as error:  # tokenizers raises no narrower one for parts written in Python
        raise NoCache(f"the state of the tokenizer cannot be told ({error})") from error
    return {
        "class": f"{type(tokenizer).__module__}.{type(tokenizer).__qualname__}",
        "code": code,
        "state": state,
        "special": tokenizer.special_tokens_map,
        "settings": [getattr(tokenizer, name, None) for name in ("truncation_side", "split_special_tokens")],
        "versions": {name: version_of(name) for name in TOKENIZING},
    }


def _backend_state(tokenizer: Any) -> Any:
    """All of a fast tokenizer, its template of special tokens too, but not how the last call cut and padded."""
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    return {name: value for name, value in state.items() if name not in ("truncation", "padding")}


def _saved_state(tokenizer: Any) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        tokenizer.save_pretrained(folder)
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


# Reading


def _opened(entry: Path, work: Work) -> Tables:
    """Map an entry's files; Unusable if it is not what its key and its counts say."""
    try:
        about = json.loads((entry / ABOUT).read_text(encoding="utf-8"))
        if (about["format"], about["key"]) != (FORMAT, entry.name):
            raise ValueError("it says that it is another entry")
        return {role: _mapped(entry / f"{role}.arrow", about["roles"][role], work.texts[role]) for role in ROLES}
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise Unusable(f"{entry} is damaged ({error!r})") from error


def _mapped(path: Path, counts: Mapping[str, int], texts: int) -> TokenTable:
    """Memory-map a file of token ids; raises as Arrow does, or a ValueError, where it is not whole."""
    if path.stat().st_size != counts["bytes"]:
        raise ValueError(f"{path.name} has been cut off or changed")
    reader = pa.ipc.open_file(pa.memory_map(str(path)))
    if reader.schema != SCHEMA:
        raise ValueError(f"{path.name} has other columns")
    parts = []
    for number in range(reader.num_record_batches):
        column, hashes = reader.get_batch(number).columns
        ids, offsets = column.values.to_numpy(), column.offsets.to_numpy()  # zero copy, which is Arrow's default here
        if offsets[0] != 0 or offsets[-1] != len(ids):
            raise ValueError(f"{path.name} has texts that it does not hold")
        parts.append(TokenTable(ids, offsets, hashes=hashes.to_numpy()))
    table = TokenTable.chained(parts)
    table.truncated = int(counts["truncated"])
    if not len(table) == counts["texts"] == texts or table.tokens != counts["tokens"]:
        raise ValueError(f"{path.name} has other counts")
    return table


# Building


def _write(folder: Path, key: str, work: Work) -> None:
    """Write what `_opened` maps."""
    with contextlib.ExitStack() as stack:
        files = {role: stack.enter_context(_RoleFile(folder / f"{role}.arrow")) for role in ROLES}
        _tokenize(work, {role: file.keep for role, file in files.items()})
    with writing():
        counts = {role: file.counts() for role, file in files.items()}
        write_json(folder / ABOUT, {"format": FORMAT, "key": key, "roles": counts})


class _RoleFile:
    """The Arrow file of one role while it is written, a record batch at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = dict.fromkeys(("texts", "tokens", "truncated"), 0)
        with writing():
            self.writer = pa.ipc.new_file(str(path), SCHEMA)

    def __enter__(self) -> _RoleFile:
        return self

    def __exit__(self, *details: object) -> None:
        with writing():
            self.writer.close()

    def keep(self, table: TokenTable) -> None:
        """Write a table."""
        for ids, offsets, hashes in table.parts:
            column = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(ids))
            with writing():
                self.writer.write_batch(pa.RecordBatch.from_arrays([column, pa.array(hashes)], schema=SCHEMA))
        for name, count in (("texts", len(table)), ("tokens", table.tokens), ("truncated", table.truncated)):
            self.written[name] += count

    def counts(self) -> dict[str, int]:
        """See that the closed file is on the disk, and return what is in it."""
        sync(self.path)
        return {"bytes": self.path.stat().st_size, **self.written}


def _tokenize(work: Work, keep: Mapping[str, Callable[[TokenTable], None]]) -> None:
    """Go through the examples once, and hand each role's tables on in parts of about PART tokens."""
    prompts = dict(zip(ROLES, (work.query, work.document, work.document), strict=True))
    waiting: dict[str, list[TokenTable]] = {role: [] for role in ROLES}
    done = dict.fromkeys(ROLES, 0)
    total = sum(work.texts.values())
    with progress_bar("tokenising", total, worthwhile(total)) as advance:
        for role, texts in _chunks(work.examples):
            table = tokenize(work.tokenizer, texts, work.max_length, prompts[role])
            lengths = table.lengths
            if not lengths.min():
                raise DataError(
                    f"dataset: the tokenizer makes nothing of text {done[role] + int(lengths.argmin()) + 1:,}"
                )
            done[role] += len(texts)
            waiting[role].append(TokenTable(*table.parts[0][:2], table.truncated, hashes_of(texts)))
            if sum(each.tokens for each in waiting[role]) >= PART:
                keep[role](TokenTable.chained(waiting[role]).merged())
                waiting[role] = []
            advance(len(texts))
    for role, rest in waiting.items():
        if rest:
            keep[role](TokenTable.chained(rest).merged())


def _chunks(examples: Sequence[Example]) -> Iterator[tuple[str, list[str]]]:
    """Roles with some of their texts, in order: as many at once as are given to a tokenizer."""
    waiting: dict[str, list[str]] = {role: [] for role in ROLES}
    for example in examples:
        for role, texts in zip(ROLES, ((example.anchor,), (example.positive,), example.negatives), strict=True):
            waiting[role] += texts
            if len(waiting[role]) >= CHUNK:
                yield role, waiting[role]
                waiting[role] = []
    yield from ((role, texts) for role, texts in waiting.items() if texts)
