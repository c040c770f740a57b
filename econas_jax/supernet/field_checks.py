"""Checks that fields of several methods share."""

from __future__ import annotations

from econas_jax.errors import require_number


def check_share(share: float) -> None:
    """Raises InputError for a share that leaves the weights or the architecture without images."""
    require_number("architecture_share", share, lambda value: 0 < value < 1, "a number in (0, 1)")


def check_temperatures(first: float, last: float) -> None:
    """Raises InputError unless the temperature falls and stays positive."""
    require_number("last_temperature", last, lambda value: value > 0, "a positive number")
    allowed = f"a number of at least last_temperature, {last:g}"
    require_number("first_temperature", first, lambda value: value >= last, allowed)
