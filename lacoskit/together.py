"""Several processes that do something at once: what goes wrong in one is raised in all, so that none waits forever."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from lacoskit.errors import LacoskitError

PATIENCE = timedelta(days=7)
"""How long processes that are done wait for one that is not; by default, a few minutes after hours of work."""


def together(state: Any, output: Path, function: Callable[..., None], *arguments: Any) -> None:
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


def nothing() -> None:
    """What the other processes do while the main one has something to do alone."""
