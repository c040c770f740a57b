"""The network family of the DARTS space: one search network for all genotypes, and the plain network of each."""

from __future__ import annotations

from dataclasses import dataclass

from econas_jax.errors import require
from econas_jax.nn.darts.cell_network import CellNetwork
from econas_jax.nn.darts.engine.network import SearchNetwork
from econas_jax.nn.darts.specialize import specialize
from econas_jax.nn.network import Cost, NetworkSettings, Variables
from econas_jax.spaces.darts import DartsSpace, multiply_adds, parameters
from econas_jax.spaces.darts.genotype import EncodedGenotype, Genotype
from econas_jax.spaces.darts.macro_net import IMAGE_UNITS


@dataclass(frozen=True)
class DartsFamily:
    """All networks of a DARTS space in one setting; raises InputError for settings that make no network."""

    space: DartsSpace
    settings: NetworkSettings

    def __post_init__(self) -> None:
        self.space.check_trainable()
        unit, resolution = IMAGE_UNITS["cifar"], self.settings.resolution
        require(resolution % unit == 0, "resolution", resolution, f"a multiple of {unit}: two reductions halve the map")
        _ = self.network  # which checks its own fields

    @property
    def network(self) -> SearchNetwork:
        """The network of every genotype; its second argument is what `encode` returns."""
        return SearchNetwork(
            self.settings.channels,
            self.settings.cells_per_stage,
            self.settings.num_classes,
            nodes=self.space.nodes,
            branch_free=self.settings.branch_free,
            compute_dtype=self.settings.compute_dtype,
        )

    def encode(self, genotype: Genotype) -> EncodedGenotype:
        """Returns the genotype as arrays, of the same shapes and types for every genotype of the space."""
        return genotype.encode()

    def plain(self, genotype: Genotype) -> CellNetwork:
        """Returns the network of this genotype alone."""
        return CellNetwork(
            genotype,
            self.settings.channels,
            self.settings.cells_per_stage,
            self.settings.num_classes,
            compute_dtype=self.settings.compute_dtype,
        )

    def specialize(self, variables: Variables, genotype: Genotype) -> Variables:
        """Turns variables of `network` into those of `plain(genotype)`; both then compute the same function."""
        return specialize(variables, genotype)

    def cost(self, genotype: Genotype) -> Cost:
        """Counts the parameters of `plain(genotype)` and the multiply-adds of one image's forward pass."""
        channels, cells_per_stage = self.settings.channels, self.settings.cells_per_stage
        num_classes, resolution = self.settings.num_classes, self.settings.resolution
        return Cost(
            parameters(genotype, channels=channels, cells_per_stage=cells_per_stage, num_classes=num_classes),
            multiply_adds(
                genotype,
                channels=channels,
                cells_per_stage=cells_per_stage,
                num_classes=num_classes,
                resolution=resolution,
            ),
        )
