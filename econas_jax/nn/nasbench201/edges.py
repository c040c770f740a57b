"""An edge whose operation is data: its variables, which serve every operation, and what it computes.

The variables are those of a `ReluConvNorm` with the largest kernel of the space. A smaller kernel uses the middle taps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from econas_jax.nn.layers.initializers import torch_kernel
from econas_jax.nn.layers.operations import Pool
from econas_jax.nn.nasbench201.operations import ReluConvNorm
from econas_jax.spaces.nasbench201.cost import KERNELS

Tree = Any
Branch = Callable[[jax.Array, Tree, Tree], tuple[jax.Array, Tree]]


def largest_kernel(operations: Sequence[str]) -> int:
    """Returns the pixels a side of the largest kernel; 1 where no operation has one."""
    return max((KERNELS.get(name, 1) for name in operations), default=1)


def initial_parameters(operations: Sequence[str], channels: int, key: jax.Array, operation: jax.Array) -> Tree:
    """Draws the parameters of an edge; taps that its operation does not use are zero.

    The values of an operation depend on the key and on that operation alone, not on which others the space has.
    """
    side = largest_kernel(operations)
    kernel = jnp.zeros((side, side, channels, channels))
    for number, name in enumerate(operations):
        if name in KERNELS:
            size = KERNELS[name]
            drawn = torch_kernel(jax.random.fold_in(key, size), (size, size, channels, channels))
            border = (side - size) // 2
            padded = jnp.pad(drawn, ((border, border), (border, border), (0, 0), (0, 0)))
            kernel = jnp.where(operation == number, padded, kernel)
    return {
        "Conv_0": {"kernel": kernel},
        "BatchNorm_0": {"scale": jnp.ones(channels), "bias": jnp.zeros(channels)},
    }


def initial_statistics(channels: int) -> Tree:
    """Returns the running statistics of an edge before training."""
    return {"BatchNorm_0": {"mean": jnp.zeros(channels), "variance": jnp.ones(channels)}}


def middle(kernel: Any, size: int) -> Any:
    """Returns the middle size x size taps of a kernel [..., side, side, inputs, outputs]."""
    border = (kernel.shape[-3] - size) // 2
    taps = slice(border, border + size)
    return kernel[..., taps, taps, :, :]


def run_edge(
    operations: Sequence[str], branch_free: bool, train: bool
) -> Callable[[jax.Array, jax.Array, Tree, Tree], tuple[jax.Array, Tree]]:
    """Returns a function (operation, x, parameters, statistics) -> (y, new statistics) for all of the operations.

    operation: int32, a place in `operations`. Statistics that no convolution uses stay as they are.
    """
    if branch_free:
        return _select_edge(operations, train)
    branches = [_branch(name, train) for name in operations]
    return lambda operation, x, parameters, statistics: jax.lax.switch(operation, branches, x, parameters, statistics)


def _branch(name: str, train: bool) -> Branch:
    """Returns what one operation computes."""

    def run(x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
        if name in KERNELS:
            kernel = middle(parameters["Conv_0"]["kernel"], KERNELS[name])
            return _convolve(x, {**parameters, "Conv_0": {"kernel": kernel}}, statistics, train)
        return _without_parameters(name, x), statistics

    return run


def _select_edge(operations: Sequence[str], train: bool) -> Callable[..., tuple[jax.Array, Tree]]:
    """Returns an edge that computes one convolution and one pool whatever the operation, and takes one of them.

    A smaller kernel is the largest one with zeros around it.
    """
    plain = [name for name in operations if name not in KERNELS]
    side = largest_kernel(operations)
    outcome = np.array([plain.index(name) if name in plain else len(plain) for name in operations], np.int32)
    taps = np.zeros((len(operations), side, side, 1, 1), np.float32)
    for number, name in enumerate(operations):
        if name in KERNELS:
            middle(taps[number], KERNELS[name])[...] = 1.0

    def run(operation: jax.Array, x: jax.Array, parameters: Tree, statistics: Tree) -> tuple[jax.Array, Tree]:
        outcomes = [_without_parameters(name, x) for name in plain]
        if len(plain) == len(operations):
            return jax.lax.select_n(jnp.asarray(outcome)[operation], *outcomes), statistics
        kernel = parameters["Conv_0"]["kernel"] * jnp.asarray(taps)[operation]
        y, new = _convolve(x, {**parameters, "Conv_0": {"kernel": kernel}}, statistics, train)
        which = jnp.asarray(outcome)[operation]
        kept = jax.tree.map(lambda new, old: jnp.where(which == len(plain), new, old), new, statistics)
        return jax.lax.select_n(which, *outcomes, y), kept

    return run


def _convolve(x: jax.Array, parameters: Tree, statistics: Tree, train: bool) -> tuple[jax.Array, Tree]:
    size, channels = parameters["Conv_0"]["kernel"].shape[0], x.shape[-1]
    module = ReluConvNorm(channels, size, parent=None)  # a function here, not a part of the module that calls it
    variables = {"params": parameters, "batch_stats": statistics}
    if not train:
        return module.apply(variables, x, train=False), statistics  # type: ignore[return-value]
    y, updated = module.apply(variables, x, train=True, mutable=["batch_stats"])
    return y, updated["batch_stats"]


def _without_parameters(name: str, x: jax.Array) -> jax.Array:
    if name == "avg_pool_3x3":
        pooled: jax.Array = Pool("average", 1, parent=None).apply({}, x, train=False)  # type: ignore[assignment]
        return pooled
    return x if name == "skip_connect" else jnp.zeros_like(x)
