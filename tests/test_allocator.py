"""In a process of its own: how the C library gets its memory is a setting of the whole process."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

PROGRAM = """
import re, torch
from lacoskit.allocator import freed_memory_kept

def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024

def work():
    torch.ones(64 * 2**18)  # 64 MiB, over what glibc maps by itself

work()
before = resident()
with freed_memory_kept():
    work()
    kept = resident() - before
after = resident() - before
work()
print(kept, after, resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is asked for it")
def test_memory_is_kept_in_the_block_and_given_back_at_its_end(run: Callable[..., Any]) -> None:
    kept, after, later = map(float, run("-c", PROGRAM, OMP_NUM_THREADS="1").stdout.split())
    assert kept > 60
    assert after < 8
    assert later < 8
