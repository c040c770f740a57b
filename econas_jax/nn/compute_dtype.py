"""The names of the types that networks compute in, for configs: this file does not import JAX."""

from __future__ import annotations

from typing import Literal, get_args

from econas_jax.errors import require

ComputeDtype = Literal["float32", "bfloat16"]


def require_compute_dtype(field: str, value: object) -> None:
    """Raises InputError for anything but the name of a type that networks compute in."""
    names = get_args(ComputeDtype)
    require(value in names, field, value, " or ".join(names))
