"""Seconds of a search step in a supernet of ours, and of its compilation.

    taskset -c 0 python -m benchmarks.peers.supernet_step --step weights --json OUT

Claims: seconds to trace and compile the step of `CellSupernet`, its steps' wall and CPU seconds, and the process's peak
memory. The steps are those of darts_search_step: of the weights (forward, cross-entropy, backward, clip to norm 5, SGD
with momentum and weight decay), or of the architecture by second order with a finite difference (five forward and
backward passes, then Adam), on batches in memory.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.common.epoch_timing import parse
from benchmarks.common.retrain_command import CLIP, LEARNING_RATE, MOMENTUM, WEIGHT_DECAY
from benchmarks.common.step_command import write
from benchmarks.common.supernet_command import (
    ALPHA_BETAS,
    ALPHA_DECAY,
    ALPHA_RATE,
    PERTURBATION,
    supernet_parser,
    timed,
)
from econas_jax.nn import CellSupernet, EdgeWeights

State = dict[str, Any]  # params, batch_stats, momentum, alphas, and Adam's two moments of these
Batch = tuple[jax.Array, jax.Array]


def loss_of(
    net: CellSupernet, parameters: Any, alphas: EdgeWeights, statistics: Any, batch: Batch
) -> tuple[jax.Array, Any]:
    """Returns the mean cross-entropy of a batch, and the statistics after it."""
    weights = EdgeWeights(*(jax.nn.softmax(table) for table in alphas))
    given = {"params": parameters, "batch_stats": statistics}
    logits, updated = net.apply(given, batch[0], weights, train=True, mutable=["batch_stats"])
    likelihood = jnp.take_along_axis(jax.nn.log_softmax(logits), batch[1][:, None], axis=1)
    return -jnp.mean(likelihood), updated["batch_stats"]


def weights_step(net: CellSupernet, state: State, training: Batch, _: Batch) -> tuple[State, jax.Array]:
    """Returns the state after a step of the weights, and the loss."""
    losses = functools.partial(loss_of, net)
    (value, statistics), gradients = jax.value_and_grad(losses, has_aux=True)(
        state["params"], state["alphas"], state["batch_stats"], training
    )
    norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradients)))
    scale = jnp.minimum(1.0, CLIP / (norm + 1e-6))
    momentum = jax.tree.map(
        lambda old, gradient, parameter: MOMENTUM * old + scale * gradient + WEIGHT_DECAY * parameter,
        state["momentum"],
        gradients,
        state["params"],
    )
    parameters = jax.tree.map(lambda old, step: old - LEARNING_RATE * step, state["params"], momentum)
    return state | {"params": parameters, "momentum": momentum, "batch_stats": statistics}, value


def architecture_step(net: CellSupernet, state: State, training: Batch, validation: Batch) -> tuple[State, jax.Array]:
    """Returns the state after a second-order step of the alphas (DARTS, equations 7 and 8), and the loss.

    The passes that differentiate the training loss are one loop, so that the program has one of them.
    """
    statistics, alphas = state["batch_stats"], state["alphas"]
    gradient = jax.grad(functools.partial(loss_of, net), (0, 1), has_aux=True)

    def unrolled(old: jax.Array, momentum: jax.Array, own: jax.Array) -> jax.Array:
        return old - LEARNING_RATE * (MOMENTUM * momentum + own + WEIGHT_DECAY * old)

    def difference(vector: Any, sign: float) -> Any:
        norm = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(vector)))
        return jax.tree.map(lambda old, along: old + sign * PERTURBATION / norm * along, state["params"], vector), norm

    zero = jax.tree.map(jnp.zeros_like, state["params"])
    # Four passes: at the weights, at the unrolled ones on the validation batch, and on both sides of the weights.
    images, labels = (jnp.stack(pair) for pair in zip(training, validation, strict=True))

    def turn(number: jax.Array, carry: Any) -> Any:
        vector, of_validation, others = carry
        own, norm = difference(vector, 1.0)
        signs = jnp.where(number == 2, 1.0, -1.0)
        shifted = jax.tree.map(lambda old, moved: old + signs * (moved - old), state["params"], own)
        ahead = jax.tree.map(unrolled, state["params"], state["momentum"], vector)
        at = jax.tree.map(
            lambda old, first, moved: jnp.where(number == 0, old, jnp.where(number == 1, first, moved)),
            state["params"],
            ahead,
            shifted,
        )
        which = (number == 1).astype(jnp.int32)
        (of_weights, of_alphas), _ = gradient(at, alphas, statistics, (images[which], labels[which]))
        new = jax.tree.map(lambda old, now: jnp.where(number < 2, now, old), vector, of_weights)
        kept = jax.tree.map(lambda old, now: jnp.where(number == 1, now, old), of_validation, of_alphas)
        factor = jnp.where(number < 2, 0.0, signs) * norm / (2 * PERTURBATION)
        product = jax.tree.map(lambda old, now: old + jnp.where(number < 2, 0.0, factor * now), others, of_alphas)
        return new, kept, product

    nothing = jax.tree.map(jnp.zeros_like, alphas)
    _, of_validation, implicit = jax.lax.fori_loop(0, 4, turn, (zero, nothing, nothing))
    total = jax.tree.map(
        lambda own, other, old: own - LEARNING_RATE * other + ALPHA_DECAY * old, of_validation, implicit, alphas
    )
    first = jax.tree.map(lambda old, now: ALPHA_BETAS[0] * old + (1 - ALPHA_BETAS[0]) * now, state["first"], total)
    second = jax.tree.map(lambda old, now: ALPHA_BETAS[1] * old + (1 - ALPHA_BETAS[1]) * now**2, state["second"], total)
    alphas = jax.tree.map(lambda old, one, two: old - ALPHA_RATE * one / (jnp.sqrt(two) + 1e-8), alphas, first, second)
    return state | {"alphas": alphas, "first": first, "second": second}, alphas.normal[0, 0]


STEPS: dict[str, Callable[..., tuple[State, jax.Array]]] = {
    "weights": weights_step,
    "second-order": architecture_step,
}


def initial_state(net: CellSupernet, size: int, rng: np.random.Generator) -> State:
    """Returns random values in place of everything that a search keeps."""
    table = jnp.zeros((net.edges, 8))
    images = jnp.zeros((1, size, size, 3))
    shapes = jax.eval_shape(lambda: net.init(jax.random.key(0), images, EdgeWeights(table, table), train=False))
    variables: Any = jax.tree.map(lambda leaf: jnp.asarray(0.1 * rng.standard_normal(leaf.shape, np.float32)), shapes)
    alphas = EdgeWeights(*(jnp.asarray(1e-3 * rng.standard_normal(table.shape, np.float32)) for _ in range(2)))
    moments = {name: jax.tree.map(jnp.zeros_like, alphas) for name in ("first", "second")}
    momentum = jax.tree.map(jnp.zeros_like, variables["params"])
    return {**variables, "momentum": momentum, "alphas": alphas, **moments}


def main() -> None:
    """Runs the command."""
    arguments = parse(supernet_parser(__doc__))
    net = CellSupernet(channels=arguments.channels, cells=arguments.cells)
    rng, size = np.random.default_rng(0), arguments.resolution

    def batch() -> Batch:
        images = rng.standard_normal((arguments.batch, size, size, 3), np.float32)
        return jnp.asarray(images), jnp.asarray(rng.integers(0, 10, arguments.batch))

    batches = batch(), batch()
    state = [initial_state(net, size, rng)]
    start = time.perf_counter(), time.process_time()
    function = jax.jit(functools.partial(STEPS[arguments.step], net), donate_argnums=0)
    program = function.lower(state[0], *batches).compile()
    memory = program.memory_analysis()
    assert memory is not None
    compilation = {
        "compile_seconds": time.perf_counter() - start[0],
        "compile_cpu_seconds": time.process_time() - start[1],
        "temporary_bytes": memory.temp_size_in_bytes,
    }

    def step() -> None:
        new, loss = program(state.pop(), *batches)
        jax.block_until_ready(loss)
        state.append(new)

    write(compilation | timed(step, arguments), arguments)


if __name__ == "__main__":
    main()
