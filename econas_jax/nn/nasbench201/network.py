"""The network whose NAS-Bench-201 genotype is an argument: one compiled program trains every architecture."""

from __future__ import annotations

import functools
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from econas_jax.nn.nasbench201.cell import run_cell
from econas_jax.nn.nasbench201.edges import initial_parameters, initial_statistics, run_edge
from econas_jax.nn.nasbench201.macro_net import macro_net
from econas_jax.nn.network import NetworkSettings
from econas_jax.spaces.nasbench201.genotype import EDGES


class NasBench201Network(nn.Module):
    """The network of every genotype whose operations are among the given ones.

    Its variables have the same shapes for all of them; `specialize` turns them into those of a `PlainNetwork`. Its
    initial values depend on the genotype. With `branch_free` settings it computes the same up to rounding and is made
    for `vmap` over candidates, where a switch would compute every branch.
    """

    operations: tuple[str, ...]
    settings: NetworkSettings

    @nn.compact
    def __call__(self, images: jax.Array, architecture: jax.Array, *, train: bool) -> jax.Array:
        """Returns logits [batch, num_classes] of normalised images [batch, size, size, 3], size a multiple of 4.

        architecture: int32[6], for each edge the place of its operation in `operations`. Training needs
        `mutable=["batch_stats"]`.
        """

        def stage(number: int, x: jax.Array) -> jax.Array:
            return Stage(self.operations, self.settings, name=f"stage{number}")(x, architecture, train=train)

        return macro_net(self.settings, images, stage, train)


class Stage(nn.Module):
    """N cells one after the other, as a loop; their variables have the leading axes [N, 6 edges]."""

    operations: tuple[str, ...]
    settings: NetworkSettings

    @nn.compact
    def __call__(self, x: jax.Array, architecture: jax.Array, *, train: bool) -> jax.Array:
        channels, cells = x.shape[-1], self.settings.cells_per_stage
        architecture = jnp.asarray(architecture)

        def draw(key: jax.Array) -> Any:
            keys = jax.random.split(key, (cells, len(EDGES)))
            edge = functools.partial(initial_parameters, self.operations, channels)
            return jax.vmap(jax.vmap(edge), in_axes=(0, None))(keys, architecture)

        def start() -> Any:
            shape = (cells, len(EDGES))
            return jax.tree.map(lambda leaf: jnp.tile(leaf, (*shape, 1)), initial_statistics(channels))

        parameters = self.param("edges", draw)
        running = self.variable("batch_stats", "edges", start)
        if self.is_initializing():  # no value depends on the images
            return x
        run = run_edge(self.operations, self.settings.branch_free, train)

        def cell(x: jax.Array, variables: tuple[Any, Any]) -> tuple[jax.Array, Any]:
            new = []

            def edge(place: int, value: jax.Array) -> jax.Array:
                own = jax.tree.map(lambda leaf: leaf[place], variables)
                y, statistics = run(architecture[place], value, *own)
                new.append(statistics)
                return y

            return run_cell(x, edge), jax.tree.map(lambda *leaves: jnp.stack(leaves), *new)

        x, new = jax.lax.scan(cell, x, (parameters, running.value))
        if train:
            running.value = new
        return x
