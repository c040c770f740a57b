"""Compiles programs in processes that end at once, for those that train to find them in JAX's cache.

Compiling takes twice the memory that training does, and an allocator keeps much of it. A file in the cache's folder
tells that the programs are there: no process has to start only to find them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from econas_jax.training.compile.compilation import programs_folder
from econas_jax.training.compile.export_cache import fingerprint
from econas_jax.training.process.worker_process import WorkerProcess, end_all, wait_for_answers
from econas_jax.training.programs import NAMES

PARTS = (NAMES[:1], NAMES[1:])  # the largest program takes longer than all others


@contextlib.contextmanager
def filled_cache(arguments: tuple[Any, ...], cores: Sequence[int], check: Callable[[], None]) -> Iterator[None]:
    """Begins to compile, a process a part, and at the end of the with statement has compiled; nothing without a cache.

    arguments: those of `Worker.fill_cache` after the names. check: as in `wait_for_answers`. Raises what the first
    process that cannot compile raises.
    """
    folder = programs_folder()
    # Where the mark is wrong, those that train compile for themselves.
    mark = folder / f"filled-{fingerprint(arguments, os.environ.get('XLA_FLAGS'))}" if folder else None
    if mark is None or mark.exists():
        yield
        return
    fillers = [WorkerProcess(cores[place % len(cores)]) for place in range(len(PARTS))]
    try:
        for filler, names in zip(fillers, PARTS, strict=True):
            filler.ask("fill_cache", names, *arguments)
        yield
        wait_for_answers(fillers, check)
    finally:
        end_all(fillers)
    with contextlib.suppress(OSError):  # then the next start takes longer
        mark.touch()
