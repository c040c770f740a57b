"""The DARTS space: two cells of nodes with two edges, each an operation on an earlier node or an input."""

from econas_jax.spaces.darts.cost import multiply_adds, parameters
from econas_jax.spaces.darts.genotype import Genotype
from econas_jax.spaces.darts.space import DartsSpace, loose_nodes

__all__ = ["DartsSpace", "Genotype", "loose_nodes", "multiply_adds", "parameters"]
