"""One cell of a plain network: the directed graph of a CellGenotype."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.nn.darts.drop_path import DropPath
from econas_jax.nn.layers.normalization import BatchNorm
from econas_jax.nn.layers.operations import FactorizedReduce, convolution, make_operation
from econas_jax.spaces.darts.genotype import CellGenotype
from econas_jax.spaces.darts.macro_net import CellPlace


class Preprocess(nn.Module):
    """ReLU, 1x1 convolution and BN, which bring a cell's input to the cell's number of channels."""

    channels: int

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        return BatchNorm()(convolution(nn.relu(x), self.channels, (1, 1)), train=train)


class Cell(nn.Module):
    """A cell: two preprocessed inputs, then nodes that sum two operations each; the output concatenates some nodes."""

    genotype: CellGenotype
    place: CellPlace

    @nn.compact
    def __call__(
        self, input0: jax.Array, input1: jax.Array, *, train: bool, drop_path: DropPath | None = None
    ) -> jax.Array:
        """Maps [batch, h, w, any] twice to [batch, h', w', channels * len(concat)]; h' = h / 2 in a reduction cell.

        drop_path: this cell's, or None; evaluation drops nothing.
        """
        preprocess0 = FactorizedReduce if self.place.halves_input0 else Preprocess
        states = [
            preprocess0(self.place.channels, name="preprocess0")(input0, train=train),
            Preprocess(self.place.channels, name="preprocess1")(input1, train=train),
        ]
        outputs = []
        for index, (operation, source) in enumerate(self.genotype.edges):
            stride = self.place.stride(source)
            x = make_operation(operation, stride, module_name=f"edge{index}")(states[source], train=train)
            identity = operation == "skip_connect" and stride == 1
            if train and drop_path is not None and not identity:
                x = drop_path.of(index).apply(x)
            outputs.append(x)
            if index % 2 == 1:
                states.append(outputs[-2] + outputs[-1])
        return jnp.concatenate([states[node] for node in self.genotype.concat], axis=-1)
