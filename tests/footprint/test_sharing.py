from __future__ import annotations

from lacoskit.components import Placement
from lacoskit.footprint.optimizing import State
from lacoskit.footprint.rehearsed import Weights
from lacoskit.footprint.sharing import BUCKET, LIVE, held_by_one

WEIGHTS = Weights(
    embedding=4 * 10**9, layers=80 * 10**9, other=8, trained=800, units=(4 * 10**9, 10**9, 10**9), largest=4 * 10**9,
    elements=84 * 10**9, forms={},
)  # fmt: skip
STATE = State(kept=1600, working=80)


def _held(**where: object) -> dict[str, int]:
    return vars(held_by_one(WEIGHTS, STATE, Placement(device="cuda", dtype="bfloat16", processes=8, **where)))  # type: ignore[arg-type]


def test_alone_and_under_ddp_a_process_holds_everything() -> None:
    held = _held()
    assert (held["layers"], held["trained"], held["optimizer"]) == (80 * 10**9, 800, 1600)
    assert held["exchange"] == held["gradients"] == 800


def test_zero_2_shares_out_gradients_moments_and_the_exact_copies_of_16_bit_weights() -> None:
    held = _held(zero_stage=2)
    assert (held["layers"], held["optimizer"], held["gradients"]) == (80 * 10**9, 200, 100)
    assert held["trained"] == 400 + 100
    assert held["exchange"] == 2 * BUCKET * 2  # two of them, in 16 bits


def test_zero_3_shares_out_the_weights_too_and_gathers_the_largest_module_or_what_may_be_live() -> None:
    held = _held(zero_stage=3)
    assert (held["embedding"], held["layers"], held["trained"]) == (5 * 10**8, 10**10, 50 + 100)
    assert held["exchange"] == 2 * BUCKET + 4 * 10**9 + BUCKET
    assert WEIGHTS.largest > LIVE


def test_fsdp2_gathers_a_unit_while_the_next_one_arrives() -> None:
    held = _held(fsdp=True)
    assert (held["layers"], held["trained"], held["optimizer"], held["gradients"]) == (10**10, 100, 200, 100)
    assert held["exchange"] == 8 * 10**9
