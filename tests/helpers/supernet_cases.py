"""A small supernet that compiles soon, and a training step of it, shared by the tests of supernets."""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from network_cases import Tree, quick_jit

from econas_jax.nn import CellSupernet, EdgeWeights
from econas_jax.nn.platform import tracing_for

# Two cells in the first stage, one in the others, both reductions; maps of 4x4, 2x2 and 1x1 pixels.
SMALL = CellSupernet(channels=2, cells=6, nodes=2, classes=3)
SIZE, BATCH = 4, 6


def shapes_of(net: CellSupernet, size: int = SIZE) -> Tree:
    weights = EdgeWeights(*(jnp.zeros((net.edges, 8)),) * 2)
    images = jnp.zeros((2, size, size, 3))
    shapes: Tree = jax.eval_shape(lambda: net.init(jax.random.key(0), images, weights, train=False))
    return shapes


def random_weights(net: CellSupernet, seed: int) -> EdgeWeights:
    """A softmax of random numbers."""
    rng = np.random.default_rng(seed)
    tables = (jnp.asarray(rng.standard_normal((net.edges, 8), np.float32)) for _ in range(2))
    return EdgeWeights(*(jax.nn.softmax(table) for table in tables))


def step(net: CellSupernet, variables: Tree, images: Any, weights: EdgeWeights) -> Any:
    """Logits and statistics in training, the gradients for parameters and weights, and logits in evaluation."""

    def loss(parameters: Tree, weights: EdgeWeights) -> Any:
        given = {**variables, "params": parameters}
        logits, updated = net.apply(given, images, weights, train=True, mutable=["batch_stats"])
        return jnp.sum(jnp.sin(logits)), (logits, updated)

    (_, results), gradients = jax.value_and_grad(loss, (0, 1), has_aux=True)(variables["params"], weights)
    return results, gradients, net.apply(variables, images, weights, train=False)


@functools.cache
def _compiled(net: CellSupernet) -> Any:
    return quick_jit(functools.partial(step, net))


def step_on_cpu(net: CellSupernet, variables: Tree, images: np.ndarray, weights: EdgeWeights) -> Any:
    """`step` as a CPU computes it."""
    with tracing_for("cpu"):
        return _compiled(net)(variables, images, weights)


def step_plainly(net: CellSupernet, variables: Tree, images: np.ndarray, weights: EdgeWeights) -> Any:
    """`step` by the definition, edge by edge, compiled in haste: as one program it would take a minute to compile."""
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        with tracing_for("gpu"):
            return step(net, variables, images, weights)
    finally:
        jax.config.update("jax_disable_most_optimizations", False)
