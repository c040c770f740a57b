"""Initial parameters and statistics of the search network: a union over all genotypes, in arrays of fixed shapes.

Initial values are those of the plain network of the genotype at hand: uniform in +-1/sqrt(fan_in) as torch's, where the
fan-in of an operation and of a 1x1 convolution after a concat depends on the genotype, so it is data too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.engine.operations import Arrays, Group
from econas_jax.nn.kernels.depthwise import SLOT
from econas_jax.spaces.darts import macro_net
from econas_jax.spaces.darts.genotype import SEARCH_OPERATIONS, EncodedCell, EncodedGenotype
from econas_jax.spaces.darts.macro_net import COLOURS, STEM_WIDTH, CellPlace, Stage

FanIn = jax.Array | int  # data where it depends on the genotype
Initializer = Callable[[jax.Array], Arrays | Group]  # from a key
STEM_TAPS = 9 * COLOURS  # of a 3x3 kernel


class NetworkShape(NamedTuple):
    """The static side of a search network: what its program is compiled for."""

    channels: int
    cells_per_stage: int
    num_classes: int
    nodes: int

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The macro-net's stages."""
        return macro_net.stages(self.channels, self.cells_per_stage)

    @property
    def cells(self) -> tuple[CellPlace, ...]:
        """All cells of the macro-net."""
        return macro_net.walk(self.channels, self.cells_per_stage)

    @property
    def edges(self) -> int:
        """The number of a cell's edges."""
        return 2 * self.nodes

    def stem_channels(self) -> int:
        """Returns the channels of the stem."""
        return STEM_WIDTH * self.channels

    def fan_in(self, genotype: EncodedGenotype, source: int) -> FanIn:
        """Returns the channels of an output that a cell reads; source: as in `CellPlace.reads`."""
        if source < 0:
            return self.stem_channels()
        cell = self.cells[source]
        return cell.channels * jnp.sum((genotype.reduce if cell.reduction else genotype.normal).concat)


def parameter_initializers(shape: NetworkShape, genotype: EncodedGenotype) -> dict[str, Initializer]:
    """Returns for each part of the network, in order, a function from a key to its initial parameters.

    Parts: `stem`; per stage `first` (input 0 of the first cell), `preprocess` and `edges` stacked over the cells; per
    reduction `preprocess0`, `preprocess1` and `edges`; `classifier`. Kernels of 1x1 convolutions are [outputs, inputs],
    the inputs in the order of a cell's rows (`rows`).
    """
    parts: dict[str, Initializer] = {
        "stem": lambda key: _convolution(key, (shape.stem_channels(), STEM_TAPS), STEM_TAPS)
    }
    for stage, (cells, reduction) in enumerate(shape.stages):
        parts[f"stage{stage}"] = _stage_initializer(shape, genotype, cells)
        if reduction is not None:
            parts[f"reduction{stage}"] = _reduction_initializer(shape, genotype, reduction)
    last = shape.cells[-1]
    fan_in = shape.fan_in(genotype, last.position)
    parts["classifier"] = lambda key: _linear(key, shape.nodes * last.channels, shape.num_classes, fan_in)
    return parts


def initial_statistics(shape: NetworkShape) -> dict[str, Arrays | Group]:
    """Returns running means (0) and variances (1), with the structure of the parameters."""
    parts: dict[str, Arrays | Group] = {"stem": _statistics(shape.stem_channels())}
    for stage, (cells, reduction) in enumerate(shape.stages):
        channels = cells[0].channels
        parts[f"stage{stage}"] = {
            "first": _statistics(channels),
            "preprocess": _statistics(len(cells), 2 * channels),
            "edges": _statistics(len(cells), shape.edges, 2, channels),
        }
        if reduction is not None:
            parts[f"reduction{stage}"] = {
                "preprocess0": _statistics(reduction.channels),
                "preprocess1": _statistics(reduction.channels),
                "edges": _statistics(shape.edges, 2, reduction.channels),
            }
    return parts


