"""The rows of a cell's buffer: the nodes that are concatenated come last, so they are one slice.

Random cells concatenate about two of their four nodes; multiplying only these saves 6 % of a training step.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.operations import Arrays
from econas_jax.nn.kernels.switch import switch_into
from econas_jax.nn.platform import on_cpu
from econas_jax.spaces.darts.canonical import CELL_INPUTS
from econas_jax.spaces.darts.genotype import EncodedCell

Carry = TypeVar("Carry")
INPUTS = CELL_INPUTS  # rows 0 and 1


class CellRows(NamedTuple):
    """A cell of n nodes in rows: for each of 2n edges its operation, the row it reads and the row it adds to.

    concat: how many of the last rows are concatenated.
    """

    operations: jax.Array
    inputs: jax.Array
    targets: jax.Array
    concat: jax.Array


def in_rows(cell: EncodedCell) -> CellRows:
    """Returns the rows of a cell whose genotype may be traced."""
    inputs, nodes = jnp.asarray(cell.inputs), node_rows(cell.concat)
    rows = jnp.concatenate([jnp.arange(INPUTS), INPUTS + nodes])
    targets = jnp.repeat(rows[INPUTS:], 2)
    return CellRows(jnp.asarray(cell.operations), rows[inputs], targets, jnp.sum(cell.concat))


def node_rows(concat: Any) -> jax.Array:
    """Returns each node's row among the nodes, from concat [nodes] of zeros and ones; each kind keeps its order."""
    concat = jnp.asarray(concat)
    absent = jnp.cumsum(1 - concat)
    return jnp.where(concat == 1, absent[-1] + jnp.cumsum(concat), absent) - 1


def of_present(convolution: Arrays, present: jax.Array | int) -> Arrays:
    """Returns 1x1 convolutions whose `kernel` [..., outputs, inputs] has zeros in all but the last columns.

    present: [...], how many columns stay; the others read nodes that are not concatenated.
    """
    kernel = convolution["kernel"]
    absent = kernel.shape[-1] - jnp.asarray(present)
    column = jax.lax.broadcasted_iota(jnp.int32, kernel.shape, kernel.ndim - 1)
    return {**convolution, "kernel": jnp.where(column >= absent[..., None, None], kernel, 0.0)}


def by_outputs(
    concat: jax.Array,
    nodes: int,
    place: jax.Array,
    branch_free: bool,
    compute: Callable[[int, jax.Array, Carry], Carry],
    carry: Carry,
) -> Carry:
    """Calls compute(number, place, carry) with a number of nodes that includes the concatenated ones.

    place: see `switch_into`. There are two branches, for half of the nodes and for all: with one for each number a step
    was no faster. Other devices than CPUs have no branch, and number is that of all nodes.
    """
    if branch_free or not on_cpu():
        return compute(nodes, place, carry)
    half = -(-nodes // 2)
    branches = [functools.partial(compute, number) for number in (half, nodes)]
    return switch_into((concat > half).astype(jnp.int32), place, branches, lambda place, carry, outcome: outcome, carry)
