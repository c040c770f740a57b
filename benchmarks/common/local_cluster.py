"""A cluster of Ray on this machine: a head without a device, and nodes of one core that come and go. For tests, too."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from econas_jax.training.trainer_config import TrainerConfig

MEMORY = 100_000_000  # bytes of each node's object store


class LocalCluster:
    """Wraps Ray's own `Cluster`; nodes inherit this process's environment and see its modules."""

    def __init__(self) -> None:
        os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_worker_niceness": "0"}
        self.start()

    def start(self) -> None:
        """Starts a cluster with two nodes, at an address of its own."""
        from ray.cluster_utils import Cluster

        with self._modules():
            self._cluster = Cluster(initialize_head=True, head_node_args=self._arguments(0))
        self.nodes: list[Any] = []
        self.add_node()
        self.add_node()

    @property
    def address(self) -> str:
        return str(self._cluster.address)

    @property
    def config(self) -> TrainerConfig:
        return TrainerConfig("ray", self.address)

    def add_node(self) -> None:
        """Adds a node with one core."""
        with self._modules():
            self.nodes.append(self._cluster.add_node(**self._arguments(1)))

    def kill_node(self) -> None:
        """Kills the oldest node with all that runs there."""
        self._cluster.remove_node(self.nodes.pop(0), allow_graceful=False)

    def shutdown(self) -> None:
        """Kills the whole cluster; this process leaves it.

        The devices and their nodes go at once, for Ray takes its time with each, in which the others go on training.
        """
        import ray

        for number in [*self._raylets(), *self.actors()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        ray.shutdown()
        while self.nodes:
            self.kill_node()
        self._cluster.shutdown()

    def actors(self) -> list[int]:
        """Lists the processes of its devices, oldest first."""
        raylets = self._raylets()
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdecimal():
                try:
                    command = (folder / "cmdline").read_bytes()
                    parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                except OSError:
                    continue
                if command.startswith(b"ray::DeviceActor") and parent in raylets:
                    found.append(int(folder.name))
        return sorted(found)

    def _raylets(self) -> set[int]:
        """Returns the process of each node that starts all others there."""
        return {node.all_processes["raylet"][0].process.pid for node in self.nodes}

    @staticmethod
    def _arguments(cores: int) -> dict[str, Any]:
        return {"num_cpus": cores, "include_dashboard": False, "object_store_memory": MEMORY}

    @staticmethod
    @contextlib.contextmanager
    def _modules() -> Iterator[None]:
        """Lets the processes of nodes that start import what this one can."""
        before = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        try:
            yield
        finally:
            if before is None:
                os.environ.pop("PYTHONPATH", None)
            else:
                os.environ["PYTHONPATH"] = before
