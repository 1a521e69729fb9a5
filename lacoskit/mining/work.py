"""Mining from beginning to end, in one of the processes that share it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout
from rich.console import Console

from lacoskit.bar import progress_bar
from lacoskit.cache import cache_folder
from lacoskit.errors import LacoskitError
from lacoskit.mining import blocks, bm25, candidates, dense
from lacoskit.mining.audit import show
from lacoskit.mining.blocks import Arrays, Share
from lacoskit.mining.collection import Collection, open_collection, write_collection
from lacoskit.mining.config import BM25, MineConfig
from lacoskit.mining.queries import gather
from lacoskit.mining.rescoring import Rescorer
from lacoskit.mining.searcher import Searcher
from lacoskit.mining.triples import Writer
from lacoskit.models import open_model
from lacoskit.rows import find_files
from lacoskit.stopping import ending_by_exception
from lacoskit.storage import UNFINISHED, sync, write_json
from lacoskit.together import nothing, together

Value = TypeVar("Value")


@dataclass
class Mining:
    """A mining in progress, in one of its processes."""

    config: MineConfig
    state: Any
    """accelerate's PartialState."""
    output: Path = field(init=False)
    cache: Path = field(init=False)
    """What can be used again."""
    texts: Path = field(init=False)
    """The texts of this mining, while it goes on."""
    share: Share = field(init=False)

    def __post_init__(self) -> None:
        self.output = Path(self.config.output).expanduser()
        self.cache = _cache_folder(self.config)
        self.texts = self.output.with_name(f"{UNFINISHED}{self.output.name}-texts")
        self.share = Share(self.state.process_index, self.state.num_processes)

    def run(self) -> None:
        """Do all of it, together with the other processes."""
        main = self.state.is_main_process
        with ending_by_exception() if main else nullcontext(), self._alone():
            try:
                found = self._collection()
                searcher = self._by_words(found) if self.config.model == BM25 else self._by_vectors(found)
                self._write(found, self._candidates(found, searcher), searcher)
            finally:
                if main:
                    shutil.rmtree(self.texts, ignore_errors=True)
                    blocks.remove_unused(self.cache)

    def _each(self, function: Callable[..., Value], *arguments: Any) -> Value:
        """Call a function in every process; what goes wrong in one is raised in all."""
        returned: list[Value] = []
        together(self.state, self.output, lambda: returned.append(function(*arguments)))
        return returned[0]

    def _main_alone(self, function: Callable[[], None]) -> None:
        """Call a function in the main process, while the others wait."""
        self._each(function if self.state.is_main_process else nothing)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep another mining away from the cache, which would write the same files."""
        lock = FileLock(self.cache / "mine.lock")

        def acquire() -> None:
            self.cache.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                raise LacoskitError(
                    f"another lacoskit mine is at work with {self.cache}; wait for it, or name another folder (cache)"
                ) from None

        self._main_alone(acquire)
        try:
            yield
        finally:
            lock.release()

    def _collection(self) -> Collection:
        """Read queries and corpus, and put their texts on the disk."""
        dataset = self.config.queries
        queries = self._each(lambda: gather(dataset.component.load(dataset.options)))

        def write() -> None:
            self.output.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.texts, ignore_errors=True)
            write_collection(queries, find_files(self.config.corpus), self.config.columns, self.texts)

        self._main_alone(write)
        found = self._each(open_collection, queries, self.texts)
        positives = sum(len(query.positives) for query in queries)
        left_out = f"{found.corpus.repeated:,} repeated and {found.empty:,} empty"
        self._say(f"{len(queries):,} queries with {positives:,} positives")
        self._say(f"{len(found.corpus):,} texts in the corpus ({left_out} ones left out)")
        return found

    def _by_words(self, found: Collection) -> Searcher:
        entry = bm25.entry_of(found, self.cache)
        self._main_alone(lambda: bm25.write_index(found, entry))
        return self._each(bm25.open_index, found, entry)

    def _by_vectors(self, found: Collection) -> Searcher:
        """Open the model, encode what is not on the disk yet, and let the model go."""
        config = self.config
        model = self._each(lambda: open_model(config.model, _text_keys(config.prompts), config.batch_size))
        encodings = dense.encodings(found, model, config.dtype, self.cache)
        self._main_alone(lambda: dense.begin(encodings))
        with self._bar("encoding", sum(encoding.texts_of(self.share) for encoding in encodings)) as advance:
            for encoding in encodings:
                self._each(encoding.encode, self.share, advance)
        self._main_alone(lambda: dense.finish(encodings, config.search, self.cache))
        return self._each(dense.open_vectors, encodings, config.search, self.cache, str(self.state.device))

    def _candidates(self, found: Collection, searcher: Searcher) -> Path:
        """Find the candidates of all queries, and score them anew if asked for; return the folder that has them."""
        ranks = self.config.ranks[1]
        folder = self._entry("found", searcher.key, found.sha256, ranks, candidates.QUERIES)
        self._in_blocks("searching", folder, candidates.find(found, searcher, ranks), found)
        if self.config.rescore is None:
            return folder
        rescorer = self._each(Rescorer, self.config.rescore, self.config.batch_size)
        anew = self._entry("rescored", folder.name, rescorer.fingerprint, self.config.batch_size)
        self._in_blocks("rescoring", anew, candidates.rescored(found, folder, rescorer), found)
        return anew

    def _entry(self, *parts: Any) -> Path:
        return self._each(blocks.use, self.cache / "candidates" / blocks.key_of(*parts))

    def _in_blocks(self, what: str, folder: Path, block: Callable[[int], Arrays], found: Collection) -> None:
        count = candidates.blocks_of(found)
        with self._bar(what, len(self.share.of(count))) as advance:
            self._each(blocks.compute, folder, count, self.share, block, lambda: advance(1))

    def _write(self, found: Collection, folder: Path, searcher: Searcher) -> None:
        """Write triples and audit, in the main process, and tell what came out."""
        writer = Writer(self.config, found)
        unfinished = self.output.with_name(UNFINISHED + self.output.name)
        audit = self.output.with_suffix(".audit.json")

        def write() -> None:
            try:
                writer.write(folder, unfinished)
                sync(unfinished)
                write_json(audit, _about(self.config, found, searcher) | writer.audit.as_mapping())
                unfinished.replace(self.output)  # comes last: whoever sees it has all of it
                sync(self.output.parent)
            finally:
                unfinished.unlink(missing_ok=True)

        self._main_alone(write)
        if self.state.is_main_process:
            _tell(writer, self.output, audit)

    def _say(self, line: str) -> None:
        if self.state.is_main_process:
            print(line, flush=True)

    def _bar(self, what: str, total: int) -> Any:
        return progress_bar(what, total, self.state.is_main_process and sys.stderr.isatty())


def _about(config: MineConfig, found: Collection, searcher: Searcher) -> dict[str, Any]:
    """What decided the result, for the audit."""
    settings = config.as_mapping()
    for name in ("cache", "output"):  # which decide nothing
        settings.pop(name)
    corpus = {"texts": len(found.corpus), "repeated": found.corpus.repeated, "empty": found.empty}
    fingerprints = {"search": searcher.key, "corpus": found.corpus.sha256, "queries": found.query_texts.sha256}
    return {"settings": settings, "fingerprints": fingerprints, "corpus": corpus}


def _text_keys(prompts: Any) -> dict[str, str] | None:
    return None if prompts is None else dict(prompts)


def _cache_folder(config: MineConfig) -> Path:

    return Path(config.cache).expanduser() if config.cache is not None else cache_folder() / "mining"


def _tell(writer: Any, output: Path, audit: Path) -> None:
    """Show the audit, and what to do next."""

    console = Console(highlight=False)
    show(writer.audit, console)
    queries, mined = writer.audit.queries, writer.audit.fates["mined"]
    lines = [f"{mined:,} negatives for {queries['written']:,} queries in {output}; the audit is in {audit}"]
    fewer = queries["with_fewer_negatives"]
    if fewer:
        dropped = writer.config.fewer == "drop"
        what = "they were dropped" if dropped else "they are there all the same (fewer: drop leaves them out)"
        lines.append(
            f"{fewer:,} queries have fewer than {writer.config.negatives} negatives, {queries['with_none']:,} of them "
            f"none; {what}. Looser rules (relative, margin, absolute) or more ranks give more"
        )
    lines.append(f"\ntrain with it:\n\n    dataset: {{name: triples, files: [{output}]}}")
    console.print("\n".join(lines), markup=False, soft_wrap=True)
