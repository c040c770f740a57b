"""What the networks are compiled for: some constructs that are fast on one kind of device are slow on the other."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar

import jax

_platform: ContextVar[str | None] = ContextVar("platform", default=None)  # None: JAX's default backend


def on_cpu() -> bool:
    """Whether programs traced now are for a CPU."""
    return (_platform.get() or jax.default_backend()) == "cpu"


@contextlib.contextmanager
def tracing_for(platform: str) -> Iterator[None]:
    """Programs traced within are for this platform, "cpu" or "gpu", even where no such device is present.

    JAX does not know of it: a function that `jax.jit` has traced before keeps the program of that time.
    """
    token = _platform.set(platform)
    try:
        yield
    finally:
        _platform.reset(token)
