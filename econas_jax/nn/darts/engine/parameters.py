"""Initial parameters and statistics of the search network: a union over all genotypes, in arrays of fixed shapes.

Initial values are those of the plain network of the genotype at hand: uniform in +-1/sqrt(fan_in) as torch's, where the
fan-in of an operation and of a 1x1 convolution after a concat depends on the genotype, and therefore is data too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.operations import Tree
from econas_jax.nn.kernels.depthwise import SLOT
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, EncodedCell, EncodedGenotype

Group = dict[str, Tree]
FanIn = jax.Array | int  # data where it depends on the genotype
STAGES = 3
STEM_TAPS = 27  # a 3x3 kernel on three colours
STEM_WIDTH = 3  # the stem's channels, in units of the first cell's


class NetworkShape(NamedTuple):
    """The static side of a search network."""

    channels: int
    cells_per_stage: int
    num_classes: int
    nodes: int

    def stage_channels(self, stage: int) -> int:
        """Channels of a node in a stage: doubled by every reduction."""
        return self.channels * 2**stage

    @property
    def edges(self) -> int:
        """Edges of a cell."""
        return 2 * self.nodes


def parameter_initializers(
    shape: NetworkShape, genotype: EncodedGenotype
) -> dict[str, Callable[[jax.Array], Tree | Group]]:
    """For each part of the network, in order, a function from a key to its initial parameters.

    Parts: `stem`; per stage `first` (input 0 of the first cell), `preprocess` and `edges` stacked over the cells; per
    reduction `preprocess0`, `preprocess1` and `edges`; `classifier`. Kernels of 1x1 convolutions are [outputs, inputs],
    the inputs in the order of a cell's rows (`search_rows`).
    """
    parts: dict[str, Callable[[jax.Array], Tree | Group]] = {
        "stem": lambda key: _convolution(key, (STEM_WIDTH * shape.channels, STEM_TAPS), STEM_TAPS)
    }
    for stage in range(STAGES):
        parts[f"stage{stage}"] = _stage_initializer(shape, genotype, stage)
        if stage < STAGES - 1:
            parts[f"reduction{stage}"] = _reduction_initializer(shape, genotype, stage)
    channels = shape.stage_channels(STAGES - 1)
    fan_in = channels * jnp.sum(genotype.normal.concat)
    parts["classifier"] = lambda key: _linear(key, shape.nodes * channels, shape.num_classes, fan_in)
    return parts


def initial_statistics(shape: NetworkShape) -> dict[str, Tree | Group]:
    """Running means (0) and variances (1), with the structure of the parameters."""
    cells, edges = shape.cells_per_stage, shape.edges
    parts: dict[str, Tree | Group] = {"stem": _statistics(STEM_WIDTH * shape.channels)}
    for stage in range(STAGES):
        channels = shape.stage_channels(stage)
        parts[f"stage{stage}"] = {
            "first": _statistics(channels),
            "preprocess": _statistics(cells, 2 * channels),
            "edges": _statistics(cells, edges, 2, channels),
        }
        if stage < STAGES - 1:
            parts[f"reduction{stage}"] = {
                "preprocess0": _statistics(2 * channels),
                "preprocess1": _statistics(2 * channels),
                "edges": _statistics(edges, 2, 2 * channels),
            }
    return parts


def _stage_initializer(
    shape: NetworkShape, genotype: EncodedGenotype, stage: int
) -> Callable[[jax.Array], Tree | Group]:
    channels, cells = shape.stage_channels(stage), shape.cells_per_stage
    normal_fan_in: FanIn = channels * jnp.sum(genotype.normal.concat)
    first_inputs = STEM_WIDTH * channels  # the first cell reads the stem, twice
    first_fan_in: FanIn = first_inputs
    entry_fan_in: FanIn = first_inputs
    if stage > 0:  # a factorized reduce of the last stage's output, and the reduction cell's output
        first_inputs, first_fan_in = shape.nodes * channels // 2, normal_fan_in // 2
        entry_fan_in = channels * jnp.sum(genotype.reduce.concat)
    # the first cell reads the stage's entry, the others read normal cells
    fan_ins = jnp.where(jnp.arange(cells) == 0, entry_fan_in, normal_fan_in)[:, None, None]

    def init(key: jax.Array) -> Group:
        first, preprocess, edges = jax.random.split(key, 3)
        return {
            "first": _convolution(first, (channels, first_inputs), first_fan_in),
            "preprocess": _convolution(preprocess, (cells, 2 * channels, shape.nodes * channels), fan_ins),
            "edges": _edges(edges, (cells, shape.edges), channels, genotype.normal),
        }

    return init


def _reduction_initializer(
    shape: NetworkShape, genotype: EncodedGenotype, stage: int
) -> Callable[[jax.Array], Tree | Group]:
    channels, out = shape.stage_channels(stage), shape.stage_channels(stage + 1)
    last_fan_in = channels * jnp.sum(genotype.normal.concat)
    before_fan_in: FanIn = last_fan_in
    if shape.cells_per_stage == 1:  # the cell before the last one is the stage's entry
        entry: FanIn = STEM_WIDTH if stage == 0 else jnp.sum(genotype.reduce.concat)
        before_fan_in = channels * entry

    def init(key: jax.Array) -> Group:
        preprocess0, preprocess1, edges = jax.random.split(key, 3)
        return {
            "preprocess0": _convolution(preprocess0, (out, shape.nodes * channels), before_fan_in),
            "preprocess1": _convolution(preprocess1, (out, shape.nodes * channels), last_fan_in),
            "edges": _edges(edges, (shape.edges,), out, genotype.reduce),
        }

    return init


def _edges(key: jax.Array, leading: tuple[int, ...], channels: int, cell: EncodedCell) -> Tree:
    """Union parameters of edges; leading: axes before the operation's own, the last of them over edges."""
    depthwise, pointwise = jax.random.split(key)
    kernels = jnp.array([5 if name.endswith("5x5") else 3 for name in SEARCH_OPERATIONS])
    taps_fan_in = kernels[cell.operations][:, None, None, None] ** 2
    return {
        "depthwise": _uniform(depthwise, (*leading, 2, SLOT * SLOT, channels), taps_fan_in),
        "pointwise": _uniform(pointwise, (*leading, 2, channels, channels), channels),
        "scale": jnp.ones((*leading, 2, channels)),
        "bias": jnp.zeros((*leading, 2, channels)),
    }


def _convolution(key: jax.Array, shape: tuple[int, ...], fan_in: FanIn) -> Tree:
    """A 1x1 convolution [..., outputs, inputs] and its normalisation."""
    outputs = shape[:-1]
    return {"kernel": _uniform(key, shape, fan_in), "scale": jnp.ones(outputs), "bias": jnp.zeros(outputs)}


def _linear(key: jax.Array, inputs: int, outputs: int, fan_in: FanIn) -> Tree:
    kernel, bias = jax.random.split(key)
    return {"kernel": _uniform(kernel, (outputs, inputs), fan_in), "bias": _uniform(bias, (outputs,), fan_in)}


def _uniform(key: jax.Array, shape: tuple[int, ...], fan_in: FanIn) -> jax.Array:
    bound = 1.0 / jnp.sqrt(jnp.maximum(fan_in, 1))
    if bound.ndim:
        bound = jnp.broadcast_to(bound, shape)
    return bound * jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)


def _statistics(*shape: int) -> Tree:
    return {"mean": jnp.zeros(shape), "variance": jnp.ones(shape)}
