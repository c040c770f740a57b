"""Compiles one program after another, so that a process starts soon and stays small, and keeps them for the next."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax


def compile_program(function: Any, *arguments: Any) -> Any:
    """A jitted function's program for arguments like these, arrays or `jax.ShapeDtypeStruct`s.

    Compiling takes much more memory, for a moment, than what is left of it: in a process with several programs the
    largest is best compiled first, while there is little else.
    """
    return compile_lowered(lower_program(function, *arguments))


def lower_program(function: Any, *arguments: Any) -> Any:
    """JAX's part of `compile_program`, which no cache keeps: tracing and lowering."""
    with collection_paused():
        return function.lower(*arguments)


def compile_lowered(lowered: Any) -> Any:
    """XLA's part: compiles, or loads from the cache."""
    with collection_paused():
        program = lowered.compile()
    _return_free_memory()
    return program


def keep_programs(folder: Path) -> None:
    """Saves every program compiled from now on in `folder` for later runs.

    By default JAX skips programs that compile in under a second.
    """
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def programs_folder() -> Path | None:
    """Returns the folder in which compiled programs are kept, or None."""
    values = jax.config.values
    folder = values["jax_compilation_cache_dir"] if values["jax_enable_compilation_cache"] else None
    return Path(folder) if folder else None


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """Pauses Python's search for cyclic garbage: tracing makes millions of objects and hardly any such garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _return_free_memory() -> None:
    """Returns freed memory to the operating system where the C library is glibc, which keeps holes in its heap."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
