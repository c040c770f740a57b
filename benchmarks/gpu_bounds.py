"""Hours of a whole search on an H100 by each limit alone, from a compiled step: assumptions, nothing was run.

The search is `configs/econas.py` on one device: its waves, with idle lanes where a stage has fewer candidates, each of
E epochs over 45,000 images. Validation, initial values, checkpoints and the host's own work are left out. The bandwidth
counts what every kernel reads and writes as if it came from memory each time; what stays in the L2 cache (50 MB) makes
it smaller.
"""

from __future__ import annotations

import math
import runpy
from pathlib import Path

from gpu_program import Cost
from gpu_thunks import HostWork

from econas_jax.search import from_mapping

CONFIG = Path(__file__).resolve().parent.parent / "configs" / "econas.py"
TRAINING_IMAGES = 45_000  # CIFAR-10's less the 5,000 that are held out for validation
# As the H100 SXM's target says: HBM3; 132 cores of 128 units at 1.98 GHz, two float32 operations each. XLA's products
# may use tensor cores instead, which have seven times as many in TF32.
BYTES_PER_SECOND = 3.35e12
OPERATIONS_PER_SECOND = 67e12
# CUDA.jl's documentation (cuda.juliagpu.org/dev/usage/graphs): 80 small kernels take 260 us one by one, 70 as a graph;
# the GPU is not named. A graph is taken to cost what a kernel does, and then for each of its kernels the smaller time.
SECONDS_PER_LAUNCH = 260e-6 / 80
SECONDS_PER_KERNEL_IN_GRAPH = 70e-6 / 80


def search_steps(lanes: int) -> int:
    """Steps one device takes, each with all its lanes."""
    config = from_mapping(runpy.run_path(str(CONFIG))["get_config"]())
    search = config.search
    in_a_cycle = (search.children, search.promotions_to_2e, search.promotions_to_3e)
    waves_in_a_cycle = sum(math.ceil(candidates / lanes) for candidates in in_a_cycle)
    waves = math.ceil(search.initial_population / lanes) + search.cycles * waves_in_a_cycle
    images = int(TRAINING_IMAGES * config.proxy.sample_ratio)
    return waves * search.epochs * (images // config.training.batch_size)


def search_bounds(step: Cost, host: HostWork, lanes: int) -> dict[str, float] | None:
    """Hours by each bound; None if the host has to wait within a step, for how long is not known."""
    if host.host_waits_per_step:
        return None
    alone = host.other_launches_per_step
    launches = SECONDS_PER_LAUNCH * (alone + host.graph_launches_per_step)
    seconds = {
        "bandwidth": step.bytes / BYTES_PER_SECOND,
        "operations": step.operations / OPERATIONS_PER_SECOND,
        "launches": launches + SECONDS_PER_KERNEL_IN_GRAPH * (step.kernels - alone),
    }
    return {bound: search_steps(lanes) * second / 3600 for bound, second in seconds.items()}
