"""Numbers as people read them."""

from __future__ import annotations


def percent(fraction: float | None) -> str:
    """Returns a fraction as a percentage with two decimals, and "-" for None."""
    return "-" if fraction is None else f"{100 * fraction:.2f} %"
