"""The verbs that look and tell, one module each; none of them loads a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def print_yaml(console: Console, text: str) -> None:
    """Print YAML whole: in colours on a terminal, as it is elsewhere, and no line cut to the width of either."""
    from rich.syntax import Syntax

    if console.is_terminal:
        # The sixteen colours of the terminal: the usual theme writes white, which a light terminal does not show.
        coloured = Syntax("", "yaml", theme="ansi_dark", background_color="default").highlight(text)
        coloured.rstrip()
        console.print(coloured, soft_wrap=True)
    else:
        console.out(text.rstrip("\n"), highlight=False)
