"""What the training epoch becomes on an H100, compiled for one where there is none: graphs, kernels, bytes, hours.

    pip download --no-deps --dest wheels jax-cuda12-pjrt==0.10.2 jax-cuda12-plugin==0.10.2
    for wheel in wheels/*.whl; do unzip -q "$wheel" -d cuda_plugins; done
    commit=0774019d97e77dc433ce97604295f6fc0f5b3b65
    specs=https://raw.githubusercontent.com/openxla/xla/$commit/xla/backends/gpu/target_config/specs
    curl -sS $specs/h100_sxm.txtpb | grep -v collective_memory_granularity > h100.txtpb
    JAX_PLATFORMS=cpu PYTHONPATH=.:cuda_plugins python benchmarks/gpu_report.py --target h100.txtpb --json OUT

The wheels need not be installed (180 MB; unzipped 490 MB), and neither a driver nor a CUDA library is needed. The
target is the openxla/xla project's description of the device, less one field that this jaxlib does not know yet; it
names the versions of driver, runtime and cuDNN, without which XLA puts no conditional into a CUDA graph.

Claims: what XLA makes of the epoch as `WaveTrainer` compiles it, read from its optimised program and its list of the
host's work, for each number of lanes. What depends on the branches taken is given as the mean over the genotypes of a
file and for the largest branch of each conditional. Nothing is run: the hours of a search are those that bandwidth,
operations or launches alone would take, under the assumptions of `gpu_bounds.py`, and XLA chose its kernels without
timing them.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_task import IMAGE_SIZE, benchmark_task
from gpu_bounds import search_bounds
from gpu_program import largest, loop_turns, mean, step_cost
from gpu_thunks import host_work
from hlo_text import Program
from jax.experimental import topologies
from jax.sharding import Mesh
from result_file import write_result
from step_command import read_genotypes

from econas_jax import Genotype
from econas_jax.nn.platform import tracing_for
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS
from econas_jax.training.compile.population_mesh import POPULATION
from econas_jax.training.programs import Programs

HERE = Path(__file__).resolve().parent
INPUTS = 2


def lower(mesh: Mesh, lanes: int, arguments: argparse.Namespace) -> Any:
    """The epoch of `WaveTrainer` on one device with so many lanes, as `econas_jax.search` sets it up."""
    task = benchmark_task(
        arguments.channels, arguments.cells_per_stage, arguments.resolution, arguments.batch, branch_free=lanes > 1
    )
    images = (arguments.steps * arguments.batch, IMAGE_SIZE, IMAGE_SIZE, 3)
    with tracing_for("gpu"):
        return Programs(task, mesh, lanes, read_genotypes(arguments.genotypes)[0], images, images).lower("epoch")


def branch_shares(genotypes: list[Genotype]) -> dict[int, list[float]]:
    """How often each branch is taken: in normal cells by operation, in reduction cells also by what is read."""
    encoded = [genotype.encode() for genotype in genotypes]
    kinds = len(SEARCH_OPERATIONS)
    normal = np.concatenate([one.normal.operations for one in encoded])
    reduce = np.concatenate([one.reduce.operations + kinds * (one.reduce.inputs >= INPUTS) for one in encoded])
    counts = {kinds: np.bincount(normal, minlength=kinds), 2 * kinds: np.bincount(reduce, minlength=2 * kinds)}
    return {branches: (count / count.sum()).tolist() for branches, count in counts.items()}


def report(mesh: Mesh, lanes: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Compiles for so many lanes and reads what came out."""
    lowered = lower(mesh, lanes, arguments)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        compiled = lowered.compile(compiler_options={"xla_dump_to": folder, "xla_dump_hlo_as_text": True})
        seconds = time.perf_counter() - start
        [thunks] = Path(folder).glob("*.thunk_sequence_after_thunk_passes.txt")
        [metadata] = Path(folder).glob("*.thunk_metadata.txt")
        sequence, names = (file.read_text(encoding="utf-8") for file in (thunks, metadata))
    text = compiled.as_text()
    program = Program(text)
    host = host_work(sequence, names, loop_turns(program), arguments.steps)
    shares = branch_shares(read_genotypes(arguments.genotypes))
    costs = {name: step_cost(program, choice) for name, choice in (("mean", mean(shares)), ("largest", largest))}
    return {
        "compile_seconds": seconds,
        "temporary_bytes": compiled.memory_analysis().temp_size_in_bytes,
        "cudnn_calls": text.count('custom_call_target="__cudnn'),
        "host": host._asdict(),
        "step": {name: cost._asdict() for name, cost in costs.items()},
        "whole_search_hours": {name: search_bounds(cost, host, lanes) for name, cost in costs.items()},
    }


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", type=Path, required=True, help="the device, as openxla/xla describes it")
    parser.add_argument("--lanes", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--genotypes", type=Path, default=HERE / "genotypes.txt", help="for the shares of branches")
    parser.add_argument("--channels", type=int, default=9)
    parser.add_argument("--resolution", type=int, default=8)
    parser.add_argument("--cells-per-stage", type=int, default=6)
    parser.add_argument("--batch", type=int, default=384)
    # XLA sorts more than 16,384 numbers by a library that has to be there, and an epoch is shuffled by sorting.
    parser.add_argument("--steps", type=int, default=6, help="of the compiled epoch; they change nothing of a step")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    target = arguments.target.read_text(encoding="utf-8")
    device = topologies.get_topology_desc(platform="cuda", topology="1x1x1", target_config=target)
    mesh = topologies.make_mesh(device, (1,), (POPULATION,))
    setting = {name: value for name, value in vars(arguments).items() if isinstance(value, int)}
    described = {"device": str(mesh.devices.flat[0].device_kind), "sha256": hashlib.sha256(target.encode()).hexdigest()}
    by_lanes = {str(lanes): report(mesh, lanes, arguments) for lanes in arguments.lanes}
    result = {"setting": setting, "target": described, "lanes": by_lanes}
    print(write_result(arguments.json, result))


if __name__ == "__main__":
    main()
