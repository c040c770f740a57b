"""What is said where a cluster cannot be joined, and what joining leaves as it was. No cluster is started here."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from econas_jax.errors import InputError
from econas_jax.training.ray import connection

ray = pytest.importorskip("ray", reason="ray is not installed: pip install 'econas_jax[ray]'")


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999"])
def test_no_cluster_at_the_address_is_told_at_once(address: str) -> None:
    with pytest.raises(InputError, match=r"^trainer\.address = .*: nothing answers there"):
        connection.connect(address, 1)


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception, cause: Exception | None = None) -> None:
    """Makes Ray fail as it does when it joins a cluster, after it has taken the handler of SIGTERM."""

    def init(**options: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise error from cause

    monkeypatch.setattr(ray, "init", init)


# What Ray 2.60.0 raised, its traceback within made shorter, at a head with a token: without RAY_AUTH_MODE=token or with
# another token, and with the mode but no token at all.
WITHOUT = (
    ConnectionError("Failed to connect to Ray cluster at 192.0.2.2:6379"),
    RuntimeError(
        "Failed to connect to GCS. Last connection error: Traceback (most recent call last):\n"
        "ray.exceptions.RpcError: RPC error: InvalidAuthToken: Authentication token is missing or incorrect"
    ),
)
NO_FILE = (
    ray.exceptions.AuthenticationError("Token authentication is enabled but no authentication token was found"),
    None,
)


@pytest.mark.parametrize(("error", "cause"), [WITHOUT, NO_FILE])
def test_a_cluster_with_a_token_that_the_driver_lacks_says_what_to_do(
    error: Exception, cause: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(monkeypatch, error, cause)
    with pytest.raises(InputError) as caught:
        connection.connect("auto", 1)
    assert str(caught.value) == (
        "trainer.address = 'auto': expected a cluster whose token this command has: RAY_AUTH_MODE=token, and the "
        "head's ~/.ray/auth_token on this machine, too (the token is missing or another one)"
    )


def test_any_other_error_is_one_line_and_the_answer_to_sigterm_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)
    refuse(monkeypatch, ConnectionError("Could not find any running Ray instance.\nPlease specify the one"))
    with pytest.raises(InputError) as caught:
        connection.connect("auto", 1)
    assert str(caught.value) == (
        "trainer.address = 'auto': expected the address of a running Ray cluster (ray start --head starts one), or "
        "local (Could not find any running Ray instance.)"
    )
    assert signal.getsignal(signal.SIGTERM) is before
