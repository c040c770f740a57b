"""Sends batches to the devices ahead of their use."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Batch = TypeVar("Batch")
Sent = TypeVar("Sent")

AHEAD = 2  # batches on their way while one is computed with


def prefetched(batches: Iterable[Batch], send: Callable[[Batch], Sent], ahead: int = AHEAD) -> Iterator[Sent]:
    """Yields send(batch) for each of the batches in order; `ahead` of them are sent before the first is yielded.

    send: starts the transfer and does not wait for it, as `jax.device_put` with the trainer's sharding. An exception of
    the batches is raised in its batch's place: what was sent before is yielded first.
    """
    sent: deque[Sent] = deque()
    source = iter(batches)
    failure: Exception | None = None
    while True:
        while failure is None and len(sent) <= ahead:
            try:
                sent.append(send(next(source)))
            except StopIteration:
                break
            except Exception as error:
                failure = error
        if not sent:
            break
        yield sent.popleft()
    if failure is not None:
        raise failure
