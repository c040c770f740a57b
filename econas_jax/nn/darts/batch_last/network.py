"""The macro-net of one genotype in the layout [channels, positions, batch], with the plain network's variables."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from econas_jax.nn.darts.batch_last.cell import CellShape, CellVariables, apply_cell
from econas_jax.nn.darts.batch_last.layers import (
    Tree,
    dense_product,
    halving_product,
    normalised,
    weights_of,
)
from econas_jax.nn.darts.batch_last.stacking import entry_readers, stack_cells, unstack
from econas_jax.nn.darts.batch_last.stage import StageShape, run_stage
from econas_jax.nn.darts.batch_last.tape import Tape
from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.kernels import spatial
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

    auxiliary: the output of the second reduction cell, rectified, for its head begins with ReLU.
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
        names = [_name(cell) for cell in cells]
        own = [parameters[name] for name in names]
        shape = StageShape(net.cell(cells[0]), len(cells), reduction is not None)
        after = None if reduction is None else parameters[_name(reduction)]
        given = [statistics[name] for name in names], [cell.position for cell in cells]
        stacked = stack_cells(own, *given, len(net.genotype.normal.concat), after)
        product0 = _first_product(net, cells[0], own[0]["preprocess0"], before)
        results, used = run_stage(shape, stacked, drop_path, product0, spatial.pointwise(entry_readers(own), last))
        new |= dict(zip(names, unstack(used, len(cells)), strict=True))
        before, last = last if len(cells) == 1 else results.before, results.last
        if reduction is not None and after is not None:
            product0 = spatial.pointwise(weights_of(after["preprocess0"]), before)
            own_drop_path = _of_cell(drop_path, reduction)
            variables = CellVariables(after, statistics[_name(reduction)], own_drop_path, jnp.zeros(()))
            products = product0, results.product
            output, new[_name(reduction)] = apply_cell(net.cell(reduction), variables, products)
            before, last = last, output
            auxiliary = output if reduction.auxiliary else auxiliary
    return Outputs(last, auxiliary, new)


def _of_cell(drop_path: DropPath | None, cell: CellPlace) -> DropPath | None:
    return None if drop_path is None else drop_path.of(cell.position)


def _name(cell: CellPlace) -> str:
    return f"cell{cell.position}"


def _first_product(net: MacroNet, cell: CellPlace, parameters: Tree, output: jax.Array) -> jax.Array:
    """Returns the product of a stage's first cell for its input 0."""
    if cell.halves_input0:
        return halving_product(Tape(), parameters, output, 2 * cell.side(net.size))
    return spatial.pointwise(weights_of(parameters), output)


def _stem(
    net: MacroNet, parameters: Tree, statistics: Tree, images: jax.Array
) -> tuple[tuple[jax.Array, jax.Array], Tree]:
    """Returns both inputs of the first cell: the stem's outputs, as `cell_network` defines them, but rectified."""
    new: Tree = {}

    def layer(number: int, x: jax.Array, stride: int) -> jax.Array:
        product = dense_product(Tape(), parameters, f"Conv_{number}", x, (stride, stride))
        flat, norm = spatial.as_positions(product), f"BatchNorm_{number}"
        y, used = normalised(Tape(), parameters, statistics, flat, net.train, norm)
        new.update(used)
        return jax.nn.relu(y).reshape(product.shape)

    x = images.transpose(3, 1, 2, 0)
    if net.stem == "cifar":
        before = last = layer(0, x, 1)
    else:
        before = layer(1, layer(0, x, 2), 2)
        last = layer(2, before, 2)
    return (spatial.as_positions(before), spatial.as_positions(last)), new


def running_averages(old: Tree, used: Tree) -> Tree:
    """Returns running statistics after a batch, from those before and the batch's, for the layers in both trees."""
    averaged: Tree = jax.tree.map(lambda before, now: before + MOMENTUM * (now - before), old, used)
    return averaged


def images_first(x: jax.Array) -> jax.Array:
    """Turns square maps [channels, positions, batch] into [batch, height, width, channels]."""
    image = spatial.as_map(x, math.isqrt(x.shape[1]))
    return image.transpose(3, 1, 2, 0)
