"""What a run tells its user: first lines, progress, figures in a file, a table at the end, a model card."""

from __future__ import annotations

from lacoskit.reporting.card import model_card
from lacoskit.reporting.progress import Meter, Reporter, read_metrics
from lacoskit.reporting.screen import banner, before_after, console, next_steps, show_log
from lacoskit.reporting.sizes import device_name, memory_gib, sizes, weight_bytes

__all__ = [
    "Meter",
    "Reporter",
    "banner",
    "before_after",
    "console",
    "device_name",
    "memory_gib",
    "model_card",
    "next_steps",
    "read_metrics",
    "show_log",
    "sizes",
    "weight_bytes",
]
