"""The memory that a run takes, counted from its configuration before anything is downloaded or loaded."""

from __future__ import annotations

from lacoskit.components import Placement
from lacoskit.config import RunConfig
from lacoskit.footprint.counting import Counter, Footprint, Part, Texts
from lacoskit.footprint.machine import Machine, parse_bytes, this_machine


def footprint(config: RunConfig, placement: Placement, machine: Machine, texts: Texts) -> Footprint:
    """What each process takes; where the config leaves `chunk_tokens` open, with the most that fit."""
    counter = Counter(config, placement, texts)
    chunk = config.train.chunk_tokens
    if not isinstance(chunk, int):
        chunk = counter.largest_chunk(machine.room) or texts.tokens
    return counter.count(min(chunk, counter.step_tokens))


__all__ = ["Counter", "Footprint", "Machine", "Part", "Texts", "footprint", "parse_bytes", "this_machine"]
