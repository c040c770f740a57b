"""One cluster for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ray_cluster import TestCluster


@pytest.fixture(scope="session")
def machines() -> Iterator[TestCluster]:
    """A head without a device and two nodes of one core, on this machine."""
    pytest.importorskip("ray", reason="ray is not installed: pip install 'econas_jax[ray]'")
    cluster = TestCluster()
    cluster.add_node()
    cluster.add_node()
    yield cluster
    cluster.shutdown()
