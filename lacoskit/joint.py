"""Vectors computed by all processes for the one that asks: the main process measures, the others encode their share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lacoskit.components import Embed, Role
from lacoskit.errors import LacoskitError

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Alone:
    """What accelerate's state tells of a single process, for who has not started any others."""

    num_processes: int = 1
    process_index: int = 0
    is_main_process: bool = True


ALONE = Alone()


def encode_jointly(
    state: Any, encode: Embed, function: Callable[[Embed], ResultT], every_text_everywhere: bool = False
) -> ResultT:
    """Call a function with something that encodes, in the main process; all return its result, which is pickled.

    The texts that it asks for are shared by all processes, which call this together (`state`: accelerate's, of the
    processes). Where weights are sharded no process can encode alone: `every_text_everywhere` has all encode all texts.
    What goes wrong in one process is raised in all.
    """
    if state.num_processes == 1:
        return function(encode)
    joint = _Joint(state, encode, every_text_everywhere)
    outcome = joint.lead(function) if state.is_main_process else joint.follow()
    if isinstance(outcome, BaseException):
        raise outcome
    result: ResultT = outcome
    return result


class _Joint:
    """The two sides of the exchange: a request, an answer of each process, until there is no further request."""

    def __init__(self, state: Any, encode: Embed, everywhere: bool) -> None:
        self.state = state
        self.encode = encode
        self.everywhere = everywhere

    def lead(self, function: Callable[[Embed], Any]) -> Any:
        """Call the function, and pass on what it asks for and what has come of it."""
        try:
            outcome: Any = function(self._ask)
        except BaseException as error:
            self._send(("done", _as_told(error, self.state.process_index)))
            return error
        self._send(("done", outcome))
        return outcome

    def follow(self) -> Any:
        """Encode a share of what is asked for, until the outcome arrives."""
        while True:
            kind, *content = self._send(None)
            if kind == "done":
                return content[0]
            with suppress(LacoskitError):  # which the main process sends as what has come of it
                self._answer(*content)

    def _ask(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        self._send(("encode", list(texts), role))
        return self._answer(list(texts), role)

    def _answer(self, texts: Sequence[str], role: Role | None) -> NDArray[np.float32]:
        """The vectors of all texts, of which this process has computed its share."""
        import torch

        processes, own = self.state.num_processes, self.state.process_index
        sharers = 1 if self.everywhere else max(1, min(processes, len(texts)))  # so that nobody encodes nothing
        part: Any = None
        try:
            if self.everywhere or own < sharers:
                part = self.encode(texts if self.everywhere else texts[own::sharers], role)
        except Exception as error:
            part = _as_told(error, own)
        answers: list[Any] = [None] * processes
        is_needed = own < sharers or isinstance(part, LacoskitError)
        torch.distributed.all_gather_object(answers, part if is_needed else None)
        for answer in answers:
            if isinstance(answer, LacoskitError):
                raise answer
        vectors = np.empty((len(texts), answers[0].shape[1]), np.float32)
        for first in range(sharers):
            vectors[first::sharers] = answers[first]
        return vectors

    def _send(self, message: Any) -> Any:
        """Pass the main process's message to all."""
        import torch

        box = [message]
        torch.distributed.broadcast_object_list(box, src=0)
        return box[0]


def _as_told(error: BaseException, process: int) -> LacoskitError:
    """What another process can raise."""
    told = str(error) if isinstance(error, LacoskitError) else f"process {process}: {type(error).__name__}: {error}"
    return LacoskitError(told)
