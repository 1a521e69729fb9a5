from __future__ import annotations

import torch

from lacoskit.versions import version_of


def test_the_version_is_that_of_the_package_or_none() -> None:
    assert version_of("torch") == torch.__version__
    assert version_of("no-such-package-anywhere") is None
