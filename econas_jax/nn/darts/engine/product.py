"""The product of a cell's output and the 1x1 convolutions of a stage that read it, forward and backward.

Not all nodes are concatenated, and the others contribute only zeros: a cell multiplies its last rows, as many as
`by_outputs` says.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.kernels.indexing import read, write_rows
from econas_jax.nn.kernels.spatial import pointwise


class Factors(NamedTuple):
    """The factors of a stage's products.

    kernels: [cells, outputs, nodes * channels], the columns in the order of a cell's rows; rows: the stage's buffer,
    [(cells + 1) * per_cell, channels, positions, batch].
    """

    kernels: jax.Array
    rows: jax.Array

    @property
    def per_cell(self) -> int:
        """The number of a cell's rows: its inputs and nodes."""
        return self.rows.shape[0] // (self.kernels.shape[0] + 1)

    def at(self, index: jax.Array, number: int) -> tuple[jax.Array, jax.Array]:
        """Returns a cell's kernel and what it reads: the last nodes of the cell before as [number * channels, ...]."""
        nodes = jax.lax.dynamic_slice_in_dim(self.rows, self.per_cell * (index + 1) - number, number)
        kernel = read(self.kernels, index)[:, -number * nodes.shape[1] :]
        return kernel, nodes.reshape(-1, *nodes.shape[2:])


def multiply(kernel: jax.Array, nodes: jax.Array) -> jax.Array:
    """Applies ReLU and 1x1 convolutions [outputs, inputs] to nodes [inputs, positions, batch]."""
    return pointwise(kernel, jax.nn.relu(nodes))


def multiply_backward(
    factors: Factors,
    gradient: jax.Array,
    before_gradient: jax.Array,
    start: jax.Array | int,
    number: int,
    index: jax.Array,
    carry: tuple[jax.Array, jax.Array],
) -> tuple[jax.Array, jax.Array]:
    """Writes a cell's gradients into those of all kernels, which hold zeros there, and of rows of the cell before.

    gradient: the product's; before_gradient: [nodes * channels, positions, batch], from what reads the cell before the
    stage's last one after the stage; start: the row of the first node.
    """
    kernel_gradients, row_gradients = carry
    kernel, nodes = factors.at(index, number)
    _, back = jax.vjp(multiply, kernel, nodes)
    kernel_gradient, nodes_gradient = back(gradient)
    last = index == factors.kernels.shape[0] - 1
    nodes_gradient += jnp.where(last, before_gradient[-nodes.shape[0] :], 0.0)
    place = (index, 0, kernel_gradients.shape[2] - kernel.shape[1])
    kernel_gradients = jax.lax.dynamic_update_slice(kernel_gradients, kernel_gradient[None], place)
    absent = before_gradient.shape[0] // row_gradients.shape[1] - number
    if absent:
        zeros = jnp.zeros((absent, *row_gradients.shape[1:]), row_gradients.dtype)
        row_gradients = write_rows(row_gradients, zeros, start)
    new = nodes_gradient.reshape(number, *row_gradients.shape[1:])
    return kernel_gradients, write_rows(row_gradients, new, start + absent)
