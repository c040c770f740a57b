"""A reduction cell of the search network, with its own gradient."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.edges import run_edges, run_edges_backward
from econas_jax.nn.darts.engine.operations import Arrays
from econas_jax.nn.darts.engine.parts import CellArrays, CellShape, no_gradient
from econas_jax.nn.kernels.spatial import output_size


def run_reduction(shape: CellShape, cell: CellArrays, inputs: jax.Array) -> tuple[jax.Array, Arrays]:
    """Maps inputs [2, channels, size^2, batch] to all nodes [nodes * channels, (size / 2)^2, batch] and statistics."""
    run = _train_reduction if shape.train else _reduction
    nodes, statistics = run(shape, cell, inputs)
    return nodes.reshape(-1, *nodes.shape[2:]), statistics


def _reduction(shape: CellShape, cell: CellArrays, inputs: jax.Array) -> tuple[jax.Array, Arrays]:
    out = output_size(shape.size, 2)
    nodes = cell.genotype.targets.shape[0] // 2
    empty = jax.lax.empty((nodes, inputs.shape[1], out * out, inputs.shape[3]), inputs.dtype)
    (_, rows), statistics = run_edges(shape, cell, (inputs, empty))
    return rows, statistics


_train_reduction = jax.custom_vjp(_reduction, nondiff_argnums=(0,))


def _train_reduction_forward(shape: CellShape, cell: CellArrays, inputs: jax.Array) -> tuple[Any, tuple[Any, ...]]:
    rows, statistics = _reduction(shape, cell, inputs)
    return (rows, statistics), (cell._replace(statistics=statistics), inputs, rows)


def _train_reduction_backward(shape: CellShape, residuals: tuple[Any, ...], cotangents: Any) -> tuple[Any, ...]:
    cell, inputs, rows = residuals
    nodes_gradient, _ = cotangents
    start = (jnp.zeros_like(inputs), nodes_gradient)
    (input_gradients, _), parameter_gradients = run_edges_backward(shape, cell, (inputs, rows), start)
    no_statistics_gradient = jax.tree.map(jnp.zeros_like, cell.statistics)
    return CellArrays(no_gradient(cell.genotype), parameter_gradients, no_statistics_gradient), input_gradients


_train_reduction.defvjp(_train_reduction_forward, _train_reduction_backward)
