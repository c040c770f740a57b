"""A worker, seen from the process that started it: asked for something, it answers or is found dead."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from multiprocessing import connection
from typing import Any

import jax

from econas_jax.errors import SearchError
from econas_jax.training.process.worker import Request, Settings

# Not with -m, which would make a second module of it under another name.
_COMMAND = "from econas_jax.training.process.worker import main; main()"


class WorkerError(SearchError):
    """A worker died before it had answered."""


class WorkerTraceback(Exception):  # noqa: N818  # it is no error: it tells of another one
    """The cause of an error that was raised in a worker: where."""


class WorkerProcess:
    """Runs `worker.main` on a core, with JAX's settings of this process."""

    def __init__(self, core: int) -> None:
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-c", _COMMAND, str(theirs.fileno()), str(core)]
        environment = os.environ | {"JAX_PLATFORMS": "cpu", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with theirs:
            # A session of its own: Ctrl-C in the terminal is for the process that decides, which is this one.
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.connection = connection.Connection(ours.detach())
        self.pending = 0  # requests without an answer
        self.ask(Settings(dict(jax.config.values)))

    @property
    def runs(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def ask(self, request: Request) -> None:
        """Sends a request; answers come in the order of the requests."""
        self.pending += 1
        with contextlib.suppress(ConnectionError):  # a dead worker is found by `receive`
            self.connection.send(request)

    def receive(self) -> tuple[str, Any]:
        """Waits for the next message: ("epoch", number), or an answer, ("done", value) or ("error", exception)."""
        try:
            kind, content, *trace = self.connection.recv()
        except (EOFError, ConnectionError):
            self.pending = 0
            return "error", WorkerError(self._epitaph())
        if trace:
            content.__cause__ = WorkerTraceback(f"in the worker:\n{trace[0]}")
        self.pending -= kind != "epoch"
        return kind, content

    def end(self) -> None:
        """At once, whatever it is doing."""
        self.connection.close()
        self._process.kill()
        self._process.wait()

    def _epitaph(self) -> str:
        status = self._process.wait()
        how = f"ended with status {status}" if status >= 0 else f"was killed by {signal.Signals(-status).name}"
        hint = ", as the system does when memory runs out; fewer devices take less" if status == -signal.SIGKILL else ""
        return f"a worker process {how}{hint}"


def answers(
    workers: Sequence[WorkerProcess], heard: Callable[[WorkerProcess, str, Any], None] = lambda *message: None
) -> list[Any]:
    """The last answer of each, once all have answered; raises the first error, in the order of the workers.

    heard: called with every message.
    """
    values: dict[WorkerProcess, Any] = {}
    errors: dict[WorkerProcess, BaseException] = {}
    while waiting := {worker.connection: worker for worker in workers if worker.pending}:
        for ready in connection.wait(list(waiting)):
            worker = waiting[ready]  # type: ignore[index]  # of what may be waited for, these are connections
            kind, content = worker.receive()
            if kind == "done":
                values[worker] = content
            elif kind == "error":
                errors.setdefault(worker, content)
            heard(worker, kind, content)
    for worker in workers:
        if worker in errors:
            raise errors[worker]
    return [values[worker] for worker in workers]


def end_all(workers: list[WorkerProcess]) -> None:
    """And empties the list."""
    for worker in workers:
        worker.end()
    workers.clear()
