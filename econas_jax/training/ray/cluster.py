"""Joins a Ray cluster and makes sure, before any work, that its nodes can train for this driver."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from econas_jax.errors import InputError, require
from econas_jax.training.ray.connection import connect, one_line
from econas_jax.training.ray.node import node_facts
from econas_jax.training.trainer_config import TrainerConfig

ANSWER_SECONDS = 120.0  # for a node to start a process and describe itself
_RESERVES = "XLA_PYTHON_CLIENT_PREALLOCATE"


@dataclasses.dataclass(frozen=True)
class Cluster:
    """A cluster that this process has joined, and which of its devices are used: all GPUs, or else all CPU cores."""

    config: TrainerConfig
    count: int | None  # of devices to use at most; None: all that there are at any time
    resource: str  # GPU or CPU, as Ray counts them
    environment: Mapping[str, str]  # of the actors
    say: Callable[[str], None]  # is told, line by line, what happens to devices

    @property
    def platform(self) -> str:
        """JAX's name of the devices' platform."""
        return self.resource.lower()

    def __len__(self) -> int:
        """How many devices there should be now: at least one, which may have to be waited for."""
        import ray

        return self.count or max(1, int(ray.cluster_resources().get(self.resource, 0)))


def join_cluster(config: TrainerConfig, count: int | None, say: Callable[[str], None], cores: int) -> Cluster:
    """Joins the cluster at the config's address, or starts one on this machine.

    count: of devices to use at most; cores: of this machine. Raises InputError where there is no cluster, none of its
    nodes has a device, or one has other software than this process.
    """
    try:
        import ray
    except ImportError:
        raise InputError("trainer.name", config.name, "ray to be installed: pip install 'econas_jax[ray]'") from None
    if not ray.is_initialized():  # else somebody has joined one in this process, in a notebook, say
        connect(config.address, count or cores)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    resource = "GPU" if any(node["Resources"].get("GPU", 0) >= 1 for node in nodes) else "CPU"
    with_devices = [node for node in nodes if node["Resources"].get(resource, 0) >= 1]
    none = not with_devices and count is None
    require(not none, "trainer.address", config.address, "a cluster with a GPU or a CPU core, or devices to wait for")
    environment = actor_environment(os.environ, resource == "GPU", config.address == "local")
    _check_nodes(config, with_devices, resource)
    os.environ.setdefault(_RESERVES, "false")  # this process trains nothing: it must not take a GPU's memory
    return Cluster(config, count, resource, environment, say)


def actor_environment(ours: Mapping[str, str], on_gpu: bool, same_machine: bool) -> dict[str, str]:
    """Returns what an actor's environment has more than its node's: all of ours that JAX reads.

    A CPU's arithmetic is made to depend on nothing else, as that of processes is.
    """
    from econas_jax.training.process.worker_process import environment

    of_jax = {name: value for name, value in ours.items() if name.startswith(("JAX_", "XLA_"))}
    of_jax.pop("JAX_PLATFORMS", None)  # a driver may well be kept off the GPUs
    if not on_gpu:
        fixed = environment(dict(ours))
        of_jax |= {name: fixed[name] for name in ("JAX_PLATFORMS", "NPROC", "XLA_FLAGS")}
    if same_machine:
        of_jax["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return of_jax


def _check_nodes(config: TrainerConfig, nodes: Sequence[Mapping[str, Any]], resource: str) -> None:
    """Raises InputError for a node without this package, or with other software; and for a mixture."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    probe = ray.remote(node_facts)
    asked = [
        probe.options(
            num_cpus=0,
            max_retries=0,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False),
            runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}
            if config.address == "local"
            else None,
        ).remote()
        for node in nodes
    ]
    ready, _ = ray.wait(asked, num_returns=len(asked), timeout=ANSWER_SECONDS) if asked else ([], [])
    driver, kinds = node_facts(), set()
    # Of a node that is lost meanwhile; Ray lists it for some time. Whatever trains is looked at again.
    lost = (ray.exceptions.NodeDiedError, ray.exceptions.TaskUnschedulableError, ray.exceptions.WorkerCrashedError)
    for node, reference in zip(nodes, asked, strict=True):
        name = node["NodeManagerHostname"]
        allowed = "nodes with this package and the driver's versions"
        require(reference in ready, "trainer.address", config.address, f"{allowed} ({name} does not answer)")
        try:
            facts = ray.get(reference)
        except lost:
            continue
        except ray.exceptions.RayError as error:
            raise InputError("trainer.address", config.address, f"{allowed} ({name}: {one_line(error)})") from None
        different = facts.different(driver)
        require(different is None, "trainer.address", config.address, f"{allowed} ({different})")
        types = [key for key in node["Resources"] if key.startswith("accelerator_type:")]
        kinds.add(tuple(types) if resource == "GPU" else facts.processor)
    allowed = "True for a cluster with devices of different kinds, which round differently"
    require(config.mixed or len(kinds) <= 1, "trainer.mixed", config.mixed, allowed)
