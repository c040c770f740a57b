"""Compiles several programs at once, in threads, so that the caller can be asked meanwhile whether to go on."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, TypeVar

Key = TypeVar("Key", bound=Hashable)

INTERVAL = 0.1  # seconds between two looks at whether to go on
_THREAD = "compile"  # begins the names of the threads


def compiled_beside(makers: Mapping[Key, Callable[[], Any]], check: Callable[[], None]) -> dict[Key, Any]:
    """Returns what each maker returns, all made at the same time.

    check: called several times a second, and ends the waiting by raising; XLA cannot be stopped, so what it compiles
    then goes on in a thread that ends with the process (`still_compiling`). Raises what a maker raises.
    """
    programs: dict[Key, Future[Any]] = {key: Future() for key in makers}
    for key, make in makers.items():
        # A daemon, for which Python does not wait at its end.
        threading.Thread(target=_make, args=(make, programs[key]), name=f"{_THREAD} {key}", daemon=True).start()
    for program in programs.values():
        while not program.done():
            check()
            _wait(program)
    return {key: program.result() for key, program in programs.items()}


def still_compiling() -> bool:
    """Says whether a thread of this process compiles what nobody waits for any more."""
    return any(thread.name.startswith(_THREAD) and thread.daemon for thread in threading.enumerate())


def leave(status: int) -> int:
    """Returns the exit status; where a thread still compiles, ends the process with it at once.

    Python's own end would tear down what such a thread is using.
    """
    if still_compiling():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def _make(make: Callable[[], Any], program: Future[Any]) -> None:
    try:
        program.set_result(make())
    except BaseException as error:
        program.set_exception(error)


def _wait(program: Future[Any]) -> None:
    done = threading.Event()
    program.add_done_callback(lambda _: done.set())
    done.wait(INTERVAL)
