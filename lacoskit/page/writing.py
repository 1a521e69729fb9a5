"""How figures are written on the page."""

from __future__ import annotations

from lacoskit.evaluating.intervals import Interval


def points(value: float) -> str:
    """A share of 1 as the field reports it, times 100."""
    return f"{100 * value:.1f}"


def signed(value: float) -> str:
    """A difference of shares, times 100, with its sign."""
    return f"{100 * value:+.1f}".replace("-", "−")


def spread(interval: Interval | None) -> str:
    """Half of an interval, as it stands behind a figure."""
    return "" if interval is None else str(interval)


def many(count: int, thing: str, things: str = "") -> str:
    """A count and what is counted."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"
