"""Seconds of a retraining step of ours, and of its compilation.

    taskset -c 0 python -m benchmarks.peers.retrain_step --genotype DARTS_V2 --json OUT

Claims: seconds to trace and compile the step of `CellNetwork` as a retraining does, its steps' wall and CPU seconds,
and the process's peak memory. A step is that of darts_step: forward, cross-entropy, backward, clip to norm 5, SGD with
momentum and weight decay on a batch in memory, without auxiliary head, drop-path and augmentation.
"""

from __future__ import annotations

import functools
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.common.epoch_timing import parse
from benchmarks.common.retrain_command import (
    CLIP,
    LEARNING_RATE,
    MOMENTUM,
    WEIGHT_DECAY,
    retrain_parser,
    time_steps,
)
from benchmarks.common.step_command import write
from econas_jax import CellNetwork
from econas_jax.spaces.darts import published
from econas_jax.training.compile.kept_program import lower_kept, of_trees


def sgd_step(network: CellNetwork, state: tuple[Any, Any], images: jax.Array, labels: jax.Array) -> tuple[Any, Any]:
    """Returns the state after one step, which is variables and momentum, and the loss."""
    variables, momentum = state

    def loss(parameters: Any) -> tuple[jax.Array, Any]:
        given = {"params": parameters, "batch_stats": variables["batch_stats"]}
        logits, updated = network.apply(given, images, train=True, mutable=["batch_stats"])
        likelihood = jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1)
        return -jnp.mean(likelihood), updated["batch_stats"]

    (value, statistics), gradients = jax.value_and_grad(loss, has_aux=True)(variables["params"])
    norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradients)))
    scale = jnp.minimum(1.0, CLIP / (norm + 1e-6))

    def new_momentum(old: jax.Array, gradient: jax.Array, parameter: jax.Array) -> jax.Array:
        return MOMENTUM * old + scale * gradient + WEIGHT_DECAY * parameter

    momentum = jax.tree.map(new_momentum, momentum, gradients, variables["params"])
    parameters = jax.tree.map(lambda old, step: old - LEARNING_RATE * step, variables["params"], momentum)
    return ({"params": parameters, "batch_stats": statistics}, momentum), value


def main() -> None:
    """Runs the command."""
    arguments = parse(retrain_parser(__doc__))
    network = CellNetwork(getattr(published, arguments.genotype), arguments.channels, arguments.cells_per_stage)
    rng, size = np.random.default_rng(0), arguments.resolution
    images = jnp.asarray(rng.standard_normal((arguments.batch, size, size, 3), np.float32))
    labels = jnp.asarray(rng.integers(0, 10, arguments.batch))
    shapes = jax.eval_shape(lambda: network.init(jax.random.key(0), images, train=True))
    variables: Any = jax.tree.map(lambda leaf: jnp.asarray(0.1 * rng.standard_normal(leaf.shape, np.float32)), shapes)
    momentum = jax.tree.map(jnp.zeros_like, variables["params"])

    start = time.perf_counter(), time.process_time()
    state = [(variables, momentum)]
    del variables, momentum
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), (state[0], images, labels))
    function = functools.partial(sgd_step, network)
    kept: dict[str, Any] = {"depends_on": (network,), "platform": "cpu", "consumes_first": True}
    compiled = lower_kept("step", function, shapes, **kept).compile()
    memory = compiled.memory_analysis()
    assert memory is not None
    compilation = {
        "compile_seconds": time.perf_counter() - start[0],
        "compile_cpu_seconds": time.process_time() - start[1],
        "temporary_bytes": memory.temp_size_in_bytes,
    }
    program = of_trees(compiled, (state[0], 0))

    def step() -> None:
        new, loss = program(state.pop(), images, labels)
        jax.block_until_ready(loss)
        state.append(new)

    write(compilation | time_steps(step, arguments), arguments)


if __name__ == "__main__":
    main()
