"""The network of one NAS-Bench-201 genotype, with the parameters it needs and no others."""

from __future__ import annotations

import flax.linen as nn
import jax

from econas_jax.nn.nasbench201.cell import run_cell
from econas_jax.nn.nasbench201.macro_net import macro_net
from econas_jax.nn.nasbench201.operations import make_operation
from econas_jax.nn.network import NetworkSettings
from econas_jax.spaces.nasbench201.genotype import Genotype


class PlainNetwork(nn.Module):
    """Three stages of N cells of one genotype with residual blocks between them (Dong and Yang, 2020, Figure 1)."""

    genotype: Genotype
    settings: NetworkSettings

    @nn.compact
    def __call__(self, images: jax.Array, *, train: bool) -> jax.Array:
        """Returns logits [batch, num_classes] of normalised images [batch, size, size, 3], size a multiple of 4.

        Training needs `mutable=["batch_stats"]`.
        """

        def stage(number: int, x: jax.Array) -> jax.Array:
            for cell in range(self.settings.cells_per_stage):
                x = Cell(self.genotype, name=cell_name(number, cell))(x, train=train)
            return x

        return macro_net(self.settings, images, stage, train)


class Cell(nn.Module):
    """A cell whose edges are the genotype's operations."""

    genotype: Genotype

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        def edge(place: int, value: jax.Array) -> jax.Array:
            name = self.genotype.operations[place]
            y: jax.Array = make_operation(name, x.shape[-1], module_name=edge_name(place))(value, train=train)
            return y

        return run_cell(x, edge)


def cell_name(stage: int, cell: int) -> str:
    """Returns the name of a cell's variables; cells are counted within their stage."""
    return f"stage{stage}_cell{cell}"


def edge_name(place: int) -> str:
    """Returns the name of an edge's variables within its cell's; place: in `EDGES`."""
    return f"edge{place}"
