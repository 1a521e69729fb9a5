"""Runs side by side: their figures, tables of them, a plot, and what is told while they go on.

Nothing here imports torch or transformers: on Linux, the peak memory of a process starts from that of the one which
starts it, so what starts the runs has to be small.
"""

from __future__ import annotations

from lacoskit.comparison.outcome import outcome
from lacoskit.comparison.plot import plot
from lacoskit.comparison.queue import Queue
from lacoskit.comparison.tables import markdown_table, screen_table

__all__ = ["Queue", "markdown_table", "outcome", "plot", "screen_table"]
