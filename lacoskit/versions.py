"""Versions of installed packages, which records of what was computed name."""

from __future__ import annotations

import importlib.metadata


def version_of(package: str) -> str | None:
    """The version of a package as it is installed; None where it is not, as lacoskit when run from its source."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
