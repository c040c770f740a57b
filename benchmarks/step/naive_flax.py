"""A training step of the network a JAX user would write first: plain Flax, compiled anew for each genotype.

    taskset -c 0 python -m benchmarks.step.naive_flax --genotypes benchmarks/genotypes.txt --json OUT

Claims: for each genotype the seconds to compile the training step of its `CellNetwork` as it is defined (`nn.Conv`
with `feature_group_count`, cells unrolled), not as a CPU computes it in place of that; and the median seconds of a
step, in the JSON form of proxy_step. A step is forward, cross-entropy, backward, clip to norm 5, SGD with momentum and
weight decay, on a batch that is already on the device; proxy_step does more, for it gathers and augments its images.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from benchmarks.common.benchmark_task import CLASSES
from benchmarks.common.step_command import median_seconds, own_peak_bytes, read_genotypes, step_parser, write
from econas_jax import CellNetwork, Genotype
from econas_jax.nn.platform import tracing_for


def measure(genotype: Genotype, arguments: argparse.Namespace) -> tuple[float, float]:
    """Returns the seconds to compile and the seconds of a step."""
    network = CellNetwork(genotype, arguments.channels, arguments.cells_per_stage, CLASSES)
    optimizer = optax.chain(
        optax.clip_by_global_norm(5.0), optax.add_decayed_weights(3e-4), optax.sgd(0.1, momentum=0.9)
    )
    rng = np.random.default_rng(0)
    shape = (arguments.batch, arguments.resolution, arguments.resolution, 3)
    images = jnp.asarray(rng.standard_normal(shape, np.float32))
    labels = jnp.asarray(rng.integers(0, CLASSES, arguments.batch, np.int32))
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), images, train=False))
    # Values do not change the work, and drawing them would have to be compiled too.
    variables = jax.tree.map(lambda leaf: jnp.full(leaf.shape, 0.1, leaf.dtype), shapes)

    def step(variables: Any, state: Any, images: jax.Array, labels: jax.Array) -> tuple[Any, Any, jax.Array]:
        def loss_function(params: Any) -> tuple[jax.Array, Any]:
            given = {**variables, "params": params}
            logits, updated = network.apply(given, images, train=True, mutable=["batch_stats"])
            return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels)), updated

        (loss, updated), gradient = jax.value_and_grad(loss_function, has_aux=True)(variables["params"])
        updates, state = optimizer.update(gradient, state, variables["params"])
        return {"params": optax.apply_updates(variables["params"], updates), **updated}, state, loss

    state = optimizer.init(variables["params"])
    start = time.perf_counter()
    with tracing_for("gpu"):  # the network's definition, which is what it computes on other platforms than CPUs
        lowered = jax.jit(step, donate_argnums=(0, 1)).lower(variables, state, images, labels)
    program = lowered.compile()
    compile_seconds = time.perf_counter() - start
    held = [(variables, state)]

    def run_steps(repeat: int) -> None:
        variables, state = held.pop()
        for _ in range(arguments.steps):
            variables, state, loss = program(variables, state, images, labels)
        jax.block_until_ready(loss)
        held.append((variables, state))

    return compile_seconds, median_seconds(run_steps, arguments.steps, arguments.repeats)


def main() -> None:
    """Runs the command."""
    arguments = step_parser(__doc__).parse_args()
    jax.config.update("jax_enable_compilation_cache", False)
    measured = [measure(genotype, arguments) for genotype in read_genotypes(arguments.genotypes)]
    result = {
        "compile_seconds": [compile_seconds for compile_seconds, _ in measured],
        "step_seconds": [step_seconds for _, step_seconds in measured],
        "peak_bytes": own_peak_bytes(),
    }
    write(result, arguments)


if __name__ == "__main__":
    main()
