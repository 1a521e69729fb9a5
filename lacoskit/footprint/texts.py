"""The texts that a plan is made for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Texts:
    """The texts of a step: how many an example has, and the tokens of each."""

    an_example: int
    tokens: int
