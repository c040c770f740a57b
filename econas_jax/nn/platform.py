"""The platform that networks are compiled for: some constructs that are fast on one kind are slow on another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import jax

# None: JAX's default backend. A context of JAX's own, so that `jax.jit` keeps a program for each platform.
_platform = jax.make_user_context(default_value=None)


def on_cpu() -> bool:
    """Says whether programs traced now are for a CPU."""
    return (_platform.value or jax.default_backend()) == "cpu"


@contextlib.contextmanager
def tracing_for(platform: str) -> Iterator[None]:
    """Makes programs traced within be for this platform, "cpu" or "gpu", even where no such device is present."""
    with _platform(platform):
        yield