def _stage_initializer(shape: NetworkShape, genotype: EncodedGenotype, cells: tuple[CellPlace, ...]) -> Initializer:
    channels, (source0, entry) = cells[0].channels, cells[0].reads
    inputs0 = shape.stem_channels() if source0 < 0 else shape.nodes * shape.cells[source0].channels
    fan_in0 = shape.fan_in(genotype, source0)
    # The first cell reads the stage's entry, the others read normal cells.
    entry_fan_in, normal_fan_in = (shape.fan_in(genotype, source) for source in (entry, cells[0].position))
    fan_ins = jnp.where(jnp.arange(len(cells)) == 0, entry_fan_in, normal_fan_in)[:, None, None]

    def init(key: jax.Array) -> Group:
        first, preprocess, edges = jax.random.split(key, 3)
        return {
            "first": _convolution(first, (channels, inputs0), fan_in0),
            "preprocess": _convolution(preprocess, (len(cells), 2 * channels, shape.nodes * channels), fan_ins),
            "edges": _edges(edges, (len(cells), shape.edges), channels, genotype.normal),
        }

    return init


def _reduction_initializer(shape: NetworkShape, genotype: EncodedGenotype, cell: CellPlace) -> Initializer:
    outputs = cell.channels
    inputs = shape.nodes * (outputs // 2)  # of the normal cells before it
    fan_in0, fan_in1 = (shape.fan_in(genotype, source) for source in cell.reads)

    def init(key: jax.Array) -> Group:
        preprocess0, preprocess1, edges = jax.random.split(key, 3)
        return {
            "preprocess0": _convolution(preprocess0, (outputs, inputs), fan_in0),
            "preprocess1": _convolution(preprocess1, (outputs, inputs), fan_in1),
            "edges": _edges(edges, (shape.edges,), outputs, genotype.reduce),
        }

    return init


def _edges(key: jax.Array, leading: tuple[int, ...], channels: int, cell: EncodedCell) -> Arrays:
    """Returns the union parameters of edges; leading: axes before the operation's own, the last of them over edges."""
    depthwise, pointwise = jax.random.split(key)
    kernels = jnp.array([5 if name.endswith("5x5") else 3 for name in SEARCH_OPERATIONS])
    taps_fan_in = kernels[cell.operations][:, None, None, None] ** 2
    return {
        "depthwise": _uniform(depthwise, (*leading, 2, SLOT * SLOT, channels), taps_fan_in),
        "pointwise": _uniform(pointwise, (*leading, 2, channels, channels), channels),
        "scale": jnp.ones((*leading, 2, channels)),
        "bias": jnp.zeros((*leading, 2, channels)),
    }


def _convolution(key: jax.Array, shape: tuple[int, ...], fan_in: FanIn) -> Arrays:
    """Returns the parameters of a 1x1 convolution [..., outputs, inputs] and of its normalisation."""
    outputs = shape[:-1]
    return {"kernel": _uniform(key, shape, fan_in), "scale": jnp.ones(outputs), "bias": jnp.zeros(outputs)}


def _linear(key: jax.Array, inputs: int, outputs: int, fan_in: FanIn) -> Arrays:
    kernel, bias = jax.random.split(key)
    return {"kernel": _uniform(kernel, (outputs, inputs), fan_in), "bias": _uniform(bias, (outputs,), fan_in)}


def _uniform(key: jax.Array, shape: tuple[int, ...], fan_in: FanIn) -> jax.Array:
    bound = 1.0 / jnp.sqrt(jnp.maximum(fan_in, 1))
    if bound.ndim:
        bound = jnp.broadcast_to(bound, shape)
    return bound * jax.random.uniform(key, shape, minval=-1.0, maxval=1.0)


def _statistics(*shape: int) -> Arrays:
    return {"mean": jnp.zeros(shape), "variance": jnp.ones(shape)}
