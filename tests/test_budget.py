from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from lacoskit import budget
from lacoskit.budget import memory_of_the_machine, tokens_that_fit


class Model(nn.Module):
    """Keeps the hidden states of two layers for the backward pass: 2 x 8 float32 a token, and 8 of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        states = torch.ones(len(ids), 8) * ids.unsqueeze(1)
        return self.second(self.first(states).exp()).sum()


def test_bytes_a_token_are_those_that_the_backward_pass_needs() -> None:
    ids = torch.arange(100)
    _, bytes_a_token = tokens_that_fit(Model(), ids, torch.tensor([100]), 1)
    assert bytes_a_token == 2 * 8 * 4  # the inputs of both layers; exp keeps its output, which is the second's input


def test_a_share_of_the_memory_is_given_to_tokens_and_shared_by_the_processes_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "memory_of_the_machine", lambda: 64 * 1024 * 1000)
    found = [tokens_that_fit(Model(), torch.arange(100), torch.tensor([100]), n)[0] for n in (1, 2, 1000)]
    assert found == [250 * 1024, 125 * 1024, 1024]


def test_a_container_may_have_less_than_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(budget, "CGROUP_LIMITS", (limit, tmp_path / "absent"))
    whole = memory_of_the_machine()
    assert whole > 2**28
    limit.write_text("max\n")
    assert memory_of_the_machine() == whole
    limit.write_text("1048576\n")
    assert memory_of_the_machine() == 2**20
