"""An edge's value and gradient as functions that JAX traces and lowers once, wherever a network has such edges.

Half of what JAX does to trace a training step is to differentiate operations, and a reduction cell's edges between
nodes have the shape of the next stage's. A nested `jax.jit` is kept by the function's identity and its arguments'
shapes; XLA puts its body where it is called, so the program computes the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax

from econas_jax.genotype import SEARCH_OPERATIONS
from econas_jax.nn.blended_operation import blended
from econas_jax.nn.platform import on_cpu
from econas_jax.nn.search_operations import EdgeOperation, EdgeShape, Tree, edge_operations

# The operation's number, then as EdgeOperation.
Value = Callable[[jax.Array, jax.Array, Tree, Tree], tuple[jax.Array, Tree]]
# As Value, then the output's gradient; those of x and of the parameters.
Gradient = Callable[[jax.Array, jax.Array, Tree, Tree, jax.Array], tuple[jax.Array, Tree]]


class EdgeFunctions(NamedTuple):
    """What a branch of a cell computes, forward and backward."""

    value: Value
    gradient: Gradient


def edge_functions(shape: EdgeShape, branch_free: bool) -> tuple[EdgeFunctions, ...]:
    """Those of every operation, in the order of their encoding; branch_free: one pair, for which the number is data."""
    return _for_platform(shape, branch_free, on_cpu())


@functools.cache
def _for_platform(shape: EdgeShape, branch_free: bool, cpu: bool) -> tuple[EdgeFunctions, ...]:
    """cpu: what `on_cpu` says, which the operations ask when they are traced."""
    if branch_free:
        return (_traced_once("blended", functools.partial(blended, shape)),)
    operations = zip(SEARCH_OPERATIONS, edge_operations(shape), strict=True)
    return tuple(_traced_once(name, _of_one_number(operation)) for name, operation in operations)


def _of_one_number(operation: EdgeOperation) -> Value:
    return lambda number, x, parameters, statistics: operation(x, parameters, statistics)


def _traced_once(name: str, operation: Value) -> EdgeFunctions:
    """name: what XLA's profiles call it."""

    def value(number: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
        return operation(number, x, parameters, statistics)

    def gradient(
        number: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree, output_gradient: jax.Array
    ) -> tuple[jax.Array, Tree]:
        _, pull_back = jax.vjp(lambda x, p: operation(number, x, p, statistics)[0], x, parameters)
        gradients: tuple[jax.Array, Tree] = pull_back(output_gradient)
        return gradients

    value.__name__, gradient.__name__ = name, f"{name}_gradient"
    return EdgeFunctions(jax.jit(value), jax.jit(gradient))
