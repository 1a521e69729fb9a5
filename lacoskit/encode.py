"""Write the vectors of a corpus to a NumPy file: `accelerate launch -m lacoskit.encode`, on all processes."""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lacoskit.errors import ConfigError, DataError, LacoskitError, Problem, did_you_mean
from lacoskit.train import guarded

if TYPE_CHECKING:
    from lacoskit.encoder import Encoder
    from lacoskit.vector_file import VectorFile

SUMMARY = "write the vectors of a corpus"

DTYPES = ("float32", "float16")

PATIENCE = timedelta(days=7)
"""How long processes that are done wait for one that is not; by default, a few minutes after hours of work."""


@dataclass(frozen=True)
class Job:
    """What to encode, with what, and where to: `count` texts in a column of files."""

    folder: Path
    files: tuple[Path, ...]
    column: str
    count: int
    output: Path
    prompt: str | None
    dtype: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("folder", help="the output folder of a finished run")
    parser.add_argument("inputs", nargs="+", metavar="input", help="JSONL, CSV, TSV, TXT (.gz too), Parquet; or a glob")
    parser.add_argument("--output", required=True, metavar="FILE.npy", help="receives one vector a row of the inputs")
    parser.add_argument("--column", default="text", help="the column of the texts (default: text; TXT: one a line)")
    parser.add_argument("--prompt", metavar="NAME", help="put a prompt of the run before each text, such as query")
    parser.add_argument("--dtype", choices=DTYPES, default="float32", help="of the vectors written (default: float32)")


def execute(arguments: argparse.Namespace) -> int:
    """Run the command; mistakes are raised as LacoskitError."""
    job = plan(arguments)

    import torch  # takes seconds, which a mistake need not wait for
    from accelerate import PartialState

    state = PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)
    try:
        _run(job, state)
    finally:
        state.destroy_process_group()
    return 0


def plan(arguments: argparse.Namespace) -> Job:
    """Check everything that can be checked without a model; a ConfigError tells all mistakes, a DataError all rows."""
    from lacoskit.corpus import count_texts
    from lacoskit.rows import check_files, find_files

    folder, output = Path(arguments.folder).expanduser(), Path(arguments.output).expanduser()
    problems = [*_folder_problems(folder, arguments.prompt), *_output_problems(output)]
    found = check_files(arguments.inputs, [arguments.column])
    problems += [Problem("input", what + " (--column)" * ("no column" in what)) for what in found]
    if problems:
        raise ConfigError("encode", problems)
    files = tuple(find_files(arguments.inputs))
    count = count_texts(files, arguments.column)
    return Job(folder, files, arguments.column, count, output, arguments.prompt, arguments.dtype)


def main(argv: Sequence[str] | None = None) -> int:
    """The command; each mistake is one message, from one process."""
    parser = argparse.ArgumentParser(prog="lacoskit.encode", description=__doc__)
    add_arguments(parser)
    return guarded(execute, parser.parse_args(argv))


def _folder_problems(folder: Path, prompt: str | None) -> list[Problem]:
    from lacoskit.config import read_yaml
    from lacoskit.layout import CONFIG, why_not_opened

    problem = why_not_opened(folder)
    if problem:
        return [Problem("folder", problem)]
    known = read_yaml(folder / CONFIG).get("prompts") or {}
    if prompt is not None and prompt not in known:
        return [Problem("--prompt", f"the run has no prompt named {prompt!r}; {did_you_mean(prompt, known)}")]
    return []


def _output_problems(output: Path) -> list[Problem]:
    if output.is_dir():
        return [Problem("--output", f"{output} is a folder; name a file in it")]
    if output.exists():
        return [Problem("--output", f"{output} is there already; remove it, or name another file")]
    if not output.parent.is_dir():
        return [Problem("--output", f"there is no folder {output.parent}; make it, or name another")]
    return []


def _run(job: Job, state: Any) -> None:
    """Encode this process's share, and tell of the whole once it is written."""
    from lacoskit.encoder import WINDOW
    from lacoskit.folder import load
    from lacoskit.vector_file import VectorFile

    opened: list[Encoder] = []
    _together(state, job.output, lambda: opened.append(load(job.folder)))
    (encoder,) = opened
    target = VectorFile(job.output, job.count, encoder.dimensions, job.dtype)
    size = _window_size(job.count, WINDOW, state.num_processes)
    began = time.perf_counter()
    main_process = state.is_main_process
    with _whole_or_not_at_all(target) if main_process else nullcontext():
        _together(state, job.output, target.create if main_process else _wait)
        _together(state, job.output, _encode_share, job, encoder, target, size, state)
        _together(state, job.output, target.finish if main_process else _wait)
    if main_process:
        speed = job.count / (time.perf_counter() - began)
        print(
            f"{job.count:,} vectors of {target.dimensions:,} dimensions ({job.dtype}) in {job.output}, {speed:,.0f} "
            f"texts/s\n\nuse them:\n\n    import numpy as np\n    vectors = np.load({str(job.output)!r}, mmap_mode='r')"
        )


def _wait() -> None:
    """What the other processes do while the main one has something to do alone."""


def _window_size(count: int, most: int, processes: int) -> int:
    """The size of windows, at most `most` texts, of which all processes get equally many."""
    rounds = -(-count // (most * processes))
    return -(-count // (rounds * processes))


def _encode_share(job: Job, encoder: Encoder, target: VectorFile, size: int, state: Any) -> None:
    """Encode every window whose number, modulo the number of processes, is this process's own."""
    from lacoskit.bar import progress_bar

    first, step = state.process_index * size, state.num_processes * size
    starts = range(first, job.count, step)
    windows = _own_windows(job, size, state.process_index, state.num_processes)
    own = sum(min(size, job.count - start) for start in starts)
    with progress_bar("encoding", own, state.is_main_process and sys.stderr.isatty()) as advance:
        for start, vectors in zip(starts, encoder.encode_windows(windows, job.prompt, advance), strict=True):
            target.write(start, vectors)


def _own_windows(job: Job, size: int, process: int, processes: int) -> Iterator[list[str]]:
    from lacoskit.corpus import read_windows

    seen = 0
    for number, window in enumerate(read_windows(job.files, job.column, size)):
        seen += len(window)
        if seen > job.count:
            break
        if number % processes == process:
            yield window
    if seen != job.count:
        raise DataError(f"the inputs have changed since they were counted: there were {job.count:,} texts")


def _together(state: Any, output: Path, function: Callable[..., None], *arguments: Any) -> None:
    """Call a function in all processes, wait for all, and raise in all what has gone wrong in any of them."""
    problem = None
    try:
        function(*arguments)
    except LacoskitError as error:
        problem = str(error)
    except OSError as error:
        problem = f"{output} cannot be written: {error.strerror or error}"
    except Exception as error:  # any at all, or the others would wait for this process
        if state.num_processes == 1:
            raise
        traceback.print_exc()
        problem = f"process {state.process_index}: {type(error).__name__}: {error}"
    problems = [problem]
    if state.num_processes > 1:
        import torch

        problems = [None] * state.num_processes
        torch.distributed.all_gather_object(problems, problem)
    first = next(filter(None, problems), None)
    if first is not None:
        raise LacoskitError(first)


@contextmanager
def _whole_or_not_at_all(target: VectorFile) -> Iterator[None]:
    """Remove the unfinished file if the block does not end well, as after a SIGTERM."""

    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except BaseException:
        target.discard()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
