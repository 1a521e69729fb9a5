from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lacoskit import Dataset, Example, plugins


@pytest.fixture(scope="session")
def load_as() -> Callable[..., Sequence[Example]]:
    """`load_as("sts", files=[...])`: the examples of a dataset with these options."""

    def load(name: str, **options: Any) -> Sequence[Example]:
        component: Dataset[Any] = plugins.installed().select(Dataset, name)
        return component.load(component.options(**options))

    return load


@pytest.fixture(scope="session")
def check_as() -> Callable[..., list[str]]:
    """`check_as("sts", files=[...])`: what the dataset finds to be wrong with these options."""

    def check(name: str, **options: Any) -> list[str]:
        component: Dataset[Any] = plugins.installed().select(Dataset, name)
        return list(component.check(component.options(**options)))

    return check
