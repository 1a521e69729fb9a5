"""What stands for code in records of what was computed with it: versions of packages, and source that has none."""

from __future__ import annotations

import importlib.metadata
import inspect
import sys
from collections.abc import Collection

BUILT_IN = ("builtins", "abc", "typing")


def version_of(package: str) -> str | None:
    """The version of a package as it is installed; None where it is not, as lacoskit when run from its source."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def code_of(kind: type, versioned: Collection[str]) -> list[str]:
    """The source of the modules of a class and its bases, but for packages whose version stands for theirs.

    A class that comes with a model from the hub, or in a plugin that is being written, changes under one version.
    """
    modules = {base.__module__ for base in kind.__mro__}
    foreign = sorted(name for name in modules if name.partition(".")[0] not in (*BUILT_IN, *versioned))
    return [inspect.getsource(sys.modules[name]) for name in foreign]
