"""Which devices candidates are trained on: accelerators, or else CPU cores with a worker process each."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import jax

from econas_jax.errors import InputError, require, require_integer
from econas_jax.nn import ComputeDtype
from econas_jax.training.trainer_config import TrainerConfig

if TYPE_CHECKING:
    from econas_jax.training.ray.cluster import Cluster

PROCESSES_A_CORE = 8  # at most: more only take memory


@dataclasses.dataclass(frozen=True)
class Devices:
    """The devices of a trainer: CPU cores, by number, or accelerators, or what a cluster has."""

    cores: tuple[int, ...] = ()  # one for each worker process; several may share a core
    accelerators: tuple[jax.Device, ...] = ()
    cluster: Cluster | None = None

    @property
    def platform(self) -> str:
        """JAX's name of the platform, such as cpu or gpu."""
        if self.cluster is not None:
            return self.cluster.platform
        return "cpu" if self.cores else self.accelerators[0].platform

    def __len__(self) -> int:
        return len(self.cluster or self.cores or self.accelerators)


def find_devices(
    where: TrainerConfig, count: int | None, compute_dtype: ComputeDtype, say: Callable[[str], None]
) -> Devices:
    """Chooses devices of this machine, or joins the cluster that the config names; raises InputError as these do.

    count: None for all of them. say: is told what happens to devices that may come and go.
    """
    if where.name == "auto":
        return choose_devices(count, compute_dtype)
    from econas_jax.training.ray.cluster import join_cluster  # Ray is an extra

    devices = Devices(cluster=join_cluster(where, count, say, len(available_cores())))
    _require_type(compute_dtype, devices.platform)
    return devices


def choose_devices(count: int | None = None, compute_dtype: ComputeDtype = "float32") -> Devices:
    """Chooses `count` devices, or all: accelerators where JAX has some, else worker processes on CPU cores.

    On a CPU every candidate is trained in a process that is bound to one core, whatever their number and whatever this
    process has done before, so that all of them round alike. Raises InputError for more devices than there can be,
    and for bfloat16 on CPUs, which lack it: XLA would convert to and from float32 at every step.
    """
    if count is not None:
        require_integer("devices", count, 1)
    local = _local_devices()
    if local[0].platform != "cpu":
        require(count is None or count <= len(local), "devices", count, f"at most {len(local)}, what JAX has here")
        return Devices(accelerators=tuple(local[:count]))
    _require_type(compute_dtype, local[0].platform)
    cores = available_cores()
    most = PROCESSES_A_CORE * len(cores)
    allowed = f"at most {most}: {PROCESSES_A_CORE} processes for each of {len(cores)} cores"
    require(count is None or count <= most, "devices", count, allowed)
    return Devices(cores=tuple(itertools.islice(itertools.cycle(cores), count or len(cores))))


def batch_devices(count: int | None = None, compute_dtype: ComputeDtype = "float32") -> tuple[jax.Device, ...]:
    """Chooses the devices that share every batch of one network: `count` of JAX's, or every accelerator, or the CPU.

    A CPU is one device, whatever the number of its cores, unless JAX was told to make several of it. Raises InputError
    for more devices than there are, and for bfloat16 on CPUs.
    """
    local = _local_devices()
    _require_type(compute_dtype, local[0].platform)
    if count is None:
        return tuple(local[:1] if local[0].platform == "cpu" else local)
    require_integer("devices", count, 1)
    require(count <= len(local), "devices", count, f"at most {len(local)}, what JAX has here")
    return tuple(local[:count])


def _require_type(compute_dtype: ComputeDtype, platform: str) -> None:
    fits = platform != "cpu" or compute_dtype == "float32"
    require(fits, "network.compute_dtype", compute_dtype, "float32 on a CPU (bfloat16 is for accelerators)")


def _local_devices() -> list[jax.Device]:
    try:
        return jax.local_devices()
    except RuntimeError as error:  # JAX_PLATFORMS asks for what is not there
        platforms, reason = jax.config.values["jax_platforms"], str(error).partition("\n")[0]
        raise InputError("JAX_PLATFORMS", platforms, f"platforms of this machine ({reason})") from None


def available_cores() -> list[int]:
    """The numbers of the CPU cores that this process may use, where the system tells; else of all."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def lanes_hint(platform: str, lanes: int) -> str | None:
    """A hint for the user about `lanes` on this platform, or None."""
    if platform == "cpu" or lanes > 1:
        return None
    return "one candidate at a time on each device: with --config.lanes=16 a GPU trains several times as many an hour"
