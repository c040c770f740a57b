"""A worker, seen from the process that started it: asked for something, it answers or is found dead.

Started by subprocess and not by multiprocessing, which would import the user's main module anew in every worker and so
run a script that has no guard again.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from typing import Any

import jax

from econas_jax.errors import SearchError

# Not with -m, which would make a second module of it under another name.
_COMMAND = "from econas_jax.training.process.worker import main; main()"

CHECK_SECONDS = 0.2  # between two checks of a wait for answers

# A quarter of what XLA for CPU does to compile the training epoch is to unroll loops, and no step is faster for it.
_FLAGS = ("--xla_cpu_multi_thread_eigen=false", "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true")


class WorkerError(SearchError):
    """A worker died before it had answered."""


class WorkerTraceback(Exception):  # noqa: N818  # it is no error: it tells of another one
    """The place in a worker where an error was raised, as that error's cause."""


class WorkerProcess:
    """Runs `worker.main` on a core, with JAX's settings of this process and a fixed arithmetic."""

    def __init__(self, core: int) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-c", _COMMAND, str(theirs.fileno()), str(core)]
        with theirs:
            # A session of its own: Ctrl-C in the terminal is for the process that decides, which is this one.
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment(os.environ),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.core = core
        self.connection = connection.Connection(ours.detach())
        self.pending = 0  # requests without an answer
        self.ask("configure", dict(jax.config.values))

    @property
    def runs(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, method: str, *arguments: Any) -> None:
        """Asks for a method of `Worker`; answers come in the order of the requests."""
        self.pending += 1
        with contextlib.suppress(ConnectionError):  # a dead worker is found by `receive`
            self.connection.send((method, arguments))

    def receive(self) -> tuple[str, Any]:
        """Waits for the next message: ("event", event), or an answer, ("done", value) or ("error", exception)."""
        try:
            kind, content, *trace = self.connection.recv()
        except (EOFError, ConnectionError):
            self.pending = 0
            return "error", WorkerError(self._epitaph())
        if trace:
            content.__cause__ = WorkerTraceback(f"in the worker:\n{trace[0]}")
        self.pending -= kind != "event"
        return kind, content

    def end(self) -> None:
        """Ends the process at once, whatever it is doing."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    def _epitaph(self) -> str:
        status = self._process.wait()
        how = f"ended with status {status}" if status >= 0 else f"was killed by {signal.Signals(-status).name}"
        hint = ", as the system does when memory runs out; fewer devices take less" if status == -signal.SIGKILL else ""
        return f"a worker process {how}{hint}"


def environment(ours: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Returns a worker's environment: what XLA for CPU computes must not depend on this process.

    XLA cuts a sum up by the number of threads in its pool, so that another number rounds otherwise: it is always one.
    """
    flags = ours.get("XLA_FLAGS", "")
    added = (flag for flag in _FLAGS if flag.split("=")[0] not in flags)
    return dict(ours) | {
        "JAX_PLATFORMS": "cpu",
        "NPROC": "1",  # threads of XLA's pool, where a process cannot be bound to a core
        "XLA_FLAGS": " ".join(filter(None, [flags, *added])),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }


def messages(
    workers: Sequence[WorkerProcess], seconds: float | None = None
) -> Iterator[tuple[WorkerProcess, str, Any]]:
    """Waits until some of the workers that have been asked have something to say, and yields one message of each.

    seconds: the longest to wait; None: for ever.
    """
    waiting = {worker.connection: worker for worker in workers if worker.pending}
    for ready in connection.wait(list(waiting), seconds):
        worker = waiting[ready]  # type: ignore[index]  # of what may be waited for, these are connections
        yield worker, *worker.receive()


def wait_for_answers(workers: Sequence[WorkerProcess], check: Callable[[], None]) -> None:
    """Waits until all have answered; raises the first error, in the order of the workers.

    check: is called several times a second, and ends the waiting by raising.
    """
    errors: dict[WorkerProcess, BaseException] = {}
    while any(worker.pending for worker in workers):
        check()
        for worker, kind, content in messages(workers, CHECK_SECONDS):
            if kind == "error":
                errors.setdefault(worker, content)
    for worker in workers:
        if worker in errors:
            raise errors[worker]


def end_all(workers: list[WorkerProcess]) -> None:
    """Ends all workers and empties the list."""
    for worker in workers:
        worker.end()
    workers.clear()
