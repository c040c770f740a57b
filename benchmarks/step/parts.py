"""What each operation of the search space adds to a training step, beside what the core could do at best.

    GLIBC_TUNABLES=glibc.malloc.hugetlb=1 python -m benchmarks.step.parts --json OUT

Claims, for c4r4 (9 channels, 8x8, N = 6, batch 384) on one pinned core: the median step of a network whose edges all
have one operation (the inputs are those of the first genotype of genotypes.txt). For each operation, in milliseconds a
step more than the network of `none` takes: its cost; its arithmetic floor, the multiply-adds of forward and backward
(three times the forward's) at the rate of one large matrix product; and its memory floor, reading and writing each
state once where an edge must (7 times a state's bytes: input and node forward, input and two gradients backward) at the
rate at which a single state in the cache is read and written. The rates (core_rates) are those of the same core.
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.common.benchmark_task import BATCH, CELLS, CHANNELS, RESOLUTION
from benchmarks.common.pinned import run_pinned, script
from benchmarks.common.result_file import write_result
from benchmarks.common.step_command import read_genotypes
from benchmarks.step.core_rates import STATE_BYTES, core_rates
from econas_jax import Genotype
from econas_jax.spaces.darts import multiply_adds
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

STAGES = 3
PASSES, TRAFFIC = 3, 7  # multiply-adds of a step per multiply-add of the forward pass; reads and writes of a state


def uniform(genotype: Genotype, operation: str) -> Genotype:
    """Returns the genotype with one operation on all edges."""
    cells = {
        name: dataclasses.replace(cell, edges=tuple(edge._replace(operation=operation) for edge in cell.edges))
        for name, cell in (("normal", genotype.normal), ("reduce", genotype.reduce))
    }
    return Genotype(**cells)


def memory_floor(rates: dict[str, float]) -> float:
    """Returns the seconds a step needs to move what all edges must read and write; states halve from stage to stage."""
    nodes = 4
    states = [STATE_BYTES / 2**stage for stage in range(STAGES)]
    edges = 2 * nodes * CELLS
    reduction = 2 * nodes * sum(states[1:])  # a reduction cell's outputs have the next stage's size
    return TRAFFIC * (edges * sum(states) + reduction) / rates["bytes_a_second"]


def parts(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measures all operations and returns them with their floors."""
    [first, *_] = read_genotypes()
    networks = {operation: uniform(first, operation) for operation in SEARCH_OPERATIONS}
    rates = core_rates({arguments.core})
    with tempfile.TemporaryDirectory() as folder:
        genotypes = Path(folder) / "genotypes.txt"
        genotypes.write_text("\n".join(map(str, networks.values())) + "\n", encoding="utf-8")
        command = [*script("step.proxy_step"), "--genotypes", str(genotypes)]
        measured = run_pinned(command, {arguments.core})
    steps = dict(zip(networks, measured["step_seconds"], strict=True))
    work = {
        name: PASSES * BATCH * multiply_adds(network, channels=CHANNELS, cells_per_stage=CELLS, resolution=RESOLUTION)
        for name, network in networks.items()
    }
    rows = {
        name: {
            "step_ms": 1000 * steps[name],
            "over_none_ms": 1000 * (steps[name] - steps["none"]),
            "arithmetic_floor_ms": 1000 * (work[name] - work["none"]) / rates["multiply_adds_a_second"],
            "memory_floor_ms": 0.0 if name == "none" else 1000 * memory_floor(rates),
        }
        for name in networks
    }
    none_floor = 1000 * work["none"] / rates["multiply_adds_a_second"]
    return {"operations": rows, "none_arithmetic_floor_ms": none_floor, "rates": rates}


def main() -> None:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    print(write_result(arguments.json, parts(arguments)))


if __name__ == "__main__":
    main()
