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
    """All that are compiled from now on, between runs; JAX's own defaults leave out what takes less than a second."""
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def programs_folder() -> Path | None:
    """Where they are kept; None: nowhere."""
    values = jax.config.values
    folder = values["jax_compilation_cache_dir"] if values["jax_enable_compilation_cache"] else None
    return Path(folder) if folder else None


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """Without Python's search for cyclic garbage: tracing makes millions of objects and next to no such garbage."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _return_free_memory() -> None:
    """To the operating system, where the C library is glibc: it keeps what was freed in the middle of its heap."""
    with contextlib.suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
