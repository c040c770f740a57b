"""A supernet whose weights choose one operation an edge computes the network of that genotype with its kernels."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import reference_network as numpy_network
from network_cases import Tree, in_double, random_images, random_variables
from supernet_cases import BATCH, SIZE, SMALL, shapes_of, step_on_cpu

from econas_jax.nn import EdgeWeights
from econas_jax.nn.darts.supernet import operation_masks
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS

CHOSEN = ("sep_conv_3x3", "max_pool_3x3", "dil_conv_5x5", "none", "skip_connect")  # of the edges of normal cells
OF_REDUCTIONS = ("skip_connect", "avg_pool_3x3", "sep_conv_5x5", "dil_conv_3x3", "none")


def one_hot(names: tuple[str, ...]) -> jax.Array:
    return jnp.asarray(np.eye(len(SEARCH_OPERATIONS), dtype=np.float32)[[SEARCH_OPERATIONS.index(n) for n in names]])


def scope_of(parameters: Tree, statistics: Tree) -> numpy_network.Scope:
    """A module's variables with scales of 1 for the NumPy network."""

    def complete(parameters: Tree, statistics: Tree) -> Tree:
        if "mean" in statistics:
            return {"scale": np.ones_like(statistics["mean"]), "bias": np.zeros_like(statistics["mean"]), **parameters}
        return parameters | {name: complete(parameters.get(name, {}), own) for name, own in statistics.items()}

    return numpy_network.Scope(complete(parameters, statistics), statistics, train=True)


def of_row(tree: Tree, row: int) -> Tree:
    return jax.tree.map(lambda leaf: leaf[row], tree)


def discrete(variables: Tree, images: np.ndarray) -> np.ndarray:
    """The logits of the network of the chosen operations, in NumPy, in float64."""
    parameters, statistics = in_double(variables["params"]), in_double(variables["batch_stats"])
    x = numpy_network.convolution(np.asarray(images, np.float64), parameters["stem"]["Conv_0"]["kernel"])
    stem = scope_of(parameters["stem"], statistics["stem"])
    before = last = numpy_network.batch_norm(stem.child("BatchNorm_0"), x)
    halves = False
    for position in range(SMALL.cells):
        reduction = position in (SMALL.cells // 3, 2 * SMALL.cells // 3)
        own, running = parameters[f"cell{position}"], statistics[f"cell{position}"]
        states = []
        for name, x in (("preprocess0", before), ("preprocess1", last)):
            scope = scope_of(own[name], running[name])
            if name == "preprocess0" and halves:
                states.append(numpy_network.factorized_reduce(scope, x))
            else:
                product = numpy_network.convolution(numpy_network.relu(x), scope.kernel("Conv_0"))
                states.append(numpy_network.batch_norm(scope.child("BatchNorm_0"), product))
        edge = 0
        for node in range(SMALL.nodes):
            total: Any = 0.0
            for source in range(2 + node):
                name = (OF_REDUCTIONS if reduction else CHOSEN)[edge]
                stride = 2 if reduction and source < 2 else 1
                row = 2 * node + source if name == "skip_connect" else edge
                fixed = name == "none" or (name == "skip_connect" and stride == 1)
                norms = {} if fixed else of_row(running[name], row)
                kernels = of_row(own[name], row) if name in own and not fixed else {}
                inner = {} if "pool" in name else norms
                y = numpy_network.operation(scope_of(kernels, inner), name, states[source], stride)
                if "pool" in name:
                    y = numpy_network.batch_norm(scope_of({}, norms).child("BatchNorm_0"), y)
                total = total + y
                edge += 1
            states.append(total)
        before, last, halves = last, np.concatenate(states[2:], axis=-1), reduction
    classifier = parameters["classifier"]
    logits: np.ndarray = last.mean((1, 2)) @ classifier["kernel"] + classifier["bias"]
    return logits


def chosen() -> tuple[Tree, np.ndarray, EdgeWeights]:
    weights, images = EdgeWeights(one_hot(CHOSEN), one_hot(OF_REDUCTIONS)), random_images(BATCH, SIZE, seed=5)
    return random_variables(shapes_of(SMALL), seed=4), images, weights


def test_one_hot_weights_make_the_network_of_a_genotype() -> None:
    variables, images, weights = chosen()
    (logits, _), (gradients, _), _ = step_on_cpu(SMALL, variables, images, weights)
    np.testing.assert_allclose(logits, discrete(variables, images), rtol=1e-3, atol=1e-3)
    masks = operation_masks(variables["params"], weights)
    for (path, mask), gradient in zip(
        jax.tree_util.tree_leaves_with_path(masks), jax.tree.leaves(gradients), strict=True
    ):
        unused = np.broadcast_to(np.asarray(mask) == 0, gradient.shape)
        assert not np.any(np.asarray(gradient)[unused]), path  # what is not chosen has no gradient


def test_masks_mark_the_operations_of_the_edges_that_chose_them() -> None:
    variables, _, weights = chosen()
    masks = operation_masks(variables["params"], weights)

    def rows(cell: str, name: str) -> list[int]:
        return [int(value) for value in np.ravel(jax.tree.leaves(masks[cell][name])[0])]

    assert rows("cell0", "sep_conv_3x3") == [1, 0, 0, 0, 0]
    assert rows("cell0", "dil_conv_5x5") == [0, 0, 1, 0, 0]
    assert rows("cell2", "skip_connect") == [1, 0, 0, 0]  # edges 0, 1, 2, 3 read inputs
    assert rows("cell2", "sep_conv_5x5") == [0, 0, 1, 0, 0]
    assert np.all(np.asarray(masks["stem"]["Conv_0"]["kernel"]) == 1)
