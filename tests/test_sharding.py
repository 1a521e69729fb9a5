"""Shares of weights: what belongs to a process of a whole that comes row by row."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lacoskit.sharding import Share, full, in_full, is_sharded, put, sharded_like, share_of


@settings(max_examples=80, deadline=None)
@given(rows=st.integers(1, 12), width=st.integers(1, 7), processes=st.integers(1, 5), piece=st.integers(1, 5))
def test_shares_filled_row_by_row_make_the_whole(rows: int, width: int, processes: int, piece: int) -> None:
    whole = torch.arange(rows * width).view(rows, width)
    size = -(-whole.numel() // processes)  # equal parts of the flat weight, the last one padded, as ZeRO-3 cuts it
    shares = [Share(torch.full((size,), -1), rank * size, whole.shape) for rank in range(processes)]
    for share in shares:
        first, last = share.rows
        for start in range(first, last, piece):
            share.write(whole[start : min(start + piece, last)], start)
    flat = torch.cat([share.values for share in shares])
    assert torch.equal(flat[: whole.numel()], whole.flatten())
    assert flat[whole.numel() :].eq(-1).all()


@settings(max_examples=40, deadline=None)
@given(rows=st.integers(1, 12), width=st.integers(1, 7), processes=st.integers(1, 5))
def test_a_share_asks_for_no_row_that_it_does_not_hold(rows: int, width: int, processes: int) -> None:
    size = -(-rows * width // processes)
    for rank in range(processes):
        share = Share(torch.empty(size), rank * size, torch.Size((rows, width)))
        held = {i // width for i in range(rank * size, min((rank + 1) * size, rows * width))}
        assert set(range(*share.rows)) == held


def test_a_weight_of_one_process_is_its_own_share() -> None:
    weight = nn.Parameter(torch.zeros(3, 2))
    assert not is_sharded(weight)
    put(weight, torch.ones(3, 2))
    assert weight.eq(1).all()
    assert share_of(weight).rows == (0, 3)
    assert full(weight) is weight
    assert sharded_like(weight, weight) is weight


def test_weights_in_full_are_copies_for_who_keeps_them() -> None:
    weights = {"a": nn.Parameter(torch.zeros(3)), "b": nn.Parameter(torch.ones(2))}
    kept = in_full(weights, keep=True)
    weights["a"].data += 1
    assert kept["a"].eq(0).all()
    assert in_full(weights, keep=False) == {}
