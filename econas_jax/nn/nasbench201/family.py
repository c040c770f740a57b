"""All networks of a NAS-Bench-201 space in one setting."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from econas_jax.nn.nasbench201.network import NasBench201Network
from econas_jax.nn.nasbench201.plain_network import PlainNetwork
from econas_jax.nn.nasbench201.specialize import specialize
from econas_jax.nn.network import Cost, NetworkSettings, Variables
from econas_jax.spaces.nasbench201.cost import multiply_adds, parameters, require_resolution
from econas_jax.spaces.nasbench201.genotype import Genotype
from econas_jax.spaces.nasbench201.space import NasBench201Space


@dataclasses.dataclass(frozen=True)
class NasBench201Family:
    """The `NetworkFamily` of the space. Raises InputError for settings that make no network."""

    space: NasBench201Space
    settings: NetworkSettings

    def __post_init__(self) -> None:
        self.space.check_trainable()
        require_resolution("resolution", self.settings.resolution)

    @property
    def network(self) -> NasBench201Network:
        """Returns the network that takes the genotype as data."""
        return NasBench201Network(self.space.operations, self.settings)

    def encode(self, genotype: Genotype) -> npt.NDArray[np.int32]:
        """Returns int32[6]: the place of each edge's operation in the space's. Raises InputError for one not in it."""
        self.space.check(genotype)
        return np.array([self.space.operations.index(name) for name in genotype.operations], np.int32)

    def plain(self, genotype: Genotype) -> PlainNetwork:
        """Returns the network of this genotype alone."""
        return PlainNetwork(genotype, self.settings)

    def specialize(self, variables: Variables, genotype: Genotype) -> Variables:
        """Turns variables of `network` into those of `plain(genotype)`; both then compute the same function."""
        return specialize(variables, genotype)

    def cost(self, genotype: Genotype) -> Cost:
        """Counts parameters and multiply-adds without building anything."""
        s = self.settings
        shape = {"channels": s.channels, "cells_per_stage": s.cells_per_stage, "num_classes": s.num_classes}
        return Cost(parameters(genotype, **shape), multiply_adds(genotype, resolution=s.resolution, **shape))
