"""Seconds a training step takes in one proxy setting, for each of some genotypes, with one compilation for all.

    taskset -c 0 python benchmarks/proxy_step.py --genotypes benchmarks/genotypes.txt --json step.json

Claims: the median time of a step inside the compiled training epoch (gather, augmentation, forward, backward, SGD) as a
search runs it, the time to compile that epoch from nothing, and the process's peak memory. Pinned to one core, XLA uses
one thread. The images are random bytes: their content does not change the work.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from econas_jax import Genotype, SearchNetwork, Task, TrainingConfig, provenance
from econas_jax.training import Images, init_state, train_epoch

IMAGE_SIZE, CLASSES = 32, 10  # CIFAR-10's, before the resize to the proxy's resolution


def measure(genotypes: list[Genotype], arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles the epoch, then times it for every genotype."""
    network = SearchNetwork(arguments.channels, arguments.cells_per_stage, CLASSES)
    config = TrainingConfig(batch_size=arguments.batch)
    task = Task(network, config, arguments.resolution, 60, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), seed=0)
    rng = np.random.default_rng(0)
    count = arguments.steps * arguments.batch
    images = rng.integers(0, 256, (count, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    split = jax.device_put(Images(images, rng.integers(0, CLASSES, count, np.int32)))  # type: ignore[arg-type]
    init = jax.jit(lambda genotype: init_state(task, 0, genotype))
    state = init(genotypes[0].encode())
    epoch = jax.jit(lambda *inputs: train_epoch(task, *inputs), donate_argnums=0)
    start = time.perf_counter()
    program = epoch.lower(state, genotypes[0].encode(), split, np.int32(0)).compile()
    compile_seconds = time.perf_counter() - start
    step_seconds = []
    for genotype in genotypes:
        state, times = init(genotype.encode()), []
        for repeat in range(arguments.repeats + 1):
            start = time.perf_counter()
            state, metrics = program(state, genotype.encode(), split, np.int32(repeat))
            jax.block_until_ready(metrics)
            times.append((time.perf_counter() - start) / arguments.steps)
        step_seconds.append(statistics.median(times[1:]))  # the first run warms up
    return {
        "step_seconds": step_seconds,
        "compile_seconds": compile_seconds,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--genotypes", type=Path, required=True, help="a genotype's published text on each line")
    parser.add_argument("--channels", type=int, default=9)
    parser.add_argument("--resolution", type=int, default=8)
    parser.add_argument("--cells-per-stage", type=int, default=6)
    parser.add_argument("--batch", type=int, default=384)
    parser.add_argument("--steps", type=int, default=6, help="steps in the compiled epoch")
    parser.add_argument("--repeats", type=int, default=5, help="epochs a median is taken over, after one to warm up")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    jax.config.update("jax_enable_compilation_cache", False)
    lines = arguments.genotypes.read_text(encoding="utf-8").splitlines()
    genotypes = [Genotype.parse(line) for line in lines if line.strip()]
    setting = {name: value for name, value in vars(arguments).items() if isinstance(value, int)}
    made_with = {"machine": provenance.machine(), "versions": provenance.versions()}
    result = measure(genotypes, arguments)
    result |= {"setting": setting, "git_revision": provenance.git_revision(), **made_with}
    arguments.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
