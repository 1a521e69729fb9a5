"""Whose turn it is: which source each batch of a run is drawn from, and which of its examples.

Both are functions of the seed and the step alone, so that resuming needs nothing but the step.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Turns:
    """`turns[step]` is the number of a source and the examples of it that make the batch, int64 [batch_size].

    counts: the examples of each source, at least batch_size; weights: by which the batches of an epoch are shared. A
    source goes through its examples in an order of its own, which is shuffled anew whenever fewer than a batch are
    left: none comes twice before all the others (but for that rest) have come, however often it is the source's turn.
    """

    def __init__(self, counts: Sequence[int], weights: Sequence[float], batch_size: int, seed: int) -> None:
        self.counts = tuple(counts)
        self.batch_size = batch_size
        self.seed = seed
        self.in_an_epoch = shares(sum(count // batch_size for count in counts), weights)
        """The batches of each source in an epoch, which has as many as all sources hold."""
        self._orders: dict[int, tuple[int, NDArray[np.int64]]] = {}
        self._sources: tuple[int, NDArray[np.int64]] = (-1, np.zeros(0, np.int64))

    @property
    def steps_per_epoch(self) -> int:
        """Batches in an epoch."""
        return sum(self.in_an_epoch)

    def __getitem__(self, step: int) -> tuple[int, NDArray[np.int64]]:
        epoch, place = divmod(step, self.steps_per_epoch)
        sources = self._sources_in(epoch)
        source = int(sources[place])
        earlier = epoch * self.in_an_epoch[source] + int(np.count_nonzero(sources[:place] == source))
        own_epoch, own_place = divmod(earlier, self.counts[source] // self.batch_size)
        order = self._order_in(own_epoch, source)
        return source, order[own_place * self.batch_size : (own_place + 1) * self.batch_size]

    def _sources_in(self, epoch: int) -> NDArray[np.int64]:
        """Whose turn each step of an epoch is."""
        if self._sources[0] != epoch:
            turns = np.repeat(np.arange(len(self.counts)), self.in_an_epoch)
            generator = np.random.default_rng((self.seed, epoch, 0, 1))  # the last number tells it from the orders'
            self._sources = (epoch, generator.permutation(turns))
        return self._sources[1]

    def _order_in(self, epoch: int, source: int) -> NDArray[np.int64]:
        """The order of a source's examples when it goes through them for the nth time."""
        if self._orders.get(source, (-1,))[0] != epoch:
            seed = (self.seed, epoch, source) if source else (self.seed, epoch)
            self._orders[source] = (epoch, np.random.default_rng(seed).permutation(self.counts[source]))
        return self._orders[source][1]


def shares(total: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Share a total in proportion to the weights, in whole numbers: by the largest remainders, but at least 1 each.

    The total is at least the number of weights, which are positive. What those that would get nothing need is taken
    from the largest.
    """
    quotas = [total * (weight / math.fsum(weights)) for weight in weights]
    given = [math.floor(quota) for quota in quotas]
    neediest = sorted(range(len(weights)), key=lambda place: given[place] - quotas[place])
    for place in neediest[: total - sum(given)]:
        given[place] += 1
    while 0 in given:
        given[given.index(max(given))] -= 1
        given[given.index(0)] += 1
    return tuple(given)
