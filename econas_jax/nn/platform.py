"""What the networks are compiled for: some constructs that are fast on one kind of device are slow on the other."""

from __future__ import annotations

import jax


def on_cpu() -> bool:
    """Whether programs traced now are for a CPU."""
    return jax.default_backend() == "cpu"
