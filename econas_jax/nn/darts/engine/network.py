"""The network whose genotype is an argument: one compiled program trains every architecture of the space."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.nn.compute_dtype import ComputeDtype, require_compute_dtype
from econas_jax.nn.darts.engine.convolution import convolve, normalise_tree
from econas_jax.nn.darts.engine.nodes import pack_edges
from econas_jax.nn.darts.engine.operations import Tree, factorized_pointwise
from econas_jax.nn.darts.engine.parameters import (
    STAGES,
    STEM_WIDTH,
    NetworkShape,
    initial_statistics,
    parameter_initializers,
)
from econas_jax.nn.darts.engine.parts import Cell, CellShape
from econas_jax.nn.darts.engine.reduction import run_reduction
from econas_jax.nn.darts.engine.rows import CellRows, in_rows, of_present
from econas_jax.nn.darts.engine.stage import Buffers, Entry, run_stage
from econas_jax.nn.kernels import spatial
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.nn.precision import rounded, widened
from econas_jax.spaces.darts.genotype import EncodedGenotype

Variables = dict[str, Any]


class SearchNetwork(nn.Module):
    """The macro-net of `CellNetwork` (CIFAR stem) for any genotype of the DARTS space, given as data.

    Its variables are a union over all genotypes, so all candidates' states have the same shapes: they stack, shard and
    are saved as one tree. `specialize` turns them into the variables of the `CellNetwork` of a genotype.

    branch_free: the same up to rounding, made for `vmap` over candidates, where a switch would compute every branch.
    compute_dtype: the type of activations; variables and logits are float32 (`precision`).
    """

    channels: int
    cells_per_stage: int
    num_classes: int = 10
    nodes: int = 4
    branch_free: bool = False
    compute_dtype: ComputeDtype = "float32"

    def __post_init__(self) -> None:
        require_integer("channels", self.channels, 1)
        require_integer("cells_per_stage", self.cells_per_stage, 1)
        require_integer("num_classes", self.num_classes, 2)
        require_integer("nodes", self.nodes, 3)  # the stem's channels take the places of three nodes
        require_compute_dtype("compute_dtype", self.compute_dtype)
        super().__post_init__()

    @nn.compact
    def __call__(self, images: jax.Array, genotype: EncodedGenotype, *, train: bool) -> jax.Array:
        """images: float [batch, size, size, 3], normalised, size a multiple of 4 -> logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`. Initial values depend on the genotype (`search_parameters`). A
        training step that is given the collection "scratch" uses its memory, and returns it where it is mutable.
        """
        shaped = images.ndim == 4 and images.shape[3] == 3
        square = shaped and images.shape[1] == images.shape[2] > 0 and images.shape[1] % 4 == 0
        require(square, "images.shape", images.shape, "[batch, size, size, 3] with a size that is a multiple of 4")
        shape = NetworkShape(self.channels, self.cells_per_stage, self.num_classes, self.nodes)
        initializers = parameter_initializers(shape, genotype)
        parameters = {part: self.param(part, init) for part, init in initializers.items()}
        initial = initial_statistics(shape)
        running = {part: self.variable("batch_stats", part, lambda part=part: initial[part]) for part in initial}
        statistics = {part: variable.value for part, variable in running.items()}
        if self.is_initializing():  # no value depends on the images, and tracing the cells would take seconds
            return jnp.zeros((images.shape[0], self.num_classes))
        pixels = rounded(images, self.compute_dtype)
        scratch = self.get_variable("scratch", "stages", (None,) * STAGES)
        logits, batch, used = _forward(parameters, statistics, scratch, genotype, pixels, train, self.branch_free)
        if self.has_variable("scratch", "stages") and self.is_mutable_collection("scratch"):
            self.put_variable("scratch", "stages", used)
        if train:
            for part, variable in running.items():
                average = functools.partial(jax.tree.map, lambda old, new: old + MOMENTUM * (new - old))
                variable.value = average(variable.value, batch[part])
        return logits

    def scratch(self, batch: int, size: int) -> Variables:
        """The collection "scratch" for a batch of images size x size: memory that training steps hand on."""
        dtype = rounded(jnp.zeros(()), self.compute_dtype).dtype
        states = [(self.channels * 2**stage, (size // 2**stage) ** 2, batch) for stage in range(STAGES)]
        return {"stages": tuple(Buffers.empty(self.cells_per_stage, self.nodes, state, dtype) for state in states)}


class Output(NamedTuple):
    """A cell's output, in rows.

    nodes: [nodes * channels, positions, batch]; present: how many of the channels, the last ones, are of nodes that are
    concatenated.
    """

    nodes: jax.Array
    present: jax.Array | int


def _forward(
    parameters: Variables,
    statistics: Variables,
    scratch: Sequence[Buffers | None],
    genotype: EncodedGenotype,
    images: jax.Array,
    train: bool,
    branch_free: bool,
) -> tuple[jax.Array, Variables, tuple[Buffers, ...]]:
    """Logits, the statistics of this batch (training) or those given (evaluation), and the stages' buffers."""
    genotype = jax.tree.map(jnp.asarray, genotype)
    normal, reduce = in_rows(genotype.normal), in_rows(genotype.reduce)
    size, new, used = images.shape[1], {}, []
    (before, last), new["stem"] = _stem(parameters["stem"], statistics["stem"], genotype, images, train)
    for stage in range(STAGES):
        part = f"stage{stage}"
        shape = CellShape(size, reduction=False, train=train, branch_free=branch_free)
        (before, last), new[part], buffers = _stage(
            parameters[part], statistics[part], scratch[stage], normal, before, last, shape
        )
        used.append(buffers)
        if stage < STAGES - 1:
            part = f"reduction{stage}"
            shape = CellShape(size, reduction=True, train=train, branch_free=branch_free)
            output, new[part] = _reduction(parameters[part], statistics[part], reduce, before, last, shape)
            channels = parameters[part]["preprocess0"]["kernel"].shape[0]
            before, last, size = last, Output(output, reduce.concat * channels), size // 2
    features = jnp.mean(widened(last.nodes), axis=1)
    classifier = of_present(parameters["classifier"], last.present)
    return (classifier["kernel"] @ features + classifier["bias"][:, None]).T, new, tuple(used)


def _stem(
    parameters: Tree, statistics: Tree, genotype: EncodedGenotype, images: jax.Array, train: bool
) -> tuple[tuple[Output, Output], Tree]:
    """3x3 convolution of [batch, size, size, 3] as one product over patches; its output as the first cell's inputs.

    It stands for a cell of three nodes: as input 0 without more, as input 1 with the width of the other cells.
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
    parameters: Variables,
    statistics: Variables,
    buffers: Buffers | None,
    genotype: CellRows,
    before: Output,
    last: Output,
    shape: CellShape,
) -> tuple[tuple[Output, Output], Variables, Buffers]:
    """A stage after the two outputs that its first cell reads; returns those of its last two cells."""
    first = of_present(parameters["first"], before.present)
    if before.nodes.shape[1] == shape.size**2:
        x = spatial.pointwise(first["kernel"], jax.nn.relu(before.nodes))
    else:  # the cell before was a reduction, so input 0 is halved
        x = factorized_pointwise(first["kernel"], before.nodes, size=2 * shape.size)
    input0, first_statistics = normalise_tree(first, statistics["first"], x, shape.train)
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
    parameters: Variables,
    statistics: Variables,
    genotype: CellRows,
    before: Output,
    last: Output,
    shape: CellShape,
) -> tuple[jax.Array, Variables]:
    """The nodes of a reduction cell on the outputs of the last two normal cells."""
    inputs, new = [], {}
    for name, state in (("preprocess0", before), ("preprocess1", last)):
        convolution = of_present(parameters[name], state.present)
        x, new[name] = convolve(convolution, statistics[name], jax.nn.relu(state.nodes), shape.train)
        inputs.append(x)
    cell = Cell(genotype, _edges(shape, genotype, parameters), statistics["edges"])
    nodes, new["edges"] = run_reduction(shape, cell, jnp.stack(inputs))
    return nodes, new


def _edges(shape: CellShape, genotype: CellRows, parameters: Variables) -> Tree:
    """The parameters of a part's edges as its cells take them."""
    edges: Tree = parameters["edges"]
    return pack_edges(shape, genotype, edges) if shape.branch_free else edges
