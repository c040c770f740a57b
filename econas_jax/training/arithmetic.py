"""JAX's settings that change what training computes: part of what an experiment's folder was made with."""

from __future__ import annotations

import os

import jax

from econas_jax.errors import require

SETTINGS = (
    "jax_default_matmul_precision",
    "jax_default_prng_impl",
    "jax_disable_most_optimizations",
    "jax_exec_time_optimization_effort",
    "jax_numpy_dtype_promotion",
    "jax_optimization_level",
    "jax_random_seed_offset",
    "jax_threefry_partitionable",
)
# Flags that write files, and those that a worker's one core takes the effect from.
HARMLESS_FLAGS = ("--xla_dump", "--xla_force_host_platform_device_count", "--xla_cpu_multi_thread_eigen")


def arithmetic() -> dict[str, str]:
    """Returns the settings by name, as text; raises InputError for 64-bit numbers: training is float32 throughout."""
    values = jax.config.values
    require(not values["jax_enable_x64"], "jax_enable_x64", True, "False: training is float32 throughout")
    flags = [flag for flag in os.environ.get("XLA_FLAGS", "").split() if not flag.startswith(HARMLESS_FLAGS)]
    settings = {name: str(values[name]) for name in SETTINGS if name in values}
    return settings | {"XLA_FLAGS": " ".join(sorted(flags))}
