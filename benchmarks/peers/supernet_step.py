"""Seconds of a search step of DARTS in our supernet, and of its compilation.

    taskset -c 0 python -m benchmarks.peers.supernet_step --step weights --json OUT

Claims: seconds to trace and compile a step as `econas-jax supernet` does, the steps' wall and CPU seconds, and the
process's peak memory. `weights` is a step of the weights alone (forward, cross-entropy, backward, clip to norm 5, SGD
with momentum and weight decay); `second-order` is a whole step of the second-order search, of the architecture with the
published finite difference (four passes, then Adam) and then of the weights. Batches are in memory as stored, and
augmented in the step, which theirs are not.
"""

from __future__ import annotations

import dataclasses
import time

import jax
import numpy as np
from jax.sharding import Mesh

from benchmarks.common.epoch_timing import parse
from benchmarks.common.step_command import write
from benchmarks.common.supernet_command import supernet_parser, timed
from econas_jax.data.cifar10 import MEAN, STD
from econas_jax.nn import CellSupernet
from econas_jax.spaces.proxy import Proxy
from econas_jax.supernet.config import NetworkConfig, TrainingConfig
from econas_jax.supernet.course import PhaseReads
from econas_jax.supernet.method_configs import DartsConfig
from econas_jax.supernet.methods.darts import Darts
from econas_jax.supernet.methods.method import Phase, Setting
from econas_jax.supernet.methods.tables import softmax
from econas_jax.supernet.programs import SupernetPrograms
from econas_jax.supernet.steps import weights_step
from econas_jax.supernet.task import TRAINED, Batches, Measures, Moment, SupernetState, SupernetTask
from econas_jax.training.epoch import Images
from econas_jax.training.network_step import DATA


@dataclasses.dataclass(frozen=True)
class WeightsOfDarts(Darts):
    """DARTS whose architecture stays."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """One, of the weights."""
        return (Phase("weights", PhaseReads(None, True, 0), self.step, TRAINED),)

    def step(
        self, task: SupernetTask, state: SupernetState, batches: Batches, moment: Moment
    ) -> tuple[SupernetState, Measures]:
        """Steps the weights."""
        training = task.augmented(batches.weights, "augmentation", moment)
        return weights_step(task, state, softmax(state.architecture), training, moment.learning_rate)


METHODS: dict[str, type[Darts]] = {"weights": WeightsOfDarts, "second-order": Darts}


def main() -> None:
    """Runs the command."""
    arguments = parse(supernet_parser(__doc__))
    size, count = arguments.resolution, arguments.batch
    setting = Setting(Proxy(arguments.channels, size, 1.0, 50), NetworkConfig(cells=arguments.cells), count)
    network, training = CellSupernet(channels=arguments.channels, cells=arguments.cells), TrainingConfig(count)
    task = SupernetTask(network, network.nodes, training, size, MEAN, STD)
    method = METHODS[arguments.step](DartsConfig(second_order=arguments.step == "second-order"), setting)
    programs = SupernetPrograms(task, method, Mesh(np.array(jax.devices()[:1]), (DATA,)))
    rng, shape = np.random.default_rng(0), (count, size, size, 3)

    def batch() -> Images:
        return Images(*jax.device_put((rng.integers(0, 256, shape, np.uint8), rng.integers(0, 10, count, np.int32))))

    batches = Batches(batch(), batch() if arguments.step == "second-order" else None)
    state = [programs.init()(np.int32(0))]
    start = time.perf_counter(), time.process_time()
    program = programs.step(0, shape, None if batches.architecture is None else shape)
    compilation = {
        "compile_seconds": time.perf_counter() - start[0],
        "compile_cpu_seconds": time.process_time() - start[1],
    }
    moment = Moment(np.int32(0), np.int32(0), np.float32(0.025), np.float32(1.0), np.int32(0))

    def step() -> None:
        new, measures = program(state.pop(), batches, moment)
        jax.block_until_ready(measures)
        state.append(new)

    write(compilation | timed(step, arguments), arguments)


if __name__ == "__main__":
    main()
