"""The network whose genotype is an argument: one compiled program trains every architecture of the space."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.darts.engine.convolution import convolve, normalise_named
from econas_jax.nn.darts.engine.nodes import pack_edges
from econas_jax.nn.darts.engine.operations import Arrays, factorized_pointwise
from econas_jax.nn.darts.engine.parameters import NetworkShape, initial_statistics, parameter_initializers
from econas_jax.nn.darts.engine.parts import CellArrays, CellShape
from econas_jax.nn.darts.engine.reduction import run_reduction
from econas_jax.nn.darts.engine.rows import CellRows, in_rows, of_present
from econas_jax.nn.darts.engine.stage import Entry, StageBuffers, run_stage
from econas_jax.nn.kernels import spatial
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.nn.network import Variables
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.darts.genotype import EncodedGenotype
from econas_jax.spaces.darts.macro_net import IMAGE_UNITS, STAGES, STEM_WIDTH, CellPlace, check_macro_net

IMAGE_UNIT = IMAGE_UNITS["cifar"]


class SearchNetwork(nn.Module):
    """The macro-net of `CellNetwork` (CIFAR stem) for any genotype of the DARTS space, given as data.

    Its variables are a union over all genotypes, so all candidates' states have the same shapes: they stack, shard and
    are saved as one tree. `specialize` turns them into the variables of the `CellNetwork` of a genotype.

    branch_free: computes the same up to rounding; made for `vmap` over candidates, where a switch would compute every
    branch.
    compute_dtype: the type of activations; variables and logits are float32 (`precision`).
    """

    channels: int
    cells_per_stage: int
    num_classes: int = 10
    nodes: int = 4
    branch_free: bool = False
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        check_macro_net(self.channels, self.cells_per_stage, self.num_classes)
        require_integer("nodes", self.nodes, STEM_WIDTH)  # the stem's channels take the places of three nodes
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(self, images: jax.Array, genotype: EncodedGenotype, *, train: bool) -> jax.Array:
        """Maps normalised images, float [batch, size, size, 3], to logits [batch, num_classes]; size: a multiple of 4.

        Training needs `mutable=["batch_stats"]`. Initial values depend on the genotype (`parameters`). A training step
        that is given the collection "scratch" uses its memory, and returns it where it is mutable.
        """
        shaped = images.ndim == 4 and images.shape[3] == 3
        square = shaped and images.shape[1] == images.shape[2] > 0 and images.shape[1] % IMAGE_UNIT == 0
        allowed = f"[batch, size, size, 3] with a size that is a multiple of {IMAGE_UNIT}"
        require(square, "images.shape", images.shape, allowed)
        shape = self._shape()
        initializers = parameter_initializers(shape, genotype)
        parameters = {part: self.param(part, init) for part, init in initializers.items()}
        initial = initial_statistics(shape)
        running = {part: self.variable("batch_stats", part, lambda part=part: initial[part]) for part in initial}
        statistics = {part: variable.value for part, variable in running.items()}
        if self.is_initializing():  # no value depends on the images, and tracing the cells would take seconds
            return jnp.zeros((images.shape[0], self.num_classes))
        pixels = rounded(images, self.compute_dtype)
        scratch = self.get_variable("scratch", "stages", (None,) * STAGES)
        mode = _Mode(images.shape[1], train, self.branch_free)
        logits, batch, used = _forward(shape, mode, parameters, statistics, scratch, genotype, pixels)
        if self.has_variable("scratch", "stages") and self.is_mutable_collection("scratch"):
            self.put_variable("scratch", "stages", used)
        if train:
            for part, variable in running.items():
                average = functools.partial(jax.tree.map, lambda old, new: old + MOMENTUM * (new - old))
                variable.value = average(variable.value, batch[part])
        return logits

    def scratch(self, batch: int, size: int) -> Variables:
        """Returns the collection "scratch" for a batch of images size x size: memory that training steps hand on."""
        dtype = rounded(jnp.zeros(()), self.compute_dtype).dtype
        firsts = [stage.cells[0] for stage in self._shape().stages]
        states = [(cell.channels, cell.side(size) ** 2, batch) for cell in firsts]
        return {"stages": tuple(StageBuffers.empty(self.cells_per_stage, self.nodes, state, dtype) for state in states)}

    def _shape(self) -> NetworkShape:
        return NetworkShape(self.channels, self.cells_per_stage, self.num_classes, self.nodes)


class Output(NamedTuple):
    """A cell's output, in rows.

    nodes: [nodes * channels, positions, batch]; present: how many of the channels, the last ones, belong to nodes that
    are concatenated.
    """

    nodes: jax.Array
    present: jax.Array | int


class _Mode(NamedTuple):
    """What one call of the network adds to its static side."""

    size: int  # of the images
    train: bool
    branch_free: bool

    def at(self, cell: CellPlace) -> CellShape:
        """Returns the static side of a cell."""
        return CellShape(cell.side(self.size), cell.reduction, self.train, self.branch_free)


def _forward(
    shape: NetworkShape,
    mode: _Mode,
    parameters: Variables,
    statistics: Variables,
    scratch: Sequence[StageBuffers | None],
    genotype: EncodedGenotype,
    images: jax.Array,
) -> tuple[jax.Array, Variables, tuple[StageBuffers, ...]]:
    """Returns logits, the statistics of this batch (training) or those given (evaluation), and the stages' buffers."""
    genotype = jax.tree.map(jnp.asarray, genotype)
    normal, reduce = in_rows(genotype.normal), in_rows(genotype.reduce)
    new, used = {}, []
    inputs, new["stem"] = _stem(parameters["stem"], statistics["stem"], genotype, images, mode.train)
    for stage, (cells, reduction) in enumerate(shape.stages):
        part = f"stage{stage}"
        given = parameters[part], statistics[part]
        inputs, new[part], buffers = _stage(cells[0], mode.at(cells[0]), *given, scratch[stage], normal, inputs)
        used.append(buffers)
        if reduction is not None:
            part = f"reduction{stage}"
            output, new[part] = _reduction(mode.at(reduction), parameters[part], statistics[part], reduce, inputs)
            inputs = inputs[1], Output(output, reduce.concat * reduction.channels)
    last = inputs[1]
    features = jnp.mean(widened(last.nodes), axis=1)
    classifier = of_present(parameters["classifier"], last.present)
    return (classifier["kernel"] @ features + classifier["bias"][:, None]).T, new, tuple(used)


