"""What a run tells its user: first lines, progress, figures in a file, a table at the end, a model card."""

from __future__ import annotations

from lacoskit.reporting.card import model_card
from lacoskit.reporting.comparison import comparison, comparison_markdown
from lacoskit.reporting.outcome import outcome
from lacoskit.reporting.plot import plot
from lacoskit.reporting.progress import Meter, Reporter, read_metrics
from lacoskit.reporting.queue import Queue
from lacoskit.reporting.screen import banner, before_after, console, next_steps, show_log
from lacoskit.reporting.sizes import device_name, in_bytes, memory_gib, sizes, weight_bytes

__all__ = [
    "Meter",
    "Queue",
    "Reporter",
    "banner",
    "before_after",
    "comparison",
    "comparison_markdown",
    "console",
    "device_name",
    "in_bytes",
    "memory_gib",
    "model_card",
    "next_steps",
    "outcome",
    "plot",
    "read_metrics",
    "show_log",
    "sizes",
    "weight_bytes",
]
