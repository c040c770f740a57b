"""How long something takes, for people."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """Returns seconds in words: as such below two minutes, else as hours and minutes."""
    minutes = round(seconds / 60)
    return f"{seconds:.0f} s" if seconds < 120 else f"{minutes // 60} h {minutes % 60} min"
