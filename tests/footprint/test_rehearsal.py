from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from lacoskit.footprint.rehearsal import Rehearsal


def test_what_lives_and_the_most_that_lived_are_counted_in_bytes_and_nothing_takes_memory() -> None:
    with Rehearsal() as rehearsal:
        large = torch.empty(2**40)
        assert rehearsal.live == rehearsal.peak == 4 * 2**40
        twice = large * 2
        del large
        assert (rehearsal.live, rehearsal.peak) == (4 * 2**40, 8 * 2**40)
        del twice
        assert rehearsal.live == 0


def test_views_take_nothing_and_what_backward_needs_is_kept() -> None:
    with Rehearsal() as rehearsal:
        weight = nn.Parameter(torch.empty(256, 256))
        before = rehearsal.restart()
        outputs = F.relu(torch.empty(1000, 256) @ weight).view(10, 100, 256)[3:]
        assert rehearsal.live - before == 2 * 1000 * 256 * 4  # the inputs of the product, and what relu gives
        rehearsal.watch(weight)
        outputs.sum().backward()
        assert rehearsal.gradients_at_peak == 0
        assert rehearsal.gradients == weight.grad.nbytes


def test_integers_have_values_where_code_asks_for_them() -> None:
    lengths, states = torch.tensor([3, 1, 2]), torch.randn(3, 4, 8)
    real = states[torch.arange(4) < lengths.unsqueeze(1)]
    with Rehearsal() as rehearsal:
        posing, fake = rehearsal.pose(lengths), torch.empty(3, 4, 8, requires_grad=True)
        assert (posing.cumsum(0).tolist(), int(posing.max()), bool((posing > 0).all())) == ([3, 4, 6], 3, True)
        chosen = fake[torch.arange(4) < posing.unsqueeze(1)]
        assert chosen.shape == real.shape
        chosen.sum().backward()
        assert fake.grad.shape == states.shape
