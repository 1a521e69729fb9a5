"""Plugins of strangers: a real project that pip installs (`project/`), and folders as pip would have left them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).parent / "project"
"""A distribution with a loss, an adapter and a pooler of its own."""


def install(
    site: Path,
    distribution: str,
    code: str,
    plugins: Mapping[str, str] | None = None,
    *,
    metadata: str = "dist-info",
    version: str = "1.0",
) -> None:
    """Put a distribution of one module into a folder of packages, as pip does.

    `plugins` are its entry points; without them there is one, named as the distribution, of the whole module.
    `metadata`: dist-info (pip), egg-info (setuptools' develop), or bare (a dist-info that lost its METADATA).
    """
    module = distribution.replace("-", "_")
    (site / f"{module}.py").write_text(textwrap.dedent(code), encoding="utf-8")
    kind = "egg-info" if metadata == "egg-info" else "dist-info"
    folder = site / f"{module}-{version}.{kind}"
    folder.mkdir(parents=True)
    if metadata != "bare":
        file = "PKG-INFO" if kind == "egg-info" else "METADATA"
        (folder / file).write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    lines = [f"{name} = {value}" for name, value in (plugins or {distribution: module}).items()]
    (folder / "entry_points.txt").write_text("\n".join(["[lacoskit]", *lines, ""]))
