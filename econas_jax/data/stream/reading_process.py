"""A process that makes batches, seen from the process that started it.

Started by subprocess and not by multiprocessing, which would import the user's main module anew in every process and so
run a script that has no guard again. docs/imagenet.md says why these are not grain's processes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection

import numpy as np

from econas_jax.data.dataset import Images, Labels
from econas_jax.data.stream.reader import Reader, Request
from econas_jax.errors import InputError, SearchError

# Not with -m, which would make a second module of it under another name.
_COMMAND = "from econas_jax.data.stream.worker import main; main()"


class ReadingProcess:
    """Runs `worker.main`; asked for a batch, it answers or is found dead."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with theirs:
            # A session of its own: Ctrl-C in the terminal is for the process that trains, which is this one.
            self._process = subprocess.Popen(
                [sys.executable, "-c", _COMMAND, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._connection = Connection(os.dup(self._socket.fileno()))
        self._asking = threading.Lock()  # while a thread uses the socket, which must not be closed under it

    def give(self, reader: Reader) -> None:
        """Sends what the process needs first; it may still be starting."""
        with contextlib.suppress(ConnectionError):  # a dead process is found by `read`
            self._connection.send(reader)

    def read(self, request: Request, shape: tuple[int, ...]) -> tuple[Images, Labels]:
        """Returns a batch with images of this shape, as `Reader.read` does; raises SearchError if the process died."""
        try:
            with self._asking:
                self._connection.send(request)
                kind, content = self._connection.recv()
                if kind == "labels":
                    return self._pixels(shape), content
        except (EOFError, OSError) as error:
            raise SearchError(self._epitaph()) from error
        if kind == "image":
            raise InputError(*content)
        raise SearchError(f"reading images failed: {content}")

    def end(self) -> None:
        """Ends the process at once, whatever it is doing.

        Whoever waits for its answer is told first. A socket closed before that would be used on by that thread under
        its number, which the next process's may have by then.
        """
        self._process.kill()
        self._process.wait()
        with self._asking:
            self._connection.close()
            self._socket.close()

    def _pixels(self, shape: tuple[int, ...]) -> Images:
        images = np.empty(shape, np.uint8)
        rest = images.data.cast("B")
        while rest:
            count = self._socket.recv_into(rest)
            if not count:
                raise EOFError
            rest = rest[count:]
        return images

    def _epitaph(self) -> str:
        status = self._process.wait()
        how = f"ended with status {status}" if status >= 0 else f"was killed by {signal.Signals(-status).name}"
        hint = ", as the system does when memory runs out; fewer data.workers take less" if status == -9 else ""
        return f"a process that reads images {how}{hint}"
