"""What each of several processes holds: DDP, DeepSpeed's ZeRO stages, FSDP2."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lacoskit.components import Placement
from lacoskit.footprint.optimizing import State
from lacoskit.footprint.rehearsed import Weights

BUCKET = 5 * 10**7
"""Elements of DeepSpeed's buckets, as launch/zero2.json and launch/zero3.json have them."""

LIVE = 10**9
"""Elements of gathered weights that ZeRO-3 keeps at once (stage3_max_live_parameters, which the files leave alone)."""


@dataclass(frozen=True)
class Held:
    """Bytes that one process holds all the time, or needs at its busiest."""

    embedding: int
    layers: int
    other: int
    trained: int
    gradients: int
    optimizer: int
    exchange: int
    """Buffers in which weights are gathered and gradients exchanged."""
    step: int
    """What the optimizer needs while it takes a step."""


def held_by_one(weights: Weights, state: State, placement: Placement) -> Held:
    """Divide what is divided, and add the buffers that it takes."""
    n, stage = placement.processes, placement.zero_stage
    share = n if placement.sharded else 1
    trained = weights.trained
    trained_share = n if placement.sharded or stage else 1
    exchange = gradients = 0
    if placement.fsdp:
        exchange, gradients = _gathered_by_fsdp(weights), trained // n
    elif stage:
        bits = 4 if placement.dtype == "float32" else 2
        master = trained // n
        exchange = 2 * BUCKET * bits if stage < 3 else BUCKET * bits + _gathered_by_zero(weights)
        gradients = master + (trained * bits // 4 if stage == 1 else 0)
        trained = trained * bits // 4 // (n if stage == 3 else 1) + master
    else:
        gradients, exchange = trained, trained if n > 1 else 0  # DDP exchanges copies of the gradients
    return Held(
        embedding=weights.embedding // share,
        layers=weights.layers // share,
        other=weights.other // share,
        trained=trained // n if placement.fsdp else trained,
        gradients=gradients,
        optimizer=state.kept // trained_share,
        exchange=exchange,
        step=state.working // trained_share,
    )


def _gathered_by_fsdp(weights: Weights) -> int:
    """At most the weights of one unit, and those of the next, received and put in their place."""
    units = (0, *weights.units, 0)
    return max(before + 2 * after for before, after in pairwise(units))


def _gathered_by_zero(weights: Weights) -> int:
    """What may be live, or the largest module if it is more, and what is fetched ahead."""
    each = (weights.frozen + weights.trained) / max(weights.elements, 1)
    return int(min(max(LIVE * each, weights.largest), weights.frozen + weights.trained) + BUCKET * each)
