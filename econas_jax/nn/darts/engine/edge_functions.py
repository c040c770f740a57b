"""An edge's value and gradient as functions that JAX traces and lowers once, wherever a network has such edges.

Half of the time to trace a training step is spent on differentiating operations, and a reduction cell's edges between
nodes have the shape of the next stage's. A nested `jax.jit` is cached by the function's identity and its arguments'
shapes; XLA inlines its body where it is called, so the program computes the same.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax

from econas_jax.nn.darts.engine.blended_operation import blended
from econas_jax.nn.darts.engine.blended_parameters import Shapes
from econas_jax.nn.darts.engine.operations import Arrays, EdgeShape, edge_operations
from econas_jax.nn.platform import on_cpu
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS


class EdgeFunctions(NamedTuple):
    """An edge's computation, forward and backward.

    value(x, parameters, statistics) returns the output and new statistics; gradient(x, parameters, statistics,
    output_gradient) returns the gradients of x and of the parameters. The functions of `blended` take a Choice first.
    """

    value: Callable[..., tuple[jax.Array, Arrays]]
    gradient: Callable[..., tuple[Any, Arrays]]


def edge_functions(shape: EdgeShape) -> tuple[EdgeFunctions, ...]:
    """Returns the functions of every operation, in the order of their encoding."""
    return _of_operations(shape, on_cpu())


def blended_functions(shapes: Shapes) -> EdgeFunctions:
    """Returns the functions of the operation that is data, which reads one of several states, of these shapes."""
    return _of_blended(shapes, on_cpu())


@functools.cache
def _of_operations(shape: EdgeShape, cpu: bool) -> tuple[EdgeFunctions, ...]:
    """Returns the functions of one platform; cpu: what `on_cpu` says when the operations are traced."""
    operations = zip(SEARCH_OPERATIONS, edge_operations(shape), strict=True)
    return tuple(_traced_once(name, operation) for name, operation in operations)


@functools.cache
def _of_blended(shapes: Shapes, cpu: bool) -> EdgeFunctions:
    return _traced_once("blended", functools.partial(blended, shapes))


def _traced_once(name: str, operation: Callable[..., tuple[jax.Array, Arrays]]) -> EdgeFunctions:
    """Wraps operation(*choice, x, parameters, statistics) and its gradient; name: what XLA's profiles call them."""

    def value(*arguments: Any) -> tuple[jax.Array, Arrays]:
        return operation(*arguments)

    def gradient(*arguments: Any) -> tuple[Any, Arrays]:
        *choice, x, parameters, statistics, output_gradient = arguments
        _, pull_back = jax.vjp(lambda x, p: operation(*choice, x, p, statistics)[0], x, parameters)
        gradients: tuple[Any, Arrays] = pull_back(output_gradient)
        return gradients

    value.__name__, gradient.__name__ = name, f"{name}_gradient"
    return EdgeFunctions(jax.jit(value), jax.jit(gradient))
