"""Which devices a search trains on. Call `set_up` before anything else touches JAX's devices."""

from __future__ import annotations

import contextlib
import os

import jax

from econas_jax.errors import require
from econas_jax.nn import ComputeDtype

# A quarter of what XLA for CPU does to compile the training epoch is to unroll loops, and no step is faster for it.
_FLAGS = ("--xla_cpu_multi_thread_eigen=false", "--xla_backend_extra_options=xla_cpu_disable_loop_unrolling=true")


def set_up(count: int | None, compute_dtype: ComputeDtype = "float32") -> list[jax.Device]:
    """The devices to train on, one candidate each: `count` of them, or all.

    A machine without an accelerator gets one virtual device a CPU core, each with one thread: two candidates on two
    cores finish more than one candidate on both. A single device has one thread too: with several, XLA cuts products up
    and so rounds otherwise, and results must not depend on the number of devices. What the user has set in XLA_FLAGS
    stays. Raises InputError if there are not as many devices, and for bfloat16 on CPUs, which lack it: XLA would
    convert to and from float32 at every step.
    """
    cores = count if count is not None else _cores()
    flags = os.environ.get("XLA_FLAGS", "")
    os.environ["XLA_FLAGS"] = " ".join(filter(None, [flags, *(f for f in _FLAGS if f.split("=")[0] not in flags)]))
    if "xla_force_host_platform_device_count" not in flags:
        with contextlib.suppress(RuntimeError):  # JAX already runs, in a library user's process: use what there is
            jax.config.update("jax_num_cpu_devices", cores)
    devices = jax.local_devices()
    require(count is None or count <= len(devices), "devices", count, f"at most {len(devices)}, what JAX has here")
    fits = compute_dtype == "float32" or devices[0].platform != "cpu"
    require(fits, "network.compute_dtype", compute_dtype, "float32 on a CPU (bfloat16 is for accelerators)")
    return devices[:count]


def advice(platform: str, lanes: int) -> str | None:
    """What to tell the user of devices of this platform that train so many candidates at a time each."""
    if platform == "cpu" or lanes > 1:
        return None
    return "one candidate at a time on each device: with --config.lanes=16 a GPU trains several times as many an hour"


def _cores() -> int:
    """Those this process may use, where the system tells; else all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
