"""The network whose genotype is an argument: one compiled program trains every architecture of the space."""

from __future__ import annotations

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.errors import require, require_integer
from econas_jax.genotype import EncodedGenotype
from econas_jax.nn import spatial
from econas_jax.nn.normalization import MOMENTUM
from econas_jax.nn.search_cell import CellShape, evaluate_cell, train_cell
from econas_jax.nn.search_operations import Tree, factorized_pointwise, normalise
from econas_jax.nn.search_parameters import STAGES, NetworkShape, initial_statistics, parameter_initializers

Variables = dict[str, Any]


class SearchNetwork(nn.Module):
    """The macro-net of `CellNetwork` (CIFAR stem) for any genotype of the DARTS space, given as data.

    Its variables are a union over all genotypes, so all candidates' states have the same shapes: they stack, shard and
    are saved as one tree. `specialize` turns them into the variables of the `CellNetwork` of a genotype.
    """

    channels: int
    cells_per_stage: int
    num_classes: int = 10
    nodes: int = 4

    def __post_init__(self) -> None:
        require_integer("channels", self.channels, 1)
        require_integer("cells_per_stage", self.cells_per_stage, 1)
        require_integer("num_classes", self.num_classes, 2)
        require_integer("nodes", self.nodes, 3)  # the stem's channels take the places of three nodes
        super().__post_init__()

    @nn.compact
    def __call__(self, images: jax.Array, genotype: EncodedGenotype, *, train: bool) -> jax.Array:
        """images: float [batch, size, size, 3], normalised, size a multiple of 4 -> logits [batch, num_classes].

        Training needs `mutable=["batch_stats"]`. Initial values depend on the genotype (`search_parameters`).
        """
        square = images.ndim == 4 and images.shape[1] == images.shape[2] and images.shape[1] % 4 == 0
        require(square, "images.shape", images.shape, "[batch, size, size, 3] with a size that is a multiple of 4")
        shape = NetworkShape(self.channels, self.cells_per_stage, self.num_classes, self.nodes)
        initializers = parameter_initializers(shape, genotype)
        parameters = {part: self.param(part, init) for part, init in initializers.items()}
        initial = initial_statistics(shape)
        running = {part: self.variable("batch_stats", part, lambda part=part: initial[part]) for part in initial}
        statistics = {part: variable.value for part, variable in running.items()}
        if self.is_initializing():  # no value depends on the images, and tracing the cells would take seconds
            return jnp.zeros((images.shape[0], self.num_classes))
        logits, batch = _forward(parameters, statistics, genotype, images, train)
        if train:
            for part, variable in running.items():
                average = functools.partial(jax.tree.map, lambda old, new: old + MOMENTUM * (new - old))
                variable.value = average(variable.value, batch[part])
        return logits


def _forward(
    parameters: Variables, statistics: Variables, genotype: EncodedGenotype, images: jax.Array, train: bool
) -> tuple[jax.Array, Variables]:
    """Logits, and the statistics of this batch (training) or those given (evaluation), with the same structure."""
    size, nodes = images.shape[1], genotype.normal.concat.shape[0]
    stem, stem_statistics = _stem(parameters["stem"], statistics["stem"], images, train)
    new: Variables = {"stem": stem_statistics}
    # The stem feeds the first cell as if it were the concat of three nodes.
    missing = nodes * stem.shape[0] // 3 - stem.shape[0]
    before, last = stem, jnp.pad(stem, ((0, missing), (0, 0), (0, 0)))
    for stage in range(STAGES):
        part = f"stage{stage}"
        entry = (before, last, size, stage > 0)
        (before, last), new[part] = _stage(parameters[part], statistics[part], genotype, entry, train)
        if stage < STAGES - 1:
            part = f"reduction{stage}"
            states = (before, last)
            output, new[part] = _reduction(parameters[part], statistics[part], genotype, states, size, train)
            before, last, size = last, output, size // 2
    features = jnp.mean(last, axis=1)
    classifier = parameters["classifier"]
    return (classifier["kernel"] @ features + classifier["bias"][:, None]).T, new


