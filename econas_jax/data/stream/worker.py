"""A process that makes batches for the process that started it; `ReadingProcess` is its only user.

It ends when the other end of its socket is closed, at once and whatever it is doing: it never outlives a training that
was killed, and there is no shared memory that it could leave behind.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import traceback
from multiprocessing.connection import Connection
from typing import TypeAlias

from econas_jax.data.stream.reader import Reader, Request
from econas_jax.errors import InputError

# Before the pixels of a batch, its labels; in place of both, what went wrong with an image: an InputError's parts; or
# anything else, as text.
Answer: TypeAlias = tuple[str, object]


def answer(reader: Reader, request: Request) -> tuple[Answer, memoryview | None]:
    """Makes a batch: ("labels", labels) with the pixels, or ("image", an InputError's parts), or ("error", text)."""
    try:
        images, labels = reader.read(request)
    except InputError as error:
        return ("image", (error.field, str(error.value), error.allowed)), None
    except Exception as error:  # whatever a decoder or a file system may raise: the training says it and ends
        traceback.print_exc()
        return ("error", "".join(traceback.format_exception_only(error)).strip()), None
    return ("labels", labels), images.data


def _listen(parent: Connection, requests: queue.SimpleQueue[Request]) -> None:
    try:
        while True:
            requests.put(parent.recv())
    except (EOFError, OSError):
        os._exit(0)  # the main thread may be in the middle of a batch


def main() -> None:
    """Receives a reader, then answers requests for ever, in their order."""
    parent, requests = Connection(int(sys.argv[1])), queue.SimpleQueue[Request]()
    reader = parent.recv()
    threading.Thread(target=_listen, args=(parent, requests), daemon=True).start()
    while True:
        words, pixels = answer(reader, requests.get())
        try:
            parent.send(words)
            if pixels is not None:
                _send_all(parent.fileno(), pixels.cast("B"))
        except OSError:
            os._exit(0)  # nobody wants it any more


def _send_all(descriptor: int, pixels: memoryview) -> None:
    while pixels:
        pixels = pixels[os.write(descriptor, pixels) :]
