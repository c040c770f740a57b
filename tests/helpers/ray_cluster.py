"""A cluster of Ray on this machine, for tests: a head without a device, and nodes of one core that come and go."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from econas_jax.training.trainer_config import TrainerConfig

MEMORY = 100_000_000  # bytes of each node's object store


class TestCluster:
    """Wraps `ray.cluster_utils.Cluster`; nodes inherit this process's environment and see its modules."""

    __test__ = False

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        try:
            self._cluster = Cluster(initialize_head=True, head_node_args=self._arguments(0))
            self._environment = os.environ["PYTHONPATH"]
        finally:
            self._restore(before)
        self.nodes: list[Any] = []

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    @property
    def config(self) -> TrainerConfig:
        return TrainerConfig("ray", self.address)

    def add_node(self) -> None:
        """Adds a node with one core."""
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = self._environment
        try:
            self.nodes.append(self._cluster.add_node(**self._arguments(1)))
        finally:
            self._restore(before)

    def kill_node(self) -> None:
        """Kills the oldest node with all that runs there."""
        self._cluster.remove_node(self.nodes.pop(0), allow_graceful=False)

    def shutdown(self) -> None:
        import ray

        ray.shutdown()
        self._cluster.shutdown()

    @staticmethod
    def _arguments(cores: int) -> dict[str, Any]:
        return {"num_cpus": cores, "include_dashboard": False, "object_store_memory": MEMORY}

    @staticmethod
    def _restore(before: str | None) -> None:
        if before is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = before


def actors() -> list[int]:
    """Lists the processes of devices on this machine, oldest first."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if command.startswith(b"ray::DeviceActor"):
                found.append(int(folder.name))
    return sorted(found)
