"""One cluster for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from deadline import deadline

from benchmarks.common.local_cluster import LocalCluster


@pytest.fixture(scope="session")
def machines() -> Iterator[LocalCluster]:
    """A head without a device and two nodes of one core, on this machine."""
    pytest.importorskip("ray", reason="ray is not installed: pip install 'econas_jax[ray]'")
    with deadline():
        cluster = LocalCluster()
    yield cluster
    with deadline():
        cluster.shutdown()


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Fails a test that waits for ever."""
    with deadline():
        yield
