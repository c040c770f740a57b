"""Convolutions with their normalisations as pure functions, in the layout [channels, positions, batch] of `kernels`."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp

from econas_jax.nn.chain.initial import deviation
from econas_jax.nn.kernels.batch_norm import normalise
from econas_jax.nn.kernels.depthwise import depthwise
from econas_jax.nn.kernels.patches import patches
from econas_jax.nn.kernels.spatial import as_map, as_positions, pointwise
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.nn.network import Variables
from econas_jax.spaces.chain.blocks import Activation, Block, Unit
from econas_jax.spaces.chain.network import Initial

Used = tuple[jax.Array, Variables]  # an output, and new running statistics


def kernel_shape(unit: Unit) -> tuple[int, int]:
    """Returns the shape in which a kernel is kept: depthwise [kernel^2, channels], others [outputs, inputs read]."""
    area = unit.kernel**2
    return (area, unit.outputs) if unit.depthwise else (unit.outputs, area * unit.inputs)


def initial_unit(key: jax.Array, unit: Unit, initial: Initial, *, affine: bool, stem: bool = False) -> Variables:
    """Returns the initial parameters of a unit."""
    kernel = deviation(unit, initial, stem=stem) * jax.random.normal(key, kernel_shape(unit))
    scaling = {"scale": jnp.ones(unit.outputs), "bias": jnp.zeros(unit.outputs)} if affine else {}
    return {"kernel": kernel, **scaling}


def initial_statistics(unit: Unit) -> Variables:
    """Returns the running statistics of a unit before the first step."""
    return {"mean": jnp.zeros(unit.outputs), "variance": jnp.ones(unit.outputs)}


@functools.partial(jax.jit, static_argnames=("unit", "size", "train"))
def run_unit(unit: Unit, size: int, train: bool, x: jax.Array, parameters: Variables, statistics: Variables) -> Used:
    """Maps x [inputs, size^2, batch] to [outputs, out^2, batch]; jitted, so that JAX traces each shape once."""
    kernel = parameters["kernel"]
    if unit.depthwise:
        x = depthwise(x, kernel, unit.kernel, 1, size, unit.stride)
    else:
        if unit.kernel > 1 or unit.stride > 1:
            x = as_positions(patches(as_map(x, size), (unit.kernel,) * 2, (unit.stride,) * 2))
        x = pointwise(kernel, x)
    scale = parameters.get("scale", jnp.ones(unit.outputs))
    bias = parameters.get("bias", jnp.zeros(unit.outputs))
    running = statistics["mean"], statistics["variance"]
    x, new = normalise(x, scale, bias, *running, train)
    if train:
        moved = (old + MOMENTUM * (value - old) for old, value in zip(running, new, strict=True))
        statistics = dict(zip(("mean", "variance"), moved, strict=True))
    return activate(x, unit.activation), statistics


def activate(x: jax.Array, activation: Activation) -> jax.Array:
    """Applies an activation."""
    if activation == "none":
        return x
    return jax.nn.relu(x) if activation == "relu" else jax.nn.relu6(x)


def run_branches(
    block: Block, size: int, train: bool, x: jax.Array, parameters: Variables, statistics: Variables
) -> Used:
    """Returns a block's output without x, where x is added to it; both branches, where they stand side by side."""
    given = size, train, parameters, statistics
    if block.join != "shuffle":
        return _branch("main", block.main, x, *given)
    if block.side:
        other, of_other = _branch("side", block.side, x, *given)
        own = x
    else:
        pairs = x.reshape(-1, 2, *x.shape[1:])
        other, own, of_other = pairs[:, 0], pairs[:, 1], {}
    made, of_made = _branch("main", block.main, own, *given)
    return jnp.concatenate([other, made]), {**of_made, **of_other}


def _branch(
    name: str,
    units: tuple[Unit, ...],
    x: jax.Array,
    size: int,
    train: bool,
    parameters: Variables,
    statistics: Variables,
) -> Used:
    new: Variables = {}
    for place, unit in enumerate(units):
        key = f"{name}{place}"
        x, new[key] = run_unit(unit, size, train, x, parameters[key], statistics[key])
        size = unit.side(size)
    return x, new
