"""The end of a comparison that was asked to stop."""

from __future__ import annotations


class ComparisonInterruptedError(Exception):
    """The comparison was asked to stop; every finished run is kept."""
