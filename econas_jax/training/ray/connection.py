"""Connects this process to a Ray cluster; what is in the way is told in one line."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

from econas_jax.errors import InputError

REACH_SECONDS = 5.0  # for a connection to the head


def connect(address: str, cores: int) -> None:
    """Connects to the cluster at an address, or starts one on this machine for `local`.

    cores: of a cluster that is started here. Raises InputError where there is no cluster, or one that this process may
    not join.
    """
    import ray

    if ":" in address:
        _reach(address)
    # Not the dashboard and no logs of actors: what they have to say they return.
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == "local":
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_worker_niceness", "0")  # Ray's 15 leaves training what others leave of a core
        options |= {"num_cpus": cores, "include_dashboard": False}
    with _signals_kept():
        try:
            ray.init(address=address, **options)
        except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
            raise InputError("trainer.address", address, _wanted(error)) from None


def one_line(error: BaseException) -> str:
    """Returns the line of an error that tells most: of an exception elsewhere its own, not Ray's."""
    error = getattr(error, "cause", None) or error
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    telling = [line for line in lines if "because" in line or "Error" in line]
    return (telling[-1] if telling else lines[0])[:300]


def _wanted(error: Exception) -> str:
    """Says what was expected at the address, and what came instead."""
    import ray

    # After 20 seconds of trying, Ray names the reason only in the error that its own one came from.
    refused = isinstance(error, ray.exceptions.AuthenticationError) or "InvalidAuthToken" in str(error.__cause__)
    if refused:
        return (
            "a cluster whose token this command has: RAY_AUTH_MODE=token, and the head's ~/.ray/auth_token on this "
            "machine, too (the token is missing or another one)"
        )
    return f"the address of a running Ray cluster (ray start --head starts one), or local ({one_line(error)})"


def _reach(address: str) -> None:
    """Raises InputError where nothing listens: Ray itself would try for a minute."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()
    except (OSError, OverflowError) as error:
        allowed = f"the address of a running Ray cluster: nothing answers there ({error})"
        raise InputError("trainer.address", address, allowed) from None


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    """Keeps this process's answer to SIGTERM, which Ray would replace by an end at once."""
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # not in the main thread: Ray could not replace it either
            signal.signal(signal.SIGTERM, handler)
