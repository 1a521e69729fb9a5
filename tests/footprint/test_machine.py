from __future__ import annotations

import pytest

from lacoskit.footprint.machine import Machine, parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [("32GB", 32 * 10**9), ("32GiB", 2**35), ("40g", 40 * 10**9), ("1.5 TB", 15 * 10**11), ("512mb", 512 * 10**6)],
)
def test_sizes_are_read_with_their_units(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "much", "-3GB", "32XB", "1e9"])
def test_what_is_no_size_is_told_with_one_that_is(text: str) -> None:
    with pytest.raises(ValueError, match="expected a size such as 32GB"):
        parse_bytes(text)


def test_a_missing_unit_is_noticed() -> None:
    with pytest.raises(ValueError, match="is the unit missing"):
        parse_bytes("32")


def test_a_gpu_keeps_room_for_cuda_and_for_gaps() -> None:
    assert 29.5e9 < Machine("GPU", 1, 32 * 10**9, 0).room < 31e9