def _stem(parameters: Tree, statistics: Tree, images: jax.Array, train: bool) -> tuple[jax.Array, Tree]:
    """3x3 convolution as one product over patches: [batch, size, size, 3] -> [3 * channels, size^2, batch]."""
    size = images.shape[1]
    padded = jnp.pad(images.transpose(3, 1, 2, 0), ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifts = [padded[:, row : row + size, column : column + size] for row in range(3) for column in range(3)]
    patches = spatial.as_positions(jnp.concatenate(shifts))  # [9 taps * 3 colours, positions, batch]
    return _convolve(parameters, statistics, patches, train)


def _stage(
    parameters: Variables,
    statistics: Variables,
    genotype: EncodedGenotype,
    entry: tuple[jax.Array, jax.Array, int, bool],
    train: bool,
) -> tuple[tuple[jax.Array, jax.Array], Variables]:
    """A stage's normal cells, one loop body for all of them; entry: outputs before, their size, after a reduction?

    The two 1x1 convolutions that read the same output, input 1 of this cell and input 0 of the next, are one product;
    so the carry holds the next cell's input 0. The last cell's second half serves nobody.
    """
    before, last, size, after_reduction = entry
    shape = CellShape(size, reduction=False)
    if after_reduction:
        halved = factorized_pointwise(parameters["first"]["kernel"], before, size=2 * size)
        input0, first = _normalise(parameters["first"], statistics["first"], halved, train)
    else:
        input0, first = _convolve(parameters["first"], statistics["first"], jax.nn.relu(before), train)

    def cell(carry: tuple[jax.Array, ...], stacked: tuple[Variables, Variables]) -> tuple[Any, Variables]:
        input0, _, last = carry
        parameters, statistics = stacked
        both, preprocess = _convolve(parameters["preprocess"], statistics["preprocess"], jax.nn.relu(last), train)
        input1, next_input0 = jnp.split(both, 2)
        inputs = jnp.stack([input0, input1])
        output, edges = _cell(shape, genotype.normal, parameters["edges"], statistics["edges"], inputs, train)
        return (next_input0, last, output), {"preprocess": preprocess, "edges": edges}

    names = ("preprocess", "edges")
    stacked = ({name: parameters[name] for name in names}, {name: statistics[name] for name in names})
    # `before` is replaced by the first cell and read by nobody until then: any array of the carry's shape will do
    (_, before, last), new = jax.lax.scan(cell, (input0, last, last), stacked)
    return (before, last), {"first": first, **new}


def _reduction(
    parameters: Variables,
    statistics: Variables,
    genotype: EncodedGenotype,
    states: tuple[jax.Array, jax.Array],
    size: int,
    train: bool,
) -> tuple[jax.Array, Variables]:
    """A reduction cell on the outputs of the last two normal cells."""
    inputs, new = [], {}
    for name, state in zip(("preprocess0", "preprocess1"), states, strict=True):
        x, new[name] = _convolve(parameters[name], statistics[name], jax.nn.relu(state), train)
        inputs.append(x)
    shape = CellShape(size, reduction=True)
    output, new["edges"] = _cell(
        shape, genotype.reduce, parameters["edges"], statistics["edges"], jnp.stack(inputs), train
    )
    return output, new


def _cell(
    shape: CellShape, cell: Any, parameters: Tree, statistics: Tree, inputs: jax.Array, train: bool
) -> tuple[jax.Array, Tree]:
    """Inputs [2, channels, positions, batch] -> [nodes * channels, positions, batch]: the concat of all nodes.

    Nodes outside the genotype's concat are zero there: what reads them multiplies zeros, as if they were absent.
    """
    if train:
        nodes, statistics = train_cell(shape, cell, parameters, statistics, inputs)
    else:
        nodes = evaluate_cell(shape, cell, parameters, statistics, inputs)
    nodes = nodes * cell.concat.astype(nodes.dtype)[:, None, None, None]
    return nodes.reshape(-1, *nodes.shape[2:]), statistics


def _convolve(parameters: Tree, statistics: Tree, x: jax.Array, train: bool) -> tuple[jax.Array, Tree]:
    """A 1x1 convolution and its normalisation."""
    return _normalise(parameters, statistics, spatial.pointwise(parameters["kernel"], x), train)


def _normalise(parameters: Tree, statistics: Tree, x: jax.Array, train: bool) -> tuple[jax.Array, Tree]:
    given = (parameters["scale"], parameters["bias"], statistics["mean"], statistics["variance"])
    x, (mean, variance) = normalise(x, *given, train)
    return x, {"mean": mean, "variance": variance}
