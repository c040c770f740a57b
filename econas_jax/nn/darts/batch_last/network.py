"""The macro-net of one genotype in the layout [channels, positions, batch], with the plain network's variables."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import jax

from econas_jax.nn.darts.batch_last.cell import CellShape, run_cell
from econas_jax.nn.darts.batch_last.layers import Tree, halving_product, kept, normalised, weights_of
from econas_jax.nn.darts.batch_last.stage import Cells, preprocessed, recomputed, run_stage
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels import spatial
from econas_jax.nn.kernels.patches import convolve_patches
from econas_jax.nn.layers.normalization import MOMENTUM
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.macro_net import CellPlace, Stem, stages


class MacroNet(NamedTuple):
    """The static side of a network: what its program is compiled for. size: the side of its square images."""

    genotype: Genotype
    channels: int
    cells_per_stage: int
    stem: Stem
    size: int
    train: bool

    def cell(self, place: CellPlace) -> CellShape:
        """Returns the static side of a cell."""
        genotype = self.genotype.reduce if place.reduction else self.genotype.normal
        return CellShape(genotype, place.side(self.size), place.reduction, self.train)


class Outputs(NamedTuple):
    """What a network's head reads, [channels, positions, batch], and the statistics that its cells used.

    auxiliary: the output of the second reduction cell.
    """

    last: jax.Array
    auxiliary: jax.Array
    statistics: Tree


def run_cells(
    net: MacroNet, parameters: Tree, statistics: Tree, images: jax.Array, drop_path: DropPath | None
) -> Outputs:
    """Runs the stem and all cells on images [batch, size, size, 3]."""
    (before, last), new = _stem(net, parameters, statistics, images)
    auxiliary = last
    for cells, reduction in stages(net.channels, net.cells_per_stage, net.stem):
        product0 = kept(_first_product(net, cells[0], parameters, before))
        outputs, used = run_stage(net.cell(cells[0]), _cells(cells, parameters, statistics), drop_path, product0, last)
        new |= {_name(cell): of_cell for cell, of_cell in zip(cells, used, strict=True)}
        before, last = last if outputs[0] is None else outputs[0], outputs[1]
        if reduction is not None:
            run = recomputed(functools.partial(_run_reduction, net.cell(reduction)))
            own = None if drop_path is None else drop_path.of(reduction.position)
            name = _name(reduction)
            output, new[name] = run(parameters[name], statistics[name], own, before, last)
            before, last = last, output
            auxiliary = output if reduction.auxiliary else auxiliary
    return Outputs(last, auxiliary, new)


def _name(cell: CellPlace) -> str:
    return f"cell{cell.position}"


def _cells(cells: Sequence[CellPlace], parameters: Tree, statistics: Tree) -> Cells:
    names = [_name(cell) for cell in cells]
    positions = [cell.position for cell in cells]
    return Cells([parameters[name] for name in names], [statistics[name] for name in names], positions)


def _first_product(net: MacroNet, cell: CellPlace, parameters: Tree, output: jax.Array) -> jax.Array:
    """Returns the product of a stage's first cell for its input 0."""
    own = parameters[_name(cell)]["preprocess0"]
    if cell.halves_input0:
        return halving_product(own, output, 2 * cell.side(net.size))
    return preprocessed(weights_of(own), output)


def _run_reduction(
    shape: CellShape, parameters: Tree, statistics: Tree, drop_path: DropPath | None, *outputs: jax.Array
) -> tuple[jax.Array, Tree]:
    names = ("preprocess0", "preprocess1")
    product0, product1 = (
        kept(preprocessed(weights_of(parameters[name]), output)) for name, output in zip(names, outputs, strict=True)
    )
    return run_cell(shape, parameters, statistics, (product0, product1), drop_path)


def _stem(net: MacroNet, parameters: Tree, statistics: Tree, images: jax.Array) -> tuple[tuple[jax.Array, jax.Array], Tree]:
    """Returns both inputs of the first cell: the stem's outputs, as `cell_network` defines them."""
    x = images.transpose(3, 1, 2, 0)
    new: Tree = {}

    def layer(number: int, x: jax.Array, stride: int) -> jax.Array:
        product = convolve_patches(x, parameters[f"Conv_{number}"]["kernel"], (stride, stride))
        _, height, width, batch = product.shape
        y, used = normalised(parameters, statistics, spatial.as_positions(product), net.train, f"BatchNorm_{number}")
        new.update(used)
        return y.reshape(-1, height, width, batch)

    if net.stem == "cifar":
        before = last = layer(0, x, 1)
    else:
        before = layer(1, jax.nn.relu(layer(0, x, 2)), 2)
        last = layer(2, jax.nn.relu(before), 2)
    return (spatial.as_positions(before), spatial.as_positions(last)), new


def running_averages(old: Tree, used: Tree) -> Tree:
    """Returns running statistics after a batch, from those before and the batch's, for the layers in both trees."""
    averaged: Tree = jax.tree.map(lambda before, now: before + MOMENTUM * (now - before), old, used)
    return averaged


def images_first(x: jax.Array) -> jax.Array:
    """Turns square maps [channels, positions, batch] into [batch, height, width, channels]."""
    image = spatial.as_map(x, math.isqrt(x.shape[1]))
    return image.transpose(3, 1, 2, 0)
