"""Time and peak memory of a search through a million passages, beside faiss.

    taskset -c 0 python tests/benchmarks/mining.py

writes random unit vectors to a temporary folder (1 GB), searches them with new processes of one thread, lacoskit and
faiss (IndexFlatIP) by turns, and writes results/mining.json and results/mining.md beside this file. A part of the
queries lies near passages, as real ones do.

lacoskit's time is that of all that `lacoskit mine` does between vectors on the disk and candidates: reading them, the
search, and the scores of full precision. faiss's has the reading of the vectors into its index, and the search. What
counts is the processor's time, since others may use the machine too; the time that went by is in the JSON. Memory is
what a process holds itself at most (anonymous); pages of the mapped file, which the system may drop, come on top.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
DEPTH = 52
SIDES = ("lacoskit", "faiss")


def main() -> None:
    """Write the vectors, search them by turns, and write what came out; or, in a process of its own, search once."""
    if len(sys.argv) > 1 and sys.argv[1] == "--child":
        print("measured " + json.dumps(_child(*sys.argv[2:])), flush=True)
        return
    arguments = _arguments()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        _write_vectors(Path(folder), arguments.passages, arguments.dimensions, max(arguments.queries))
        rows = []
        for queries, turns in zip(arguments.queries, arguments.turns, strict=True):
            measured: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
            for turn in range(turns):
                for side in SIDES if turn % 2 == 0 else SIDES[::-1]:
                    measured[side].append(_launch(side, queries, folder))
                    print(queries, side, measured[side][-1], flush=True)
            found = [np.load(Path(folder) / f"{side}.npy") for side in SIDES]
            rows.append({"queries": queries, "same": float((found[0] == found[1]).mean()), **measured})
        encoding = _launch("encoding", arguments.texts, folder)
    _write(rows, encoding, arguments)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--queries", type=int, nargs="+", default=[1_000, 10_000])
    parser.add_argument("--turns", type=int, nargs="+", default=[3, 1])
    parser.add_argument("--texts", type=int, default=4_096, help="how many texts are encoded, apart from the search")
    parser.add_argument("--folder", help="where the temporary folder is made")
    return parser.parse_args()


def _write_vectors(folder: Path, passages: int, dimensions: int, queries: int) -> None:
    from lacoskit.vector_file import VectorFile

    generator = np.random.default_rng(0)
    file, near = VectorFile(folder / "corpus.npy", passages, dimensions, "float32"), []
    file.create()
    for start in range(0, passages, 100_000):
        block = _units(generator.standard_normal((min(100_000, passages - start), dimensions), np.float32))
        file.write(start, block)
        near.append(block[: max(1, queries * len(block) // (2 * passages))])
    file.finish()
    random = _units(generator.standard_normal((queries, dimensions), np.float32))
    close = np.concatenate(near)[: queries // 2]
    random[::2][: len(close)] = _units(close + 0.05 * generator.standard_normal(close.shape, np.float32))
    np.save(folder / "queries.npy", random)


def _units(vectors: Any) -> Any:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _launch(side: str, count: int, folder: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--child", side, str(count), folder]
    threads = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("measured "))
    measured: dict[str, Any] = json.loads(line.removeprefix("measured "))
    return measured


def _child(side: str, count: str, folder: str) -> dict[str, Any]:
    work = {"lacoskit": _search_lacoskit, "faiss": _search_faiss, "encoding": _encode}[side]
    queries = np.load(Path(folder) / "queries.npy")[: int(count)]
    measured: dict[str, Any] = {}
    run = work(queries, Path(folder), int(count))
    with _peak(measured):
        wall, cpu = time.perf_counter(), time.process_time()
        found = run()
        measured |= {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    if found is not None:
        np.save(Path(folder) / f"{side}.npy", found)
    return measured


def _search_lacoskit(queries: Any, folder: Path, count: int) -> Any:
    from lacoskit.mining import search
    from lacoskit.mining.candidates import QUERIES

    def run() -> Any:
        corpus = np.load(folder / "corpus.npy", mmap_mode="r")
        starts = range(0, count, QUERIES)
        return np.concatenate([search.nearest(queries[s : s + QUERIES], corpus, DEPTH)[0] for s in starts])

    return run


def _search_faiss(queries: Any, folder: Path, count: int) -> Any:
    import faiss

    def run() -> Any:
        corpus = np.load(folder / "corpus.npy", mmap_mode="r")
        index = faiss.IndexFlatIP(corpus.shape[1])
        for start in range(0, len(corpus), 65_536):
            index.add(np.array(corpus[start : start + 65_536]))
        return index.search(queries, DEPTH)[1]

    return run


def _encode(queries: Any, folder: Path, count: int) -> Any:
    """Encode generated sentences with the bundled model, untrained, as mining does."""
    from lacoskit import plugins
    from lacoskit.components import Dataset
    from lacoskit.mining.blocks import Share
    from lacoskit.mining.texts import open_texts, write_texts
    from lacoskit.mining.vectors import Encoding
    from lacoskit.models import open_model

    templates = plugins.installed().select(Dataset, "templates")
    write_texts((e.positive for e in templates.load(templates.options(size=count))), folder / "texts")
    encoding = Encoding(open_texts(folder / "texts"), "document", open_model("base:nano-bloom"), "float32", folder)

    def run() -> None:
        encoding.begin()
        encoding.encode(Share(), lambda texts: None)
        encoding.finish()

    return run


@contextmanager
def _peak(measured: dict[str, Any]) -> Iterator[None]:
    """Note the most anonymous memory that the process holds in the block, GiB."""
    ended, highest = threading.Event(), [0]

    def watch() -> None:
        while not ended.wait(0.02):
            status = Path("/proc/self/status").read_text(encoding="ascii")
            highest[0] = max(highest[0], int(status.partition("RssAnon:")[2].split()[0]))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        measured["peak_gib"] = highest[0] / 2**20


def _write(rows: list[dict[str, Any]], encoding: dict[str, Any], arguments: argparse.Namespace) -> None:
    about = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, no GPU; one thread",
        "passages": arguments.passages,
        "dimensions": arguments.dimensions,
        "depth": DEPTH,
        "versions": {name: version(name) for name in ("torch", "numpy", "faiss-cpu")},
    }
    encoded = {"texts": arguments.texts, **encoding}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "mining.json").write_text(json.dumps({**about, "searches": rows, "encoding": encoded}, indent=1) + "\n")
    libraries = ", ".join(f"{name} {known}" for name, known in about["versions"].items())
    lines = [
        "# A search through a million passages",
        "",
        f"{about['date']}; {about['machine']}; {arguments.passages:,} random unit vectors of {arguments.dimensions} "
        f"dimensions, the {DEPTH} nearest of each query; {libraries}.",
        "Processor time, medians of the turns; the ratio is faiss's time over lacoskit's, turn by turn. Memory is what "
        "a process holds itself; the mapped file of vectors (1 GB) is not counted.",
        "",
        "| queries | lacoskit s | faiss flat s | ratio | lacoskit peak GiB | faiss peak GiB | same at same rank |",
        "|---:|---:|---:|---:|---:|---:|---:|",
        *map(_row, rows),
        "",
        f"Encoding is apart: {arguments.texts:,} generated sentences by the bundled model in {encoding['cpu_s']:.1f} "
        f"s, {arguments.texts / encoding['cpu_s']:,.0f} texts/s.",
        "",
    ]
    (RESULTS / "mining.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


def _row(row: dict[str, Any]) -> str:
    ours, theirs = row["lacoskit"], row["faiss"]
    ratios = [b["cpu_s"] / a["cpu_s"] for a, b in zip(ours, theirs, strict=True)]
    spread = f" ({min(ratios):.2f} to {max(ratios):.2f})" if len(ratios) > 1 else ""
    seconds = [f"{median(m['cpu_s'] for m in side):.1f}" for side in (ours, theirs)]
    peaks = [f"{median(m['peak_gib'] for m in side):.2f}" for side in (ours, theirs)]
    cells = [f"{row['queries']:,}", *seconds, f"{median(ratios):.2f}{spread}", *peaks, f"{100 * row['same']:.3f} %"]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