def _stem(
    parameters: Arrays, statistics: Arrays, genotype: EncodedGenotype, images: jax.Array, train: bool
) -> tuple[tuple[Output, Output], Arrays]:
    """Applies a 3x3 convolution to images [batch, size, size, 3], as one product over patches.

    Returns the first cell's inputs. The stem stands for a cell of three nodes: input 0 is as wide as these, input 1 is
    padded to the width of the other cells.
    """
    size, nodes = images.shape[1], genotype.normal.concat.shape[0]
    padded = jnp.pad(images.transpose(3, 1, 2, 0), ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifts = [padded[:, row : row + size, column : column + size] for row in range(3) for column in range(3)]
    patches = spatial.as_positions(jnp.concatenate(shifts))  # [9 taps * 3 colours, positions, batch]
    stem, new = convolve(parameters, statistics, patches, train)
    present = stem.shape[0]
    wide = jnp.pad(stem, (((nodes - STEM_WIDTH) * present // STEM_WIDTH, 0), (0, 0), (0, 0)))
    return (Output(stem, present), Output(wide, present)), new


def _stage(
    place: CellPlace,
    shape: CellShape,
    parameters: Variables,
    statistics: Variables,
    buffers: StageBuffers | None,
    genotype: CellRows,
    inputs: tuple[Output, Output],
) -> tuple[tuple[Output, Output], Variables, StageBuffers]:
    """Runs a stage's normal cells and returns the outputs of the last two.

    place: of the first cell; inputs: the two outputs that it reads.
    """
    before, last = inputs
    first = of_present(parameters["first"], before.present)
    if place.halves_input0:
        x = factorized_pointwise(first["kernel"], before.nodes, size=2 * shape.size)
    else:
        x = spatial.pointwise(first["kernel"], jax.nn.relu(before.nodes))
    input0, first_statistics = normalise_named(first, statistics["first"], x, shape.train)
    channels, cells = input0.shape[0], parameters["edges"]["bias"].shape[0]
    present = jnp.where(jnp.arange(cells) == 0, last.present, genotype.concat * channels)
    stacked = {
        "preprocess": of_present(parameters["preprocess"], present),
        "edges": _edges(shape, genotype, parameters),
    }
    old = {name: statistics[name] for name in stacked}
    entry = Entry(input0, last.nodes, jnp.asarray(last.present) // channels)
    (before_nodes, last_nodes), new, buffers = run_stage(shape, genotype, stacked, old, entry, buffers)
    outputs = Output(before_nodes, present[-1]), Output(last_nodes, genotype.concat * channels)
    return outputs, {"first": first_statistics, **new}, buffers


def _reduction(
    shape: CellShape,
    parameters: Variables,
    statistics: Variables,
    genotype: CellRows,
    outputs: tuple[Output, Output],
) -> tuple[jax.Array, Variables]:
    """Runs a reduction cell on the outputs of the last two cells and returns its nodes."""
    inputs, new = [], {}
    for name, state in zip(("preprocess0", "preprocess1"), outputs, strict=True):
        convolution = of_present(parameters[name], state.present)
        x, new[name] = convolve(convolution, statistics[name], jax.nn.relu(state.nodes), shape.train)
        inputs.append(x)
    cell = CellArrays(genotype, _edges(shape, genotype, parameters), statistics["edges"])
    nodes, new["edges"] = run_reduction(shape, cell, jnp.stack(inputs))
    return nodes, new


def _edges(shape: CellShape, genotype: CellRows, parameters: Variables) -> Arrays:
    """Returns the parameters of a part's edges in the form that its cells take."""
    edges: Arrays = parameters["edges"]
    return pack_edges(shape, genotype, edges) if shape.branch_free else edges
